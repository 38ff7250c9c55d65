"""llamafactory_run: LLaMA-Factory as a process of ours: its environment, its progress, its end.

    seconds = launch(options, Path("runs/x/logs/train.x.log"), output, extra={}, seen=starts.beat)
    train:  40%|####      | 205/513 [7:38:21<11:28:06] loss 0.512

It runs in `.venv-train` under guard.py, which ends it when this process ends, also by `kill -9`.
"""

import contextlib
import json
import os
import re
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
from launch.training import hardware
from launch.training.peak_memory import host_gb
from launch.training.world import by_torchrun, forces_torchrun, on_ray, this_node, told_processes

Seen = Callable[[float, float], None]  # seconds since the start, GB of host memory now
Watch = Callable[[float, int], None]  # seconds since the start, the process's id
ERROR = re.compile(r"(\[rank\d+\]: )?[A-Za-z_.]*(Error|Exception)\b.*: ")  # the last line of a traceback
RAY = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")


def environment(options: dict[str, Any], extra: dict[str, str]) -> dict[str, str]:
    """Return what LLaMA-Factory is started with: ours, without keys but for those of hub, wandb and Ray, and `extra`."""
    tools = train_env.PYTHON.parent
    given = without_keys(keep=("HF_TOKEN", "WANDB_API_KEY", *(RAY if on_ray() else ()))) | extra
    given["PATH"] = f"{tools}:{os.environ.get('PATH', '')}"  # DeepSpeed calls torchrun by name
    # Without these glibc returns every big tensor to the kernel and faults it in again: 1.4 times the time a step on a CPU.
    given |= {"MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_MMAP_THRESHOLD_": "100000000000"}
    given["RECORD_VRAM"] = "1"  # PyTorch's own peaks, in LLaMA-Factory's log
    given.setdefault("OMP_NUM_THREADS", str(threads(os.cpu_count() or 1, told_processes(), hardware.gpu_count())))
    given.setdefault("HF_HUB_OFFLINE", "1" if Path(str(options["model_name_or_path"])).is_dir() else "0")
    nodes, _ = this_node()
    if on_ray():
        given.pop("FORCE_TORCHRUN", None)  # LLaMA-Factory would heed it first, and start torchrun inside of nothing
    elif forces_torchrun(options, nodes):
        given["FORCE_TORCHRUN"] = "1"
    if nodes > 1:  # the first node reads the whole dataset before it starts
        given.setdefault("PET_RDZV_CONF", "timeout=7200")
    return given


def threads(cores: int, processes: int | None, gpus: int) -> int:
    """Return the threads of each process of a node: its share of the cores, for DeepSpeed's Adam runs on all at once."""
    return max(1, cores // (processes or max(1, gpus)))


def launch(
    options: dict[str, Any], log: Path, output: Path, extra: dict[str, str] | None = None, seen: Seen | None = None
) -> float:
    """Train and show the progress; return the seconds. `extra` joins the environment; `seen` is called about every second,
    and at the end. Raises UserError with the end of the log."""
    with bar(None, " steps", "train") as progress:

        def watch(seconds: float, pid: int) -> None:
            if seen:
                seen(seconds, 0.0 if on_ray() else host_gb(pid))  # Ray's workers are no children of ours
            line = _last_line(output / "trainer_log.jsonl")
            if line and "loss" in line:
                progress.total = line["total_steps"]
                progress.set_postfix_str(f"loss {line['loss']:.3f}", False)
                progress.update(line["current_steps"] - progress.n)

        return run("train", options, log, extra, watch)


def run(
    what: str, options: dict[str, Any], log: Path, extra: dict[str, str] | None = None, watch: Watch | None = None
) -> float:
    """Run `llamafactory-cli what` on the options, its words at the end of `log`; return its seconds. `watch` is called about
    every second, and at the end. Raises UserError with the error and the end of the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    config = log.with_suffix(".yaml")
    write_text(config, yaml.safe_dump(options, sort_keys=False))
    program = train_env.PYTHON.parent / "llamafactory-cli"
    if not program.is_file():
        raise UserError(".venv-train is missing: `make setup` makes it")
    nodes, _ = this_node()
    if what == "train" and by_torchrun(options, hardware.gpu_count(), nodes) and " " in f"{program}{config}":
        raise UserError(f"{config}, {program}: LLaMA-Factory hands them to torchrun cut at every space; use paths without")
    reading, writing = os.pipe()
    started = time.monotonic()
    with log.open("ab") as written:
        before = written.tell()
        process = subprocess.Popen(
            [sys.executable, str(GUARD), str(reading), str(program), what, str(config)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env=environment(options, extra or {}),
            pass_fds=[reading],
            start_new_session=True,
        )
    os.close(reading)
    try:
        while process.poll() is None:
            time.sleep(1)
            if watch:
                watch(time.monotonic() - started, process.pid)
    finally:
        os.close(writing)  # after an interrupt the guard ends LLaMA-Factory
        process.wait()
        if watch:
            watch(time.monotonic() - started, process.pid)
    if process.returncode != 0:
        said = log.read_bytes()[before:].decode("utf-8", "replace")
        raise UserError(f"llamafactory-cli {what} ended with status {process.returncode}; {end_of(said, log)}")
    return time.monotonic() - started


def end_of(said: str, log: Path) -> str:
    """Return the last error in what was said, for under torchrun only its own words come last, and the last 15 lines."""
    lines = said.splitlines()
    errors = [line for line in lines if ERROR.match(line) and not line.startswith("torch.distributed.elastic")]
    first = [f"its last error: {errors[-1]}"] if errors else []
    return "\n".join([*first, f"the end of {log}:", *lines[-15:]])


def _last_line(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
        line: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
        return line
    return None
