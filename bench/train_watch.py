"""Train through `launch.train`, as `make train` does, and note when each optimizer step ended.

    trained = train(recipe, run, "sky_t1_fast", "max_steps=6 save_strategy=no", log)
    trained.ended         [103.2, 114.9, ...]      time.monotonic() at which LLaMA-Factory logged each step
    trained.host_gb       61.2                     highest memory seen while steps ran, a look every second
    trained.gpu_gb        71.4                     PyTorch's own peak of reserved memory, None without a GPU

The process gets one GPU and no hub: what it needs lies in the folders that it is given. DeepSpeed compiles its optimizer
beside the log, anew for every run (a minute): in the folder that is shared, the lock of a compilation that was killed stays,
and every later training waits for it in silence.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from data_gen.cli import UserError
from data_gen.local_server import GUARD
from data_gen.run_folder import Run
from launch.training.peak_memory import gpu_gb, host_gb

LOOK_EVERY_S = 0.05
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "WANDB_MODE": "offline"}
ALONE = {"NPROC_PER_NODE": "1", "NNODES": "1", "NODE_RANK": "0"}


@dataclass
class Trained:
    """When steps ended, the peaks, and what train.json says of the rows."""

    looked: float  # at memory, which takes longer than a look at the log
    ended: list[float] = field(default_factory=list)
    host_gb: float = 0.0
    gpu_gb: float | None = None
    tokens: int = 0


def train(recipe: Path, run: Run, config: str, args: str, log: Path) -> Trained:
    """Train and watch. Raises UserError with the end of the log where it fails."""
    words = [sys.executable, "-m", "launch.train", f"--recipe={recipe}", f"--run={run.folder}", f"--config={config}"]
    words += [f"--args={args}", "--force"]  # without flash attention neat_packing is refused, and its mask fits here
    environment = os.environ | ALONE | OFFLINE | {"TORCH_EXTENSIONS_DIR": str(log.parent.resolve() / "extensions")}
    environment["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    steps = run.model(config) / "trainer_log.jsonl"
    trained = Trained(time.monotonic())
    reading, writing = os.pipe()
    words = [sys.executable, str(GUARD), str(reading), *words]  # which ends all of it when this process is killed
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output, env=environment, pass_fds=[reading])
    os.close(reading)
    try:
        while process.poll() is None:
            _look(trained, steps, process.pid)
            time.sleep(LOOK_EVERY_S)
    finally:
        os.close(writing)
        process.wait()
    if process.returncode != 0:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise UserError(f"{config}: training ended with status {process.returncode}:\n{tail}")
    lines = _steps(steps)
    if len(lines) != len(trained.ended):
        raise UserError(f"{config}: {len(lines)} steps were logged and {len(trained.ended)} seen: train more rows a step")
    trained.gpu_gb = gpu_gb(lines).get("gpu_reserved_gb")
    trained.tokens = json.loads((run.model(config) / "train.json").read_text("utf-8"))["tokens"]
    return trained


def _look(trained: Trained, steps: Path, pid: int) -> None:
    now, seen = time.monotonic(), len(_steps(steps))
    trained.ended += [now] * (seen - len(trained.ended))
    if seen and now - trained.looked > 1:
        trained.looked = now
        trained.host_gb = max(trained.host_gb, host_gb(pid))


def _steps(path: Path) -> list[dict[str, float]]:
    """Return the lines of LLaMA-Factory's log that end a step; the last one may be half written."""
    if not path.is_file():
        return []
    whole, _, _ = path.read_text("utf-8").rpartition("\n")
    return [line for line in map(json.loads, whole.splitlines()) if "loss" in line]
