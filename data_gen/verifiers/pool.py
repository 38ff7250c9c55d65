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
import contextlib
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
from data_gen.records import Verdict
from data_gen.verifiers import VERSION
from data_gen.verifiers.finding import Finding

DEADLINE_CPU_S = 3.0  # of one answer, 100 times what honest ones need; the machine may be busy, so CPU time counts first
WALL_S = 7.0  # the slowest answer delays its chunk by as much
CHUNK = 128
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
    findings: list[tuple[Finding, float]] = field(default_factory=list)
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
            for worker in self._workers:
                room = worker.idle and len(in_order) < AHEAD * len(self._workers)
                if room and (chunk := list(islice(waiting, CHUNK))):
                    in_order.append(_Chunk(chunk))
                    worker.take(in_order[-1])
            if not in_order:
                return
            while in_order and in_order[0].done:
                done = in_order.popleft()
                for answer, (finding, seconds) in zip(done.answers, done.findings, strict=True):
                    yield verdict(answer, finding, seconds)
            if in_order and not in_order[0].done:
                self._wait()

    def _wait(self) -> None:
        """Read what workers have to say; end those that hang or are dead."""
        for event, _ in self._selector.select(timeout=0.2):
            event.data.read()
        for worker in self._workers:
            worker.check()


class _Worker:
    """One subprocess, the chunk it was given, and since when it has said nothing."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._process: subprocess.Popen[bytes] | None = None
        self._chunk: _Chunk | None = None
        self._rest = b""
        self._heard_cpu = self._heard_wall = 0.0

    @property
    def idle(self) -> bool:
        return self._chunk is None

    def take(self, chunk: _Chunk) -> None:
        """Give the worker what is left of a chunk. One at a time: with both pipes full, both sides would wait."""
        if self._process is None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        self._chunk = chunk
        self._tick()
        left = chunk.answers[len(chunk.findings) :]
        message = [[answer.text, answer.verifier, answer.gold, answer.exact, answer.whole] for answer in left]
        with contextlib.suppress(BrokenPipeError):  # it has died: `check` sees that
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

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
        assert self._process.stdout is not None
        self._selector.register(self._process.stdout, selectors.EVENT_READ, self)
        self._rest = b""

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
        assert self._process is not None
        assert self._process.stdout is not None
        written = os.read(self._process.stdout.fileno(), 1 << 20)
        if not written:
            self._lost()
        if not written or self._chunk is None:
            return
        *lines, self._rest = (self._rest + written).split(b"\n")
        for line in lines:
            self._chunk.findings += [(Finding(*finding), seconds) for *finding, seconds in json.loads(line)]
        if lines:
            self._heard_wall = time.monotonic()
            self._heard_cpu = 0.0  # read again when it is needed
        if self._chunk.done:
            self._chunk = None

    def check(self) -> None:
        """End the worker when its answer has had its time: that answer is `timeout`, the rest is graded again."""
        if self._chunk is None or time.monotonic() - self._heard_wall < 1:
            return
        if self._heard_cpu == 0.0:
            self._heard_cpu = self._cpu_seconds()
        used = self._cpu_seconds() - self._heard_cpu
        if used > DEADLINE_CPU_S or time.monotonic() - self._heard_wall > WALL_S:
            chunk = self._chunk
            self.stop()
            chunk.findings.append((Finding(None, "timeout"), DEADLINE_CPU_S))
            self._resume(chunk)

    def _lost(self) -> None:
        """The worker died. The answer it was at is tried once more; dying at it again makes it `infra`."""
        chunk = self._chunk
        self.stop()
        if chunk is None:
            return  # it had nothing to do; another is started with the next chunk
        at = len(chunk.findings)
        if chunk.died_at == at:
            chunk.findings.append((Finding(None, "infra"), 0.0))
        chunk.died_at = at
        self._resume(chunk)

    def _resume(self, chunk: _Chunk) -> None:
        if not chunk.done:
            self.take(chunk)

    def stop(self) -> None:
        """Kill the subprocess."""
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._selector.unregister(self._process.stdout)
            self._process.kill()
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
        self._process = self._chunk = None


def verdict(answer: Answer, finding: Finding, seconds: float) -> Verdict:
    """Return the record of a finding. Not validated: it is made in the one process that all wait for."""
    return Verdict.model_construct(
        id=answer.id,
        sample=answer.sample,
        ok=finding.ok,
        reason=finding.reason,
        extracted=finding.extracted,
        tier=finding.tier,
        seconds=round(seconds, 4),
        verifier_version=VERSION,
    )
