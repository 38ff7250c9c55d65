"""The lines of a JSON Lines file, found by their keys and read when they are needed: no row is held.

problems = LineFile(Path("01_problems.jsonl"))
for place, line in problems: ...          place says where the line lies
problems.at(place)                        -> the line again, as bytes
"""

import gzip
import os
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from pydantic import BaseModel, ValidationError

from data_gen.cli import UserError
from data_gen.records import Record, faults_of, row_of

Place = tuple[int, int]  # offset and length in bytes


class Head(BaseModel):
    """What is read of a row to know which it is; the rest of the line is only checked to be JSON."""

    id: str
    sample: int = 0
    verifier: str = ""


class LineFile:
    """One file, packed (.gz: then held in memory) or not. Raises UserError where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise UserError(f"{path}: no such file")
        self._packed = _unpacked(path) if path.suffix == ".gz" else None
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __iter__(self) -> Iterator[tuple[Place, bytes]]:
        """Yield every line that is not blank, with its place."""
        offset = 0
        with self.path.open("rb") as file:
            for line in self._packed.splitlines(keepends=True) if self._packed is not None else file:
                if line.strip():
                    yield (offset, len(line)), line
                offset += len(line)

    def at(self, place: Place) -> bytes:
        """Return a line."""
        offset, length = place
        return os.pread(self._descriptor, length, offset) if self._packed is None else self._packed[offset : offset + length]

    def heads(self, kind: type[Record]) -> Iterator[tuple[Head, Place, bytes]]:
        """Yield the head, the place and the line of every row. Raises UserError that names a row which is no `kind`."""
        for number, (place, line) in enumerate(self, 1):
            try:
                yield Head.model_validate_json(line), place, line
            except ValidationError:
                yield self._slowly(number, line, kind), place, line

    def count(self) -> int:
        """Return the number of lines, for a progress bar."""
        if self._packed is not None:
            return self._packed.count(b"\n")
        with self.path.open("rb") as file:
            return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))

    def _slowly(self, number: int, line: bytes, kind: type[Record]) -> Head:
        row = row_of(self.path, number, line)
        try:
            return Head.model_validate(kind.model_validate(row).row())
        except ValidationError as error:
            raise UserError(f"{self.path}: row {number} is not a {kind.__name__}: {faults_of(error)}") from error

    def __enter__(self) -> "LineFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._descriptor)


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: a torn .gz file: {error}; fetch or write it again") from error


class ById:
    """The rows of a file by their id, which no two may share. It reads the file no further than it has to: rows are mostly
    asked for in its order, and work on the first begins at once. Ids and places are held, no text."""

    def __init__(self, file: LineFile, kind: type[Record]) -> None:
        self._file = file
        self._unread = file.heads(kind)
        self._numbers: dict[str, int] = {}
        self._offsets, self._lengths = array("Q"), array("L")

    def find(self, one: str) -> bytes | None:
        """Return a row's line, or None where the file has no such id. Raises UserError at an id that comes twice."""
        number = self._numbers.get(one)
        if number is not None:
            return self._file.at((self._offsets[number], self._lengths[number]))
        for head, (offset, length), line in self._unread:
            if head.id in self._numbers:
                raise UserError(f"{self._file.path}: two rows have the id {head.id!r}: ids must differ")
            self._numbers[head.id] = len(self._offsets)
            self._offsets.append(offset)
            self._lengths.append(length)
            if head.id == one:
                return line
        return None
