"""hardware: what this machine has for a training: its GPUs by nvidia-smi, host memory, free disk.

    here(Path("runs/x"))  -> Hardware(gpus=8, gpu_gb=85.2, gpu_name="NVIDIA H100 80GB HBM3", host_gb=2164.0, disk_gb=3000.0)

GB is 10^9 bytes. CUDA_VISIBLE_DEVICES limits the GPUs, a cgroup the host memory. Other users' memory on a GPU counts as
taken; host memory is what the kernel calls available. Not covered: several nodes (this one is taken for all of them).
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from data_gen.local_server import has_gpu

GB = 10**9
MIB = 1 << 20
CGROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True)
class Hardware:
    """One node. `gpu_gb` is the free memory of the GPU that has least of it."""

    gpus: int
    gpu_gb: float
    gpu_name: str | None
    host_gb: float
    disk_gb: float


def here(folder: Path) -> Hardware:
    """Return what is here; the disk is the one that `folder`, or the nearest parent that exists, lies on."""
    free, name = gpus()
    while not folder.exists():
        folder = folder.parent
    return Hardware(len(free), min(free, default=0.0), name, host_memory() / GB, shutil.disk_usage(folder).free / GB)


def gpus() -> tuple[list[float], str | None]:
    """Return the free GB of each visible GPU, and the name of the first; ([], None) without one."""
    if not has_gpu():
        return [], None
    query = ["nvidia-smi", "--query-gpu=index,uuid,memory.free,name", "--format=csv,noheader,nounits"]
    text = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    return parse_gpus(text, os.environ.get("CUDA_VISIBLE_DEVICES"))


def gpu_count() -> int:
    """Return the number of visible GPUs."""
    return len(gpus()[0])


def parse_gpus(text: str, visible: str | None) -> tuple[list[float], str | None]:
    """Read nvidia-smi's lines `index, uuid, free MiB, name`; `visible` is CUDA_VISIBLE_DEVICES."""
    rows = [[field.strip() for field in line.split(",", 3)] for line in text.splitlines() if line.strip()]
    if visible is not None:
        wanted = [entry.strip() for entry in visible.split(",") if entry.strip()]
        rows = [row for row in rows if row[0] in wanted or any(row[1].startswith(entry) for entry in wanted)]
    return [float(row[2]) * MIB / GB for row in rows], rows[0][3] if rows else None


def host_memory() -> float:
    """Return the bytes of host memory that are available, a container's limit counted in."""
    available = float(psutil.virtual_memory().available)
    for file in CGROUPS:
        if file.is_file() and (limit := file.read_text(encoding="utf-8").strip()).isdigit():
            available = min(available, float(limit))
    return available
