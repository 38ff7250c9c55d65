"""Grading many answers in worker processes that have a deadline and a memory limit.

    with Grader(workers=2) as grader:
        for verdict in grader.grade([Answer("q1", 0, "\\\\boxed{4}", "math_answer", {"answer": "4"})]):
            ...

A worker that hangs is killed and replaced, which `pebble` can and the standard library's pools cannot. Order is kept.
"""

import collections
import logging
import resource
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as DeadlineError
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType
from typing import Any

from pebble import ProcessExpired, ProcessPool

from data_gen.records import Verdict
from data_gen.verifiers import VERIFIERS, VERSION
from data_gen.verifiers.finding import Finding

DEADLINE_S = 6.0  # of one answer
MEMORY_BYTES = 4 << 30  # of one worker's address space
WAITING = 256  # answers handed out ahead of the one being waited for: flat memory on a million rows


@dataclass(frozen=True)
class Answer:
    """One text to grade: which problem and sample it answers, by which verifier, against what."""

    id: str
    sample: int
    text: str
    verifier: str
    gold: dict[str, Any]
    exact: bool = False


def _start_worker() -> None:
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns on every call that it has no alarm
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _grade(answer: Answer) -> tuple[Finding, float]:
    started = time.perf_counter()
    try:
        finding = VERIFIERS[answer.verifier](answer.text, answer.gold, answer.exact)
    except MemoryError:
        finding = Finding(None, "memory")
    except RecursionError:
        finding = Finding(None, "undecided", tier="depth")
    return finding, time.perf_counter() - started


class Grader:
    """A pool of grading workers, as a context."""

    def __init__(self, workers: int) -> None:
        self._pool = ProcessPool(max_workers=workers, context=get_context("forkserver"), initializer=_start_worker)

    def __enter__(self) -> "Grader":
        self._pool.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.__exit__(kind, error, trace)

    def grade(self, answers: Iterable[Answer]) -> Iterator[Verdict]:
        """Yield a Verdict for every answer, in order. A hang is `timeout`, a dead worker `infra`; both undecided."""
        waiting: collections.deque[tuple[Answer, Any]] = collections.deque()
        for answer in answers:
            known = answer.verifier in VERIFIERS
            waiting.append((answer, self._pool.schedule(_grade, args=[answer], timeout=DEADLINE_S) if known else None))
            if len(waiting) >= WAITING:
                yield _verdict(*waiting.popleft())
        for item in waiting:
            yield _verdict(*item)


def _verdict(answer: Answer, future: Any) -> Verdict:
    try:
        finding, seconds = future.result() if future else (Finding(None, "undecided", tier="no_verifier"), 0.0)
    except DeadlineError:
        finding, seconds = Finding(None, "timeout"), DEADLINE_S
    except ProcessExpired:
        finding, seconds = Finding(None, "infra"), 0.0
    return Verdict(
        id=answer.id,
        sample=answer.sample,
        ok=finding.ok,
        reason=finding.reason,
        extracted=finding.extracted,
        tier=finding.tier,
        seconds=round(seconds, 4),
        verifier_version=VERSION,
    )
