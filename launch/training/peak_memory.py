"""peak_memory: how much memory a training really takes, while it runs.

    host_gb(process.pid)                          5.9     GB of the process and all that it started, at this moment
    gpu_gb(rows of trainer_log.jsonl)             {"gpu_allocated_gb": 61.2, "gpu_reserved_gb": 66.0}

Host: RssAnon and RssShmem of /proc/PID/status. Pages of mapped weight files (RssFile) are not counted: the kernel takes
them back. A page that processes share after a fork counts in each.
GPU: PyTorch's own peaks of the first process, which LLaMA-Factory logs with RECORD_VRAM=1 (train/callbacks.py, 0.9.5), in
GiB; empty without a GPU. The CUDA context, about 1 GB more, is in neither.
"""

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

GB = 10**9
GIB = 1 << 30
OWN = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", re.MULTILINE)


def host_gb(pid: int) -> float:
    """Return the GB of a process and its descendants, 0 where it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        return sum(map(_own, family)) * 1024 / GB
    return 0.0


def _own(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        return sum(map(int, OWN.findall(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))))
    return 0


def gpu_gb(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Return the peaks that the rows of trainer_log.jsonl hold."""
    peaks: dict[str, float] = {}
    for row in rows:
        for kind in ("allocated", "reserved"):
            gb = row.get(f"vram_{kind}", 0) * GIB / GB
            if gb > 0:  # 0 and -1 are logged without a GPU
                name = f"gpu_{kind}_gb"
                peaks[name] = max(peaks.get(name, 0.0), round(gb, 2))
    return peaks
