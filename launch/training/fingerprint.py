"""fingerprint: what the checkpoints of a folder were trained with, also where it was copied or the run's manifest is lost.

    with fingerprinted(output, settings): ...              runs/x/model/x/fingerprint.json, before training writes there
    check_fingerprint(output, settings, known=False)       raises ConfigError in one line that names the changed keys

Not covered: weights that somebody put there without a fingerprint.json in a run whose manifest knows the training.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError
from data_gen.journal import write_text
from data_gen.manifest import changed_keys
from launch.training.checkpoints import checkpoints

FINGERPRINT = "fingerprint.json"


def check_fingerprint(output: Path, fingerprint: dict[str, Any], known: bool) -> None:
    """Raise ConfigError in one line when the folder's checkpoints or model were trained with other settings.

    `known`: the run's manifest has settings of this training, and compares them itself.
    """
    path = output / FINGERPRINT
    if path.is_file():
        if changed := changed_keys(_read(path), fingerprint):
            raise ConfigError(
                f"{output} was trained with other settings: {'; '.join(changed)}; "
                f"put them back, or start another run with RUN=new"
            )
    elif not known and holds_training(output):
        raise ConfigError(
            f"{output} holds a training and no {FINGERPRINT} that says with which settings; "
            f"move it away, or start another run with RUN=new"
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        before: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(
            f"{path}: not readable, so nobody knows what these checkpoints were trained with; "
            f"put it back, or start another run with RUN=new"
        ) from error
    return before


@contextlib.contextmanager
def fingerprinted(output: Path, fingerprint: dict[str, Any]) -> Iterator[None]:
    """Put the fingerprint into the folder before training writes there; a start that saved nothing leaves no folder, so
    that it binds nobody to its settings."""
    write_text(output / FINGERPRINT, json.dumps(fingerprint, indent=1, ensure_ascii=False) + "\n")
    try:
        yield
    finally:
        if not holds_training(output):
            shutil.rmtree(output)


def holds_training(output: Path) -> bool:
    """Return whether a folder holds weights or a checkpoint, whole or not."""
    return bool(checkpoints(output)) or any(output.glob("*.safetensors"))
