"""What was submitted to a Batch API, and how far it is: JSON Lines, append only, with a local copy of every input file.

    with BatchJournal(run / "02_traces.batches.jsonl") as log:
        batch = log.spill(lines, max_requests=50_000, max_bytes=200_000_000)    # its input file and ids, and an intent row
        log.append("creating", batch.token, file="file-1")                      # before the API is asked to create it
        log.append("submitted", batch.token, batch="batch_1")
        log.append("collected", batch.token)                                    # its results are recorded: it is closed

A batch goes intent -> creating -> submitted -> collected; or it is closed unpaid: refused (the provider's queue is full),
failed (its file was not accepted), dropped (it was never created). A row is on the disk when `append` returns. A torn last
line is cut off: what it told had not begun. After a damaged line, every batch with files here may be one of the provider's.

Files of an open batch, in the folder `02_traces.batches/`: `<token>.input.jsonl` as uploaded, `<token>.ids.jsonl` with a
row `[custom_id, id, sample, model]` a request, and what came back while it is being recorded. They go when it is closed.
"""

import errno
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from data_gen.cli import UserError
from data_gen.records import dumps

CLOSING = ("collected", "refused", "failed", "dropped")


class Asked(NamedTuple):
    """Who a request of a batch is for, and what it asked."""

    custom_id: str
    id: str
    sample: int
    model: str


class Line(NamedTuple):
    """A request as a line of an input file."""

    asked: Asked
    text: str


@dataclass
class Batch:
    """An open batch. `id` is the provider's name of it; `created_at` is when it was asked for, by the wall clock."""

    token: str
    requests: int = 0
    file: str | None = None
    created_at: float | None = None
    id: str | None = None
    earlier: bool = False  # of a run before this one
    alone: bool = False  # no other of ours was open when it was created
    unsure: bool = False  # the provider may have created it, in a call that was not answered
    finished: int = 0  # requests that the provider is done with, as it said last


class Source(Iterator[Line]):
    """Lines to submit. What is put back comes first."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._stack = [iter(lines)]

    def __next__(self) -> Line:
        while self._stack:
            for line in self._stack[-1]:
                return line
            self._stack.pop()
        raise StopIteration

    def more(self) -> bool:
        """Return whether a line is left."""
        line = next(self, None)
        if line is not None:
            self.put_back([line])
        return line is not None

    def put_back(self, lines: Iterable[Line]) -> None:
        """Take lines back."""
        self._stack.append(iter(lines))


class BatchJournal:
    """The batches that are open, by token. `attempts` counts how often a request came back empty or malformed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.with_suffix("")
        self.open: dict[str, Batch] = {}
        self.attempts: dict[str, int] = {}
        self._descriptor = -1

    def __enter__(self) -> "BatchJournal":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise UserError(f"{self.path}: another process is writing this file; wait for it or stop it") from error
        self._load()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._descriptor)

    def _load(self) -> None:
        """Follow every row, cut a torn one off the end, and remove files that no open batch has."""
        whole, damaged = self.read()
        os.ftruncate(self._descriptor, whole)
        if damaged:
            print(f"{self.path}: {damaged} damaged lines; the provider's list tells which batches they were about")
        for path in self.folder.iterdir():
            if _token(path) not in self.open:
                path.unlink()
        for batch in self.open.values():
            batch.earlier = True
            batch.requests = sum(1 for _ in self.asked(batch))

    def read(self) -> tuple[int, int]:
        """Follow every row, changing no file; return the bytes of the whole lines, and how many of these are damaged."""
        offset, damaged = 0, 0
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                try:
                    self._follow(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError):
                    damaged += 1
                offset += len(line)
        if damaged:
            for token in {_token(path) for path in self.folder.glob("*")}:
                batch = self.open.setdefault(token, Batch(token))
                batch.created_at = batch.created_at or 0.0
        return offset, damaged

    def append(self, event: str, token: str, **more: Any) -> None:
        """Write what happens to a batch. When this returns the row outlives this process and this machine's power."""
        row = {"event": event, "token": token, "at": round(time.time(), 3), **more}
        line = (dumps(row) + "\n").encode()
        end = os.fstat(self._descriptor).st_size
        if os.write(self._descriptor, line) < len(line):
            os.ftruncate(self._descriptor, end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        os.fdatasync(self._descriptor)
        self._follow(row)

    def _follow(self, row: dict[str, Any]) -> None:
        event, token = row["event"], row["token"]
        if event == "intent":
            self.open[token] = Batch(token, row["requests"])
        elif event == "creating":
            self.open[token].file, self.open[token].created_at = row["file"], row["at"]
        elif event == "submitted":
            self.open[token].id = row["batch"]
        elif event in CLOSING:
            self.open.pop(token, None)
            self.attempts.update(row.get("attempts", {}))
        else:
            raise KeyError(event)

    def close(self, event: str, batch: Batch, **more: Any) -> None:
        """Write how a batch ended, and remove its files."""
        self.append(event, batch.token, **more)
        self.clear(batch.token)

    def clear(self, token: str) -> None:
        """Remove the files of a batch that is closed."""
        for path in self.folder.glob(f"{token}.*"):
            path.unlink()

    def spill(self, lines: Source, max_requests: int, max_bytes: int) -> Batch:
        """Write the next lines as a batch that may be submitted, and return it.

        A request that is there twice is taken once. One that is larger than `max_bytes` goes alone.
        """
        token, taken, size = secrets.token_hex(8), set[str](), 0
        with self.file(token, "input").open("wb") as content, self.file(token, "ids").open("wb") as ids:
            for line in lines:
                text = line.text.encode() + b"\n"
                if taken and (len(taken) == max_requests or size + len(text) > max_bytes):
                    lines.put_back([line])
                    break
                if line.asked.custom_id not in taken:
                    taken.add(line.asked.custom_id)
                    size += content.write(text)
                    ids.write(json.dumps(line.asked).encode() + b"\n")
            for file in (content, ids):
                file.flush()
                os.fsync(file.fileno())
        _sync_folder(self.folder)
        self.append("intent", token, requests=len(taken), bytes=size)
        return self.open[token]

    def asked(self, batch: Batch) -> Iterator[Asked]:
        """Yield who the requests of an open batch are for. Raises UserError when the list is gone."""
        path = self.file(batch.token, "ids")
        try:
            with path.open("rb") as lines:
                for line in lines:
                    yield Asked(*json.loads(line))
        except FileNotFoundError as error:
            raise UserError(
                f"{path}: gone, so the answers of a batch that is paid for have no owner; put it back, or take the lines "
                f"with {batch.token} out of {self.path.name} to pay for them again"
            ) from error

    def lines(self, token: str) -> Iterator[Line]:
        """Yield the lines of a refused batch again, from its files, which are removed with the last line."""
        with self.file(token, "input").open(encoding="utf-8") as content, self.file(token, "ids").open("rb") as ids:
            for row, text in zip(ids, content, strict=True):
                yield Line(Asked(*json.loads(row)), text.rstrip("\n"))
        self.clear(token)

    def file(self, token: str, kind: str) -> Path:
        """Return the path of a batch's file: input, ids, output or errors."""
        return self.folder / f"{token}.{kind}.jsonl"


def open_batches(journal: Path) -> int:
    """Return how many batches of a journal may be at the provider, their answers not recorded; 0 where there is no file."""
    log = BatchJournal(journal)
    if journal.is_file():
        log.read()
    return sum(batch.created_at is not None for batch in log.open.values())


def _token(path: Path) -> str:
    return path.name.partition(".")[0]


def _sync_folder(folder: Path) -> None:
    """Make the names of new files outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
