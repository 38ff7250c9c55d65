"""A grading worker: `python -m data_gen.verifiers.worker`, started, watched and killed by `pool.py`.

It reads chunks of answers from standard input, a JSON object a line, and writes findings in order, as many as it has in one
JSON line: [[ok, reason, extracted, tier, tests_passed, tests_total, sandbox, detail, seconds], ...]. Findings are held back
for speed while grading is cheap and are written out before anything that may hang begins, so when this process is killed,
the first answer without a finding is the one that hung. A number on a line of its own is how many seconds of wall-clock
time what comes next may take; without one the pool's own deadline holds.
"""

import json
import logging
import resource
import sys
import time
from typing import Any

from data_gen.cli import UserError
from data_gen.verifiers import VERIFIERS, announce, code_tests
from data_gen.verifiers.finding import Finding, Options
from data_gen.verifiers.repetition import loops

MEMORY_BYTES = 4 << 30  # of address space
WEAK = "--allow_weak_sandbox"
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
        if held:
            replies.write(json.dumps(held) + "\n")
            held.clear()
        if allowed_s is not None:
            replies.write(f"{allowed_s}\n")
        replies.flush()

    announce.before_slow = hand_over
    for line in sys.stdin:
        chunk = json.loads(line)
        for text, verifier, gold, exact, all_tests, whole in chunk["answers"]:
            started = time.perf_counter()
            searched = text if whole is True else whole
            finding = _grade(text, verifier, chunk["golds"][gold], Options(exact, all_tests), searched)
            seconds = round(time.perf_counter() - started, 4)
            held.append([*vars(finding).values(), seconds])
        hand_over()
    code_tests.close()


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
