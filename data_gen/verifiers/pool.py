"""Grading many answers in worker processes that have a deadline each and a memory limit.

    with Grader(workers=2) as grader:
        for verdict in grader.grade([Answer("q1", 0, "\\\\boxed{4}", "math_answer", {"answer": "4"})]):
            ...                                         # in the order of the answers

Workers are plain subprocesses (`worker_process.py` here, `worker.py` there) fed over pipes, so this works from a script, a
thread, an event loop's executor and a Ray worker alike; the standard library's pools cannot free a worker that hangs
inside C code. Answers travel in chunks, because a message for each would cost more than most gradings do.
"""

import collections
import selectors
from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType

from data_gen.records import Reason, Verdict
from data_gen.verifiers import VERSION
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.worker_process import Chunk, WorkerProcess

CHUNK = 256  # answers
QUEUED = 4  # chunks a worker holds, so that it has work while the caller deals with its last findings
AHEAD = 16  # chunks a worker may be ahead of the one that the caller waits for: flat memory on a million rows


class Grader:
    """A pool of grading workers, as a context; they are started when first needed. Used by one thread at a time."""

    def __init__(self, workers: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._workers = [WorkerProcess(self._selector) for _ in range(workers)]

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.stop()
        self._selector.close()

    def grade(self, answers: Iterable[Answer]) -> Iterator[Verdict]:
        """Yield a Verdict for every answer, in order."""
        waiting = iter(answers)
        in_order: collections.deque[Chunk] = collections.deque()
        while True:
            for held in range(QUEUED):
                for worker in self._workers:
                    room = worker.held <= held and len(in_order) < AHEAD * len(self._workers)
                    if room and (chunk := list(islice(waiting, CHUNK))):
                        in_order.append(Chunk(chunk))
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
