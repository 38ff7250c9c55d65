"""Grading many answers in worker processes that have a deadline each and a memory limit.

    with Grader(workers=2) as grader:
        for verdict in grader.grade([Answer("q1", 0, "\\\\boxed{4}", "math_answer", {"answer": "4"})]):
            ...                                         # in the order of the answers

Workers are plain subprocesses (`worker_process.py` here, `worker.py` there) fed over pipes, so this works from a script, a
thread, an event loop's executor and a Ray worker alike; the standard library's pools cannot free a worker that hangs
inside C code. Answers travel in chunks, because a message for each would cost more than most gradings do.
"""

import itertools
import selectors
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from data_gen.records import Verdict
from data_gen.verifiers import VERSION
from data_gen.verifiers.answer import Answer, program_of
from data_gen.verifiers.chunks import Answers, Batch, Rows
from data_gen.verifiers.finding import Finding, Options
from data_gen.verifiers.rows import Graded, check_rows, graded_of
from data_gen.verifiers.worker_process import Chunk, WorkerProcess

T = TypeVar("T")
C = TypeVar("C", bound=Chunk)

CHUNK = 256  # answers
QUEUED = 4  # chunks a worker holds, so that it has work while the caller deals with its last findings
AHEAD = 16  # chunks a worker may be ahead of the one that the caller waits for: flat memory on a million rows


class Grader:
    """A pool of grading workers, as a context; they are started when first needed. Used by one thread at a time."""

    def __init__(self, workers: int, allow_weak_sandbox: bool = False) -> None:
        self._selector = selectors.DefaultSelector()
        self._workers = [WorkerProcess(self._selector, allow_weak_sandbox) for _ in range(workers)]

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.stop()
        self._selector.close()

    def start(self) -> None:
        """Start the workers now, so that they load while the caller prepares its rows."""
        for worker in self._workers:
            worker.start()

    def grade(self, answers: Iterable[Answer], in_order: bool = True) -> Iterator[Verdict]:
        """Yield a Verdict for every answer: in their order, or as they come, so that a slow program holds nobody up."""
        for chunk in self._graded(Answers(batch, not in_order) for batch in batches(answers, program_of)):
            for answer, (*finding, seconds) in zip(chunk.answers, chunk.replies, strict=True):
                yield _verdict(answer, Finding(*finding), seconds)

    def grade_rows(self, batched: Iterable[Batch], options: Options) -> Iterator[list[Graded]]:
        """Yield the verdicts of batches of rows, those of programs as they come. Raises BadRow for a row that is none."""
        for chunk in self._graded(Rows(lines, any_order, options, VERSION) for lines, any_order in batched):
            yield graded_of(chunk.replies)
            check_rows(chunk.replies)

    def _graded(self, waiting: Iterator[C]) -> Iterator[C]:
        """Yield the chunks with their replies: those that may come in any order when they are done, others in theirs."""
        open_chunks: list[C] = []
        while True:
            for held in range(QUEUED):
                for worker in self._workers:
                    room = worker.held <= held and len(open_chunks) < AHEAD * len(self._workers)
                    if room and (chunk := next(waiting, None)):
                        open_chunks.append(chunk)
                        worker.take(chunk)
            if not open_chunks:
                return
            first = next((chunk for chunk in open_chunks if not (chunk.done or chunk.any_order)), None)
            until = open_chunks.index(first) if first else len(open_chunks)
            done = [chunk for at, chunk in enumerate(open_chunks) if chunk.done and (chunk.any_order or at < until)]
            for chunk_done in done:
                open_chunks.remove(chunk_done)
                yield chunk_done
            if not done:
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


def batches(rows: Iterable[T], problem: Callable[[T], str | None], most: int = CHUNK) -> Iterator[list[T]]:
    """Yield rows in batches; those for which `problem` names one, programs, a problem at a time: so one worker has its tests
    and sees equal programs."""
    for _, group in itertools.groupby(rows, problem):
        while batch := list(itertools.islice(group, most)):
            yield batch


def _verdict(answer: Answer, finding: Finding, seconds: float) -> Verdict:
    return Verdict(id=answer.id, sample=answer.sample, **vars(finding), seconds=seconds, verifier_version=VERSION)
