"""Instants of a training, told by the files that LLaMA-Factory writes: when it is killed, or its disk is full.

INSTANTS["in a checkpoint"](run)        -> True while a checkpoint has its optimizer begun and not yet its last file
"""

import json
from collections.abc import Callable
from pathlib import Path

from bench.faults_site import CONFIG
from data_gen.run_folder import Run


def loading(run: Run) -> bool:
    """Whether LLaMA-Factory is started, and no step is done."""
    return (run.folder / f"logs/train.{CONFIG}.yaml").is_file()


def last_step(run: Run) -> int:
    """Return the last step in the trainer's log, 0 before the first."""
    log = run.model(CONFIG) / "trainer_log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True) if log.is_file() else []
    return max((json.loads(line)["current_steps"] for line in lines if line.endswith(b"\n")), default=0)


def saving(run: Run) -> bool:
    """Whether a checkpoint is being written: its optimizer is begun, its last file is not there."""
    return any(_part(folder) for folder in run.model(CONFIG).glob("checkpoint-*"))


def _part(checkpoint: Path) -> bool:
    return (checkpoint / "optimizer.pt").exists() and not (checkpoint / "trainer_state.json").exists()


def first_saved(run: Run) -> bool:
    """Whether the first checkpoint is whole."""
    return any((folder / "trainer_state.json").exists() for folder in run.model(CONFIG).glob("checkpoint-*"))


def last_saved(run: Run) -> bool:
    """Whether both checkpoints are whole; the model itself is still to be written."""
    return sum((folder / "trainer_state.json").exists() for folder in run.model(CONFIG).glob("checkpoint-*")) > 1


INSTANTS: dict[str, Callable[[Run], bool]] = {
    "while it loads": loading,
    "after the first step": lambda run: last_step(run) >= 1,
    "in a checkpoint": saving,
    "after the first checkpoint": lambda run: first_saved(run) and last_step(run) >= 3,
    "before the model is written": last_saved,
}
