"""An append-only JSON Lines file that survives `kill -9`: what was written is kept, what was in flight is redone.

    with Journal(run.traces) as journal:
        for request in requests:
            if (request.id, request.sample) not in journal:
                journal.append(ask(request))       # on disk before the next line runs
        journal.finish()                           # sorted by (id, sample), replaced in one step

Every row holds `id` and `sample`. A line is one `write` call, so a killed process leaves at most one torn line, at the
end; opening the journal removes it. Against a power cut, rows are synced to the disk every `sync_every` rows (measured:
15 us a row against 212 us for a sync each), so a crash of the whole machine may cost the last few rows, never older
ones. A line in the middle that is no JSON (a disk fault, an editor) is set aside in `<name>.corrupt` and done again.

Not covered: two machines that write one file over a network file system; `flock` guards one machine.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

from pydantic_core import from_json

from data_gen.cli import UserError
from data_gen.records import Row, dumps

Key = tuple[str, int]


class Journal:
    """The rows of one stage file, by (id, sample). A second row of a key supersedes the first.

    `on_load` sees every row that is already there when the journal is opened; `tag` names the key that holds a hash of
    what a row was made from, so that a row made from something else can be told.
    """

    def __init__(
        self, path: Path, sync_every: int = 64, on_load: Callable[[Row], None] | None = None, tag: str = "request"
    ) -> None:
        self.path, self._tag = path, tag
        self.sync_every = sync_every
        self._on_load = on_load
        self._index: dict[Key, tuple[int, int, str | None]] = {}  # key -> offset, length, request
        self._descriptor = -1
        self._lock = -1
        self._end = 0
        self._unsynced = 0

    def __enter__(self) -> "Journal":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise UserError(f"{self.path}: another process is writing this file; wait for it or stop it") from error
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._load()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.fsync(self._descriptor)
        os.close(self._descriptor)
        os.close(self._lock)  # the lock file stays: removing it would let two processes hold two locks

    def _load(self) -> None:
        """Index the complete lines, cut a torn one off the end, set corrupt ones aside."""
        offset, corrupt = 0, []
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    os.ftruncate(self._descriptor, offset)
                    break
                try:
                    row = from_json(line)  # twice as fast as json.loads
                    self._index[self._key(row)] = (offset, len(line), row.get(self._tag))
                    if self._on_load is not None:
                        self._on_load(row)
                except (ValueError, TypeError, KeyError, AttributeError):
                    corrupt.append(line)
                offset += len(line)
        self._end = offset
        if corrupt:
            aside = self.path.with_name(self.path.name + ".corrupt")
            with aside.open("ab") as file:
                file.writelines(corrupt)
            print(f"{self.path}: {len(corrupt)} corrupt lines set aside in {aside.name}; they are done again")
            self._rewrite(list(self._index))

    def __contains__(self, key: Key) -> bool:
        return key in self._index

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[Key]:
        """Yield the keys written so far, in the order of their first writing."""
        return iter(list(self._index))

    def tag(self, key: Key) -> str | None:
        """Return the hash that a written row holds of what it was made from (`request`, or the `tag` given), or None."""
        return self._index[key][2]

    def read(self, key: Key) -> Row:
        """Return a written row. Raises KeyError where there is none."""
        offset, length, _ = self._index[key]
        row: Row = json.loads(os.pread(self._descriptor, length, offset))
        return row

    def append(self, row: Row) -> None:
        """Write one row. When this returns the row outlives this process. Raises OSError when the disk is full."""
        self.extend([self.line_of(row)])

    def line_of(self, row: Row) -> tuple[Key, str | None, str]:
        """Return a row as `extend` takes it."""
        return self._key(row), row.get(self._tag), dumps(row)

    def _key(self, row: Row) -> Key:
        return row["id"], row["sample"]

    def extend(self, rows: list[tuple[Key, str | None, str]]) -> None:
        """Write rows that are lines already, each with its key and tag, in one call."""
        lines = [(line + "\n").encode() for _, _, line in rows]
        whole, written = b"".join(lines), 0
        try:
            while written < len(whole):
                written += os.write(self._descriptor, whole[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._end)  # no half line stays before what a later call appends
            raise
        for (row, tag, _), line in zip(rows, lines, strict=True):
            self._index[row] = (self._end, len(line), tag)
            self._end += len(line)
        self._unsynced += len(rows)
        if self._unsynced >= self.sync_every:
            os.fdatasync(self._descriptor)
            self._unsynced = 0

    def discard(self, keys: Iterable[Key]) -> None:
        """Forget rows; `finish` leaves them out of the file."""
        for key in keys:
            self._index.pop(key, None)

    def finish(self) -> None:
        """Sort the file by (id, sample), in one atomic step, with flat memory: only the index is held."""
        keys = sorted(self._index)
        if keys != list(self._index) or self._end != sum(length for _, length, _ in self._index.values()):
            self._rewrite(keys)

    def _rewrite(self, keys: list[Key]) -> None:
        partial = self.path.with_name(f".{self.path.name}.partial")
        with partial.open("wb") as file:
            places = (self._index[key] for key in keys)
            file.writelines(os.pread(self._descriptor, length, offset) for offset, length, _ in places)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.path)
        os.close(self._descriptor)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self._end, index = 0, {}
        for key in keys:
            length, request = self._index[key][1:]
            index[key] = (self._end, length, request)
            self._end += length
        self._index = index


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a whole file of rows in one atomic step: a killed process leaves the old file or the new one."""
    _write(path, (dumps(row) + "\n" for row in rows))


def write_text(path: Path, text: str) -> None:
    """Write a text file in one atomic step."""
    _write(path, [text])


def _write(path: Path, parts: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
