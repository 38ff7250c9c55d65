"""A grading worker: `python -m data_gen.verifiers.worker`, started, watched and killed by `pool.py`.

It reads chunks of answers from standard input, a JSON list a line, and writes findings in order, as many as it has in one
JSON line: [[ok, reason, extracted, tier, seconds], ...]. Findings are held back for speed while grading is cheap and are
written out before anything that may hang begins, so when this process is killed, the first answer without a finding is
the one that hung.
"""

import json
import logging
import resource
import sys
import time
from typing import Any

from data_gen.verifiers import VERIFIERS, announce
from data_gen.verifiers.finding import Finding
from data_gen.verifiers.repetition import loops

MEMORY_BYTES = 4 << 30  # of address space
RECURSION = 2000  # deep enough for any answer that a person would write


def main() -> None:
    """Grade chunks until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(RECURSION)
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns on every call that it has no alarm
    replies = sys.stdout
    sys.stdout = sys.stderr  # nothing that a library prints may look like a finding
    held: list[list[Any]] = []

    def hand_over() -> None:
        if held:
            replies.write(json.dumps(held) + "\n")
            held.clear()
        replies.flush()

    announce.before_slow = hand_over
    for line in sys.stdin:
        for text, verifier, gold, exact, whole in json.loads(line):
            started = time.perf_counter()
            finding = _grade(text, verifier, gold, exact, whole)
            seconds = round(time.perf_counter() - started, 4)
            held.append([finding.ok, finding.reason, finding.extracted, finding.tier, seconds])
        hand_over()


def _grade(text: str, verifier: str, gold: dict[str, Any], exact: bool, whole: str | None) -> Finding:
    if whole and (loop := loops(whole)):
        return Finding(False, "repetition", loop, "repetition")
    if verifier not in VERIFIERS:
        return Finding(None, "undecided", None, "no_verifier")
    try:
        return VERIFIERS[verifier](text, gold, exact)
    except MemoryError:
        return Finding(None, "memory")
    except RecursionError:
        return Finding(None, "undecided", None, "depth")


if __name__ == "__main__":
    main()
