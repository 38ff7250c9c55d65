"""Grading many answers in worker processes that have a deadline each and a memory limit.

    with Grader(workers=2) as grader:
        for verdict in grader.grade([Answer("q1", 0, "\\\\boxed{4}", "math_answer", {"answer": "4"})]):
            ...                                         # in the order of the answers

Workers are plain subprocesses (`worker.py`) fed over pipes, so this works from a script, a thread, an event loop's
executor and a Ray worker alike; the standard library's pools cannot free a worker that hangs inside C code. Answers
travel in chunks, because a message for each would cost more than most gradings do. A worker that gives no finding
for DEADLINE_CPU_S of its own CPU time, or WALL_S in all, is killed and replaced; the answer it was at is `timeout`, the
rest of its chunk is graded again. A worker that dies at an answer twice makes that one `infra`. Both are undecided.
"""

import collections
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any

import psutil

from data_gen.config import PACKAGE
from data_gen.records import Reason, Verdict
from data_gen.verifiers import VERSION

DEADLINE_CPU_S = 3.0  # of one answer, 100 times what honest ones need; the machine may be busy, so CPU time counts first
WALL_S = 7.0  # the slowest answer delays its chunk by as much
CHUNK = 256
QUEUED = 4  # chunks a worker holds, so that it has work while the caller deals with its last findings
AHEAD = 16  # chunks a worker may be ahead of the one that the caller waits for: flat memory on a million rows


@dataclass(frozen=True)
class Answer:
    """One text to grade: which problem and sample it answers, by which verifier, against what.

    `whole` is the trace that is searched for loops, None where that is not asked.
    """

    id: str
    sample: int
    text: str
    verifier: str
    gold: dict[str, Any]
    exact: bool = False
    whole: str | None = None


@dataclass
class _Chunk:
    """Answers that travel together, the findings that came back so far, and where a worker died before."""

    answers: list[Answer]
    findings: list[list[Any]] = field(default_factory=list)  # [ok, reason, extracted, tier, seconds]
    died_at: int = -1

    @property
    def done(self) -> bool:
        return len(self.findings) == len(self.answers)


class Grader:
    """A pool of grading workers, as a context; they are started when first needed. Used by one thread at a time."""

    def __init__(self, workers: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._workers = [_Worker(self._selector) for _ in range(workers)]

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.stop()
        self._selector.close()

    def grade(self, answers: Iterable[Answer]) -> Iterator[Verdict]:
        """Yield a Verdict for every answer, in order."""
        waiting = iter(answers)
        in_order: collections.deque[_Chunk] = collections.deque()
        while True:
            for held in range(QUEUED):
                for worker in self._workers:
                    room = worker.held <= held and len(in_order) < AHEAD * len(self._workers)
                    if room and (chunk := list(islice(waiting, CHUNK))):
                        in_order.append(_Chunk(chunk))
                        worker.take(in_order[-1])
            if not in_order:
                return
            while in_order and in_order[0].done:
                done = in_order.popleft()
                for answer, finding in zip(done.answers, done.findings, strict=True):
                    yield _verdict(answer, *finding)
            if in_order and not in_order[0].done:
                self._wait()

    def _wait(self) -> None:
        """Read what workers have to say; end those that hang or are dead."""
        for event, ready in self._selector.select(timeout=0.2):
            if ready & selectors.EVENT_WRITE:
                event.data.write()
            if ready & selectors.EVENT_READ:
                event.data.read()
        for worker in self._workers:
            worker.check()


class _Worker:
    """One subprocess, the chunks it was given, and since when it has said nothing."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._process: subprocess.Popen[bytes] | None = None
        self._chunks: collections.deque[_Chunk] = collections.deque()
        self._unsent = self._rest = b""
        self._heard_cpu = self._heard_wall = 0.0

    @property
    def held(self) -> int:
        return len(self._chunks)

    def take(self, chunk: _Chunk) -> None:
        """Give the worker what is left of a chunk."""
        if self._process is None:
            self._start()
        if not self._chunks:
            self._tick()
        self._chunks.append(chunk)
        left = chunk.answers[len(chunk.findings) :]
        message = [[answer.text, answer.verifier, answer.gold, answer.exact, answer.whole] for answer in left]
        self._unsent += json.dumps(message).encode() + b"\n"
        self.write()

    def write(self) -> None:
        """Send as much as the pipe takes without waiting: the worker may itself be waiting to be read."""
        if self._process is None:
            return  # it was stopped in this very round
        assert self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(pipe, self._unsent[: 1 << 16]) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it has died: `read` sees that
            self._unsent = b""
        waits = pipe in self._selector.get_map()
        if self._unsent and not waits:
            self._selector.register(pipe, selectors.EVENT_WRITE, self)
        elif waits and not self._unsent:
            self._selector.unregister(pipe)

    def _start(self) -> None:
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if key in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "data_gen.verifiers.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PACKAGE.parent,
            env=kept | {"OMP_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ, self)
        self._unsent = self._rest = b""

    def _tick(self) -> None:
        """Start the clock of the next answer."""
        self._heard_wall, self._heard_cpu = time.monotonic(), self._cpu_seconds()

    def _cpu_seconds(self) -> float:
        assert self._process is not None
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return float(times.user + times.system)

    def read(self) -> None:
        """Take in the findings that the worker has written."""
        if self._process is None:
            return  # it was stopped in this very round
        assert self._process.stdout is not None
        written = os.read(self._process.stdout.fileno(), 1 << 20)
        if not written:
            self._lost()
            return
        *lines, self._rest = (self._rest + written).split(b"\n")
        for line in lines:
            self._chunks[0].findings += json.loads(line)
            if self._chunks[0].done:
                self._chunks.popleft()
        if lines:
            self._heard_wall = time.monotonic()
            self._heard_cpu = 0.0  # read again when it is needed

    def check(self) -> None:
        """End the worker when its answer has had its time: that answer is `timeout`, the rest is graded again."""
        if not self._chunks or time.monotonic() - self._heard_wall < 1:
            return
        if self._heard_cpu == 0.0:
            self._heard_cpu = self._cpu_seconds()
        used = self._cpu_seconds() - self._heard_cpu
        if used > DEADLINE_CPU_S or time.monotonic() - self._heard_wall > WALL_S:
            self._chunks[0].findings.append([None, "timeout", None, None, DEADLINE_CPU_S])
            self._restart()

    def _lost(self) -> None:
        """The worker died. The answer it was at is tried once more; dying at it again makes it `infra`."""
        if self._chunks:
            chunk = self._chunks[0]
            at = len(chunk.findings)
            if chunk.died_at == at:
                chunk.findings.append([None, "infra", None, None, 0.0])
            chunk.died_at = at
        self._restart()

    def _restart(self) -> None:
        """Begin anew with what is left; without anything left, a worker is started with the next chunk."""
        chunks = list(self._chunks)
        self.stop()
        for chunk in chunks:
            if not chunk.done:
                self.take(chunk)

    def stop(self) -> None:
        """Kill the subprocess."""
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            for pipe in (self._process.stdin.fileno(), self._process.stdout.fileno()):
                if pipe in self._selector.get_map():
                    self._selector.unregister(pipe)
            self._process.kill()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
        self._process = None
        self._chunks.clear()


def _verdict(
    answer: Answer, ok: bool | None, reason: Reason, extracted: str | None, tier: str | None, seconds: float
) -> Verdict:
    return Verdict(
        id=answer.id,
        sample=answer.sample,
        ok=ok,
        reason=reason,
        extracted=extracted,
        tier=tier,
        seconds=seconds,
        verifier_version=VERSION,
    )
