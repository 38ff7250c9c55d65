"""What only LLaMA-Factory itself can tell, asked of `.venv-train` through `llamafactory_probe.py`.

    training = read_training("quickstart")                    # llamafactory_configs/quickstart.yaml
    count_lengths(training, system, rows, lengths)            writes 212\n..., the tokens of each row, whole and rendered
    load_dataset(training, folder, "quickstart")              -> {"rows": 168, "over_cutoff": 0, ...}

`.venv` has no torch, so each question is one run of that script, JSON in and JSON out.
"""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.config import PACKAGE
from data_gen.yaml_schema import read_yaml

ROOT = PACKAGE.parent
PYTHON = ROOT / ".venv-train/bin/python"
CONFIGS = ROOT / "llamafactory_configs"
PROBE = PACKAGE / "llamafactory_probe.py"
# Keys of a training YAML that decide which rows are loaded, how they are rendered, and how they are packed.
RENDERING = ("max_samples", "val_size", "seed", "enable_thinking", "default_system")
# Those that decide which files of a model are read.
LOADING = ("model_revision", "cache_dir", "trust_remote_code")
PACKING = ("packing", "neat_packing", "preprocessing_batch_size", "preprocessing_num_workers")


@dataclass(frozen=True)
class Training:
    """A training YAML: its path, its keys, and those that decide how a row is measured."""

    path: Path
    keys: dict[str, Any]

    @property
    def cutoff_len(self) -> int:
        return int(self.keys["cutoff_len"])

    @property
    def measures(self) -> dict[str, Any]:
        needed = {key: self.keys[key] for key in ("model_name_or_path", "template", "cutoff_len")}
        return needed | {key: self.keys[key] for key in LOADING if self.keys.get(key) is not None}


def has_package(name: str) -> bool:
    """Return whether .venv-train has a package that can be imported by this name; nothing is imported."""
    return any((PYTHON.parent.parent / "lib").glob(f"python*/site-packages/{name}/__init__.py"))


def read_training(config: str) -> Training | None:
    """Return llamafactory_configs/<config>.yaml, or None where there is none. Raises UserError when a key is missing."""
    path = CONFIGS / f"{config}.yaml"
    if not path.is_file():
        return None
    keys = read_yaml(path)
    missing = [key for key in ("model_name_or_path", "template", "cutoff_len") if key not in keys]
    if missing:
        raise UserError(f"{path}: {', '.join(missing)} must be set")
    return Training(path, keys)


def probe(question: str, content: dict[str, Any]) -> dict[str, Any]:
    """Ask the script one question. Raises UserError with the end of what it said when it fails."""
    if not PYTHON.is_file():
        raise UserError(".venv-train is missing: `make setup` makes it")
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "question.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(content), encoding="utf-8")
        done = subprocess.run([PYTHON, PROBE, question, asked, answered], capture_output=True, text=True)
        if done.returncode != 0 or not answered.is_file():
            tail = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise UserError(f"LLaMA-Factory could not answer ({question}):\n{tail}")
        answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
        return answer


def load_dataset(training: Training, folder: Path, name: str) -> dict[str, Any]:
    """Load a dataset folder as training will, and return what becomes of its rows (see the script's `load`)."""
    _check_model(training)
    keys = {key: training.keys[key] for key in (*RENDERING, *PACKING) if training.keys.get(key) is not None}
    if keys.pop("neat_packing", False):
        keys["packing"] = True  # as LLaMA-Factory's own parser takes it
    return probe("load", training.measures | keys | {"dataset_dir": str(folder), "dataset": name})


def count_lengths(training: Training, system: str, rows: Path, lengths: Path) -> None:
    """Write the tokens of each row of a file ({"user", "assistant"} a line) to `lengths`, a number a line: the whole row,
    with the system prompt, as the training's template renders it."""
    _check_model(training)
    probe("lengths", training.measures | {"system": system, "rows": str(rows), "lengths": str(lengths)})


def _check_model(training: Training) -> None:
    """Raise UserError where the tokenizer's folder holds no model: what transformers says of it names no folder."""
    model = str(training.keys["model_name_or_path"])
    if model.startswith((".", "/", "runs/")) and not (Path(model) / "config.json").is_file():
        raise UserError(f"{model}: no model there (no config.json), and rows are measured with its tokenizer")
