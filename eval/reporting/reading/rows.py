"""Rows of a stage file, read once, one at a time, and only the keys that are counted.

    for one in rows(run.traces, Completed): ...              one.usage.completion_tokens
    verdicts = ById(run.verdicts, Judged)
    verdicts.of("file-1")                                    the rows of that id, a list; asked for in rising order

A finished stage file is sorted by (id, sample), so files are read side by side and nothing is held but the rows of one id.
A line that is being written (no newline yet) is left out. A file out of order, as of a stage that was stopped, raises
OutOfOrder: it cannot be read so.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ConfigDict

from data_gen.records import Record, numbered_lines, record_of


class Seen(Record):
    """A row of which only the named keys are kept."""

    model_config = ConfigDict(extra="ignore")

    id: str = ""


R = TypeVar("R", bound=Seen)


class OutOfOrder(Exception):
    """A file is not sorted by id."""


def rows(path: Path, kind: type[R]) -> Iterator[R]:
    """Yield the rows of a file, none where there is no file. Raises UserError that names a row which is broken."""
    if not path.is_file():
        return
    for row, (number, line) in enumerate(numbered_lines(path), 1):
        if line.endswith(b"\n"):
            yield record_of(kind, line, path, number, row)


def groups(path: Path, kind: type[R]) -> Iterator[tuple[str, list[R]]]:
    """Yield (id, its rows), ids rising. Raises OutOfOrder where they do not."""
    before = ""
    for one, found in groupby(rows(path, kind), key=lambda row: row.id):
        if one <= before:
            raise OutOfOrder(f"{path.name} is not sorted by id: the stage that writes it is not finished")
        before = one
        yield one, list(found)


class ById(Generic[R]):
    """The rows of a file by id, for ids that are asked for in rising order."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self._groups = groups(path, kind)
        self._next = next(self._groups, None)

    def of(self, one: str) -> list[R]:
        """Return the rows of an id, none where the file has no such id."""
        while self._next is not None and self._next[0] < one:
            self._next = next(self._groups, None)
        return self._next[1] if self._next is not None and self._next[0] == one else []

    def finish(self) -> None:
        """Read the rest, for the sake of its order: rows of early ids at the end would have been missed."""
        for _ in self._groups:
            pass
