"""Where the rows of a run's data files lie, by problem and sample, and what became of every sample.

    with Keys(run) as keys:
        next(keys.problems())   -> Asked("add-0001", "numina", [Fate(0, "right", "correct"), Fate(1, "failed", "length")])
        keys.lines("add-0001")  -> {("verdict", 0): {"id": "add-0001", "sample": 0, "ok": true, ...}, ...}

The files are read once. Keys and places wait in a temporary SQLite file, so that neither memory nor the order of the rows
matters: a stage that is still running appends in the order of arrival. A last line that is torn, as while it is being
written, is left out. Not covered: verdicts on a text that was rewritten since; `make data` renews those.
"""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from pydantic import BaseModel, Field, ValidationError

from data_gen.cli import UserError
from data_gen.lines import LineFile
from data_gen.records import Row, row_of
from data_gen.run_folder import Run, errors_of

STATES = ("right", "wrong", "undecided", "failed", "dropped", "ungraded")
OF_THE_PROBLEM = -1  # stands for the sample in the key of a row that is about the problem
TABLE = """CREATE TABLE line (id BLOB, sample INT, file TEXT, says BLOB, offset INT, length INT,
                              PRIMARY KEY (id, sample, file)) WITHOUT ROWID"""


class Head(BaseModel):
    """What is read of every row."""

    id: str
    sample: int = Field(0, ge=0, lt=2**63)  # what SQLite holds
    ok: bool | None = None
    reason: str = ""  # of a verdict
    error: str = ""  # of a failure
    source: str = ""  # of a problem


class Fate(NamedTuple):
    """What became of one sample: a state and the verifier's reason or the name of the failure."""

    sample: int
    state: str
    reason: str


class Asked(NamedTuple):
    """A problem and what became of its samples, sorted."""

    id: str
    source: str
    fates: list[Fate]


def files(run: Run) -> dict[str, Path]:
    """Return the files that are read, by the names that their rows have here."""
    return {
        "problem": run.problems,
        "trace": run.traces,
        "failure": errors_of(run.traces),
        "rewrite": run.rewritten,
        "no_rewrite": errors_of(run.rewritten),
        "verdict": run.verdicts,
        "before": run.verdicts_before,
        "mixture": run.mixture,
    }


class Keys:
    """The rows of a run by their keys. Raises UserError that names a row which is none."""

    def __init__(self, run: Run) -> None:
        self._files = {name: LineFile(path) for name, path in files(run).items() if path.is_file()}
        self._table = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._table.execute("PRAGMA journal_mode = OFF")  # nobody needs it after a crash
        self._table.execute(TABLE)
        for name, file in self._files.items():
            self._table.executemany("INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?, ?)", _entries(name, file))

    def problems(self) -> Iterator[Asked]:
        """Yield every problem that was asked, sorted by id, with what became of its samples, sorted."""
        lines = self._table.execute("SELECT id, sample, file, says FROM line ORDER BY id, sample")
        for one, group in groupby(lines, key=lambda line: line[0]):
            source, fates = "unknown", []
            for sample, rows in groupby(group, key=lambda line: line[1]):
                says = {file: _text(said) for _, _, file, said in rows}
                if sample == OF_THE_PROBLEM:
                    source = says["problem"]
                elif found := fate(sample, says):
                    fates.append(found)
            if fates:
                yield Asked(_text(one), source, fates)

    def lines(self, one: str) -> dict[tuple[str, int], Row]:
        """Return all rows of a problem, by file and sample."""
        found = self._table.execute("SELECT file, sample, offset, length FROM line WHERE id = ?", (_bytes(one),))
        return {
            (file, sample): row_of(self._files[file].path, 0, self._files[file].at((offset, length)))
            for file, sample, offset, length in found
        }

    def __enter__(self) -> "Keys":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._table.close()
        for file in self._files.values():
            file.__exit__(kind, error, trace)


def fate(sample: int, says: dict[str, str]) -> Fate | None:
    """Return what became of a sample by the files that have a row of it; None where it is only in the mixture."""
    if "verdict" in says and ("trace" in says or "rewrite" in says):
        state, _, reason = says["verdict"].partition(" ")
        return Fate(sample, state, reason)
    if "no_rewrite" in says and "rewrite" not in says:
        return Fate(sample, "dropped", says["no_rewrite"])
    if "trace" in says or "rewrite" in says:
        return Fate(sample, "ungraded", "not graded")
    if "failure" in says:
        return Fate(sample, "failed", says["failure"])
    return None


def _entries(name: str, file: LineFile) -> Iterator[tuple[bytes, int, str, bytes, int, int]]:
    for number, (place, line) in enumerate(file, 1):
        head = _head(file.path, number, line)
        if head is None:
            return
        said = {True: "right", False: "wrong", None: "undecided"}[head.ok] + f" {head.reason}"
        says = {"problem": head.source, "verdict": said}.get(name, head.error)
        yield _bytes(head.id), OF_THE_PROBLEM if name == "problem" else head.sample, name, _bytes(says), *place


def _head(path: Path, number: int, line: bytes) -> Head | None:
    """Return what is read of a line, or None where it is the last one and torn. Raises UserError that names a bad row."""
    try:
        return Head.model_validate_json(line)
    except ValidationError:  # torn, or what Python reads and this parser does not, such as lone surrogates
        try:
            return Head.model_validate(row_of(path, number, line))
        except ValidationError as error:
            raise UserError(f"{path}: row {number} has no id, or a value of another kind than it should have") from error
        except UserError:
            if line.endswith(b"\n"):
                raise
            return None


def _bytes(text: str) -> bytes:
    """Return an id as it is stored: SQLite's text holds no lone surrogate, bytes do."""
    return text.encode("utf-8", "surrogatepass")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")
