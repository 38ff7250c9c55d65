"""A grading worker: `python -m data_gen.verifiers.worker`, started, watched and killed by `pool.py`.

It reads chunks (`chunks.py`) from standard input, a JSON object a line, and writes replies in order, as many as it has in
one JSON line. They are held back for speed while grading is cheap and are written out before anything that may hang begins,
so when this process is killed, the first answer without a reply is the one that hung. A number on a line of its own is how
many seconds of wall-clock time what comes next may take; without one the pool's own deadline holds.
"""

import json
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from data_gen.cli import UserError
from data_gen.records import Problem, faults_of
from data_gen.verifiers import VERIFIERS, VERSION, announce, code_tests
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.finding import Finding, Options
from data_gen.verifiers.repetition import loops
from data_gen.verifiers.rows import grade_row

MEMORY_BYTES = 4 << 30  # of address space
WEAK = "--allow_weak_sandbox"
ALONE_S = 60  # far beyond the pool's own deadline
RECURSION = 2000  # deep enough for any answer that a person would write


def main() -> None:
    """Grade chunks until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(RECURSION)
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns on every call that it has no alarm
    if WEAK in sys.argv[1:]:
        code_tests.allow_weak()
    replies = sys.stdout
    sys.stdout = sys.stderr  # nothing that a library prints may look like a finding
    held: list[list[Any]] = []

    def hand_over(allowed_s: float | None = None) -> None:
        signal.alarm(round(allowed_s or ALONE_S))
        if held:
            replies.write(json.dumps(held) + "\n")
            held.clear()
        if allowed_s is not None:
            replies.write(f"{allowed_s}\n")
        replies.flush()

    announce.before_slow = hand_over
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    for line in sys.stdin:
        chunk = json.loads(line)
        for reply in _answers(chunk) if "answers" in chunk else _rows(chunk):
            held.append(reply)
        hand_over()
        signal.alarm(0)
    code_tests.close()


def _end_with(parent: int) -> None:
    """End this process when its pool is killed, for nobody else would.

    What hangs inside C code lets no thread run: that ends by the alarm, which no handler of ours keeps from it.
    """
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _answers(chunk: dict[str, Any]) -> Iterator[list[Any]]:
    """Grade answers: the fields of a Finding, then seconds."""
    for text, verifier, gold, exact, all_tests, whole in chunk["answers"]:
        started = time.perf_counter()
        searched = text if whole is True else whole
        finding = _grade(text, verifier, chunk["golds"][gold], Options(exact, all_tests), searched)
        yield [*vars(finding).values(), round(time.perf_counter() - started, 4)]


def _rows(chunk: dict[str, Any]) -> Iterator[list[Any]]:
    """Grade rows of files: the fields of a Graded, or "Trace" or "Problem" and what is wrong with the row."""
    options, rows = Options(**chunk["options"]), chunk["rows"]
    problems: dict[int, Problem | None] = {-1: None}
    for place, row in zip(rows[::2], rows[1::2], strict=True):
        try:
            if place not in problems:
                problems[place] = Problem.model_validate(chunk["problems"][place])
            yield list(grade_row(row, problems[place], options, _graded, VERSION))
        except ValidationError as error:
            yield [error.title, f"{row.get('id')!r}: {faults_of(error)}"]


def _graded(answer: Answer) -> Finding:
    return _grade(answer.text, answer.verifier, answer.gold, answer.options, answer.whole)


def _grade(text: str, verifier: str, gold: dict[str, Any], options: Options, whole: str | None) -> Finding:
    if whole and (loop := loops(whole)):
        return Finding(False, "repetition", loop, "repetition")
    if verifier not in VERIFIERS:
        return Finding(None, "undecided", None, "no_verifier")
    try:
        return VERIFIERS[verifier](text, gold, options)
    except MemoryError:
        return Finding(None, "memory")
    except RecursionError:
        return Finding(None, "undecided", None, "depth")
    except UserError as error:  # no sandbox holds on this machine
        return Finding(None, "infra", detail=str(error))


if __name__ == "__main__":
    main()
