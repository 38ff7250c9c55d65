"""llamafactory_run: LLaMA-Factory as a process of ours: its environment, its progress, its end.

    seconds = launch(options, Path("runs/x/logs/train.log"), output, extra={}, seen=starts.beat)
    train:  40%|####      | 205/513 [7:38:21<11:28:06] loss 0.512

It runs in `.venv-train` under guard.py, which ends it when this process ends, also by `kill -9`.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from data_gen import train_env
from data_gen.cli import UserError
from data_gen.journal import write_text
from data_gen.local_server import GUARD, without_keys
from data_gen.progress import bar
from launch.peak_memory import host_gb

Seen = Callable[[float, float], None]  # seconds since the start, GB of host memory now


def environment(options: dict[str, Any], extra: dict[str, str]) -> dict[str, str]:
    """Return what LLaMA-Factory is started with: ours, without keys but for those of the hub and wandb, and `extra`."""
    tools = train_env.PYTHON.parent
    given = without_keys(keep=("HF_TOKEN", "WANDB_API_KEY")) | extra
    given["PATH"] = f"{tools}:{os.environ.get('PATH', '')}"  # DeepSpeed calls torchrun by name
    # Without these glibc returns every big tensor to the kernel and faults it in again: 1.4 times the time a step on a CPU.
    given |= {"MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_MMAP_THRESHOLD_": "100000000000"}
    given["RECORD_VRAM"] = "1"  # PyTorch's own peaks, in LLaMA-Factory's log
    given.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    given.setdefault("HF_HUB_OFFLINE", "1" if Path(str(options["model_name_or_path"])).is_dir() else "0")
    several = given.get("NNODES", "1") != "1"
    if os.environ.get("USE_RAY"):
        given.pop("FORCE_TORCHRUN", None)  # LLaMA-Factory would heed it first, and start torchrun inside of nothing
    elif "deepspeed" in options or several:
        given["FORCE_TORCHRUN"] = "1"
    if several:  # the first node reads the whole dataset before it starts
        given.setdefault("PET_RDZV_CONF", "timeout=7200")
    return given


def launch(
    options: dict[str, Any], log: Path, output: Path, extra: dict[str, str] | None = None, seen: Seen | None = None
) -> float:
    """Run LLaMA-Factory and show its progress; return its seconds. `extra` joins its environment; `seen` is called about
    every second, and at the end. Raises UserError with the end of its log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    config = log.with_suffix(".yaml")
    write_text(config, yaml.safe_dump(options, sort_keys=False))
    program = train_env.PYTHON.parent / "llamafactory-cli"
    reading, writing = os.pipe()
    started = time.monotonic()
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, str(GUARD), str(reading), str(program), "train", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env=environment(options, extra or {}),
            pass_fds=[reading],
            start_new_session=True,
        )
    os.close(reading)
    try:
        _watch(process, output / "trainer_log.jsonl", started, seen)
    finally:
        os.close(writing)  # after an interrupt the guard ends LLaMA-Factory
        process.wait()
        if seen:
            seen(time.monotonic() - started, 0.0)
    if process.returncode != 0:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise UserError(f"LLaMA-Factory ended with status {process.returncode}; the end of {log}:\n{tail}")
    return time.monotonic() - started


def _watch(process: "subprocess.Popen[bytes]", steps: Path, started: float, seen: Seen | None) -> None:
    """Show a bar of optimizer steps out of LLaMA-Factory's log until the process ends."""
    with bar(None, " steps", "train") as progress:
        while process.poll() is None:
            time.sleep(1)
            if seen:
                seen(time.monotonic() - started, host_gb(process.pid))
            line = _last_line(steps)
            if line and "loss" in line:
                progress.total = line["total_steps"]
                progress.set_postfix_str(f"loss {line['loss']:.3f}", False)
                progress.update(line["current_steps"] - progress.n)


def _last_line(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
        line: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
        return line
    return None
