"""What every stage does around its own work: compare with an earlier run, record, print one funnel line.

    with Stage(run, "mix", settings={"mix": {...}}, inputs=[run.verdicts], outputs=[run.mixture]) as stage:
        if stage.finished:
            return
        ...
        stage.funnel(rows_in=400, kept=168, reasons={"wrong": 180, "no_answer": 52})

Editing a YAML and running again does what the user means: the same and finished says so, the same and unfinished goes
on, and other settings than those that made the files refuse in one line that names the changed keys and offers
`RUN=new`. When only the input grew (a larger --limit, failures asked again), the stage is done again on the new input;
journals keep what was paid for. So it is when a file that it wrote is not as it left it (a disk fault, a cut copy, an edit):
that costs nothing but time, and only answers that are gone are asked for again. It all stands in the run's manifest.json.
"""

import contextlib
import datetime
import fcntl
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from data_gen.cli import ConfigError, UserError
from data_gen.journal import write_text
from data_gen.manifest import changed_keys, edit_manifest, environment, file_hash
from data_gen.run_folder import Run

ORDER = ("collect", "label", "generate", "rewrite", "verify", "mix", "export")


def _made(path: Path) -> bool:
    """Return whether anything was put into a file or folder yet."""
    return any(path.iterdir()) if path.is_dir() else path.is_file() and path.stat().st_size > 0


class Stage:
    """One stage of one run, as a context. `finished` says that there is nothing left to do."""

    def __init__(
        self,
        run: Run,
        name: str,
        settings: dict[str, Any],
        inputs: list[Path],
        outputs: list[Path],
        limit: int | None = None,
        force: bool = False,
    ) -> None:
        self.run, self.name, self.limit = run, name, limit
        self.settings: dict[str, Any] = json.loads(json.dumps(settings))
        self.inputs, self.outputs = inputs, outputs
        self.force = force
        self.finished = False
        self.damaged: list[Path] = []  # outputs that are not as this stage left them
        self.record: dict[str, Any] = {}
        self._started = 0.0
        self._lock = -1
        self._line: dict[str, Any] | None = None
        self.before: dict[str, Any] = {}  # the record of the run that this one goes on with

    def __enter__(self) -> "Stage":
        self._take_lock()
        with contextlib.ExitStack() as refused:  # a stage that is refused holds no lock
            refused.callback(os.close, self._lock)
            self._begin()
            refused.pop_all()
        return self

    def _begin(self) -> None:
        """Compare with what was done before, and write down what is done now. Raises UserError, ConfigError."""
        for path in self.inputs:
            if not path.is_file():
                raise UserError(f"{path}: no such file; run the stage before {self.name} first (`make data` runs them all)")
        hashes = self.hashes()
        with edit_manifest(self.run) as manifest:
            before = manifest["stages"].get(self.name, {})
            if before and any(_made(path) for path in self.outputs):
                changed = changed_keys(before["settings"], self.settings)
                if changed:
                    raise ConfigError(
                        f"{self.run.folder} was made with other settings: {'; '.join(changed)}; "
                        f"put them back, or start another run with RUN=new"
                    )
                whole = before["finished"] and all(path.exists() for path in self.outputs)
                if whole:
                    self.damaged = self._damaged(before.get("outputs", {}))
                same = before["inputs"] == hashes and before.get("limit") == self.limit
                self.finished = whole and same and not self.damaged and not self.force
                self.before = before
            self.record = {"settings": self.settings, "inputs": hashes, "limit": self.limit, "finished": False}
            if not self.finished:
                carried = {k: v for k, v in self.before.items() if k in ("usage", "seconds", "dollars")}
                manifest["stages"][self.name] = self.record | carried
            if not self.finished:
                manifest["environment"] = environment()
        for path in self.damaged:
            print(f"{self.name:<9} {path}: changed since it was finished (a disk fault, an edit?): gone over again")
        if self.finished:
            print(f"{self.name:<9} done already ({', '.join(str(path) for path in self.outputs)})")
        self._started = time.monotonic()

    def _name_of(self, path: Path) -> str:
        """Return how the manifest names an input: files of the run by their name, so that a run may be moved."""
        own = path.is_relative_to(self.run.folder)
        return path.name if own and path.parent == self.run.data else str(path.relative_to(self.run.folder) if own else path)

    def _take_lock(self) -> None:
        """Keep a second command of this stage out while this one runs; the kernel lets go when the process ends."""
        self.run.folder.mkdir(parents=True, exist_ok=True)
        name = self.name.replace(" ", "-").replace("/", "-")
        self._lock = os.open(self.run.folder / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise UserError(f"{self.name} is running on {self.run.folder} already; wait for it or stop it") from error

    def hashes(self) -> dict[str, str | None]:
        """Return the sha256 of each input, by its name in the manifest."""
        return {self._name_of(path): file_hash(path) for path in self.inputs}

    def _rows(self) -> list[Path]:
        """Return the outputs that nobody but this stage writes: the row files of data/ and dataset/."""
        folders = (self.run.data, self.run.dataset)
        return [path for path in self.outputs if path.suffix == ".jsonl" and path.parent in folders]

    def _damaged(self, left: dict[str, str | None]) -> list[Path]:
        return [path for path in self._rows() if left.get(path.name, path) not in (path, file_hash(path))]

    def save(self) -> None:
        """Write the record as it is now: what a killed stage found out (a revision, a batch) is not found out again."""
        with edit_manifest(self.run) as manifest:
            manifest["stages"][self.name] |= self.record

    def funnel(
        self,
        rows_in: int,
        kept: int,
        reasons: dict[str, int],
        unit: str = "rows",
        by_source: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        """Print the stage's funnel line and keep it for funnel.json: nothing is dropped without a reason and a count."""
        reasons = {reason: count for reason, count in sorted(reasons.items(), key=lambda item: -item[1]) if count}
        self._line = {"stage": self.name, "in": rows_in, "kept": kept, "unit": unit, "reasons": reasons}
        if by_source:
            self._line["by_source"] = by_source
        dropped = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
        print(f"{self.name:<9} in {rows_in:>9,}   kept {kept:>9,} {unit:<9} {dropped}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self.finished:
                self._end(error is None)
        finally:
            os.close(self._lock)

    def _end(self, well: bool) -> None:
        """Write the funnel's line and then the record, so that a kill between them leaves a stage that is done again.

        Raises UserError where a stage that ended well kept nothing.
        """
        nothing = self._line is not None and self._line["kept"] == 0
        with edit_manifest(self.run) as manifest:
            if self._line is not None:
                kept = [line for line in read_funnel(self.run) if line["stage"] != self.name]
                ordered = sorted([*kept, self._line], key=lambda line: ORDER.index(line["stage"]))
                write_text(self.run.funnel, json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")
            self.record["finished"] = well and not nothing
            if self.record["finished"]:
                self.record["outputs"] = {path.name: file_hash(path) for path in self._rows()}
            self.record["seconds"] = round(self.before.get("seconds", 0.0) + time.monotonic() - self._started, 2)
            self.record["date"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            manifest["stages"][self.name] = self.record
        if well and nothing:
            raise UserError(f"{self.name} kept nothing: see the reasons above; nothing after it can run")


def read_funnel(run: Run) -> list[dict[str, Any]]:
    """Return the funnel lines of the stages that have run."""
    if not run.funnel.is_file():
        return []
    lines: list[dict[str, Any]] = json.loads(run.funnel.read_text(encoding="utf-8"))
    return lines
