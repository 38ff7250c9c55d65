"""starts: what every start of a training took, also of those that were killed, so that a resumed one adds up.

    starts = Starts.begin(output, settings, planned, first=0)      runs/x/model/.sky_t1_7b.starts.json
    starts.beat(61.2, host_gb=5.9)                                 every few seconds: a kill loses no more than those
    with starts: ...                                               whole, when nothing is raised inside
    starts.seconds                                                 62.0, of all starts of this training

The file lies beside the model's folder: LLaMA-Factory refuses a folder that holds anything but checkpoints. A training with
other settings, or one that begins again after it was whole (its model was removed), is another one and counts from zero.
Not covered: the time before the process of the training is started.
"""

import contextlib
import datetime
import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from data_gen.cli import UserError
from data_gen.journal import write_text

EVERY_S = 5.0


@dataclass
class Starts:
    """The starts of one training; the last is the one that runs."""

    path: Path
    settings: dict[str, Any]
    planned: dict[str, Any]
    starts: list[dict[str, Any]]
    _written: float = 0.0

    @classmethod
    def begin(cls, output: Path, settings: dict[str, Any], planned: dict[str, Any], first: int) -> "Starts":
        """Note a start at step `first`. The plan is that of the first start: what is resumed was planned once."""
        path = output.with_name(f".{output.name}.starts.json")
        settings = json.loads(json.dumps(settings))
        before = _before(path)
        if before is None or before["settings"] != settings:
            before = {"settings": settings, "planned": planned, "starts": []}
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        start = {"date": date, "first_step": first, "seconds": 0.0, "host_gb": 0.0, "whole": False}
        starts = cls(path, before["settings"], before["planned"], [*before["starts"], start])
        starts._write()
        return starts

    def beat(self, seconds: float, host_gb: float) -> None:
        """Note that this start runs for `seconds` and takes `host_gb` now; written every EVERY_S seconds."""
        last = self.starts[-1]
        last["seconds"] = round(seconds, 1)
        last["host_gb"] = round(max(last["host_gb"], host_gb), 2)
        if time.monotonic() - self._written >= EVERY_S:
            with contextlib.suppress(OSError):  # a disk that is full for a moment does not end a training
                self._write()

    def __enter__(self) -> "Starts":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.starts[-1]["whole"] = error is None
        self._write()

    @property
    def seconds(self) -> float:
        """Seconds of all starts."""
        return float(sum(start["seconds"] for start in self.starts))

    @property
    def host_gb(self) -> float:
        """The highest host memory of any start."""
        return float(max(start["host_gb"] for start in self.starts))

    def _write(self) -> None:
        content = {"settings": self.settings, "planned": self.planned, "starts": self.starts}
        write_text(self.path, json.dumps(content, indent=1) + "\n")
        self._written = time.monotonic()


def _before(path: Path) -> dict[str, Any] | None:
    """Return what was noted of a training that is not whole, None where there is none. Raises UserError."""
    if not path.is_file():
        return None
    try:
        before: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = before["starts"][-1]["whole"] or not {"settings", "planned"} <= before.keys()
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise UserError(f"{path}: not readable; remove it, and what earlier starts took is not counted") from error
    return None if whole else before
