"""Our math verifier beside others that install from a registry: on labelled pairs, and in pairs a second.

    python -m bench.graders                                   # the pairs of tests/math_answers.txt
    python -m bench.graders --pairs=a.jsonl,b.jsonl           # your own: {"gold", "pred", "expected"} a line
    python -m bench.graders --speed                           # integer pairs a second, and what a second worker brings

Peers: exact (equal strings), lm-eval's `hendrycks_math` (its MATH grader), and math-verify alone, as its README calls it.
Each grades every pair in this one run; a peer that raises on a pair has not accepted it. A false accept is a wrong answer
called right: the figure that decides what is trained on.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from data_gen.cli import UserError, command
from data_gen.verifiers import math_answer
from data_gen.verifiers.pool import Answer, Grader
from data_gen.verifiers.symbolic import FOREIGN_ERRORS

OWN = Path("tests/math_answers.txt")
Grade = Callable[[str, str], bool]
SPEED_PAIRS = 60_000


def main(pairs: str | None = None, speed: bool = False) -> None:
    """Print a table of graders; with --speed, pairs a second instead."""
    if speed:
        print_speed()
        return
    cases = [case for path in pairs.split(",") for case in read_pairs(Path(path))] if pairs else own_pairs()
    right = sum(expected for _, _, expected in cases)
    print(f"{len(cases)} pairs: {right} right answers, {len(cases) - right} wrong\n")
    print("| grader | accuracy | false accepts | recall | pairs/s |\n|---|---|---|---|---|")
    for name, grader in graders().items():
        started = time.perf_counter()
        accepted = [_safely(grader, answer, gold) for gold, answer, _ in cases]
        seconds = time.perf_counter() - started
        false = sum(ok and not expected for ok, (_, _, expected) in zip(accepted, cases, strict=True))
        found = sum(ok and expected for ok, (_, _, expected) in zip(accepted, cases, strict=True))
        accuracy = (found + len(cases) - right - false) / len(cases)
        recall = f"{found / right:.3f}" if right else "no right answers"
        print(f"| {name} | {accuracy:.3f} | {false} | {recall} | {len(cases) / seconds:,.0f} |", flush=True)


def own_pairs() -> list[tuple[str, str, bool]]:
    """Return (gold, answer, expected) of the project's own table."""
    lines = [line for line in OWN.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(gold, answer, verdict == "accept") for verdict, gold, answer in (line.split(" | ") for line in lines)]


def read_pairs(path: Path) -> list[tuple[str, str, bool]]:
    """Return (gold, answer, expected) of a JSON Lines file. Raises UserError when it is none."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    missing = [number for number, row in enumerate(rows, 1) if not {"gold", "pred", "expected"} <= set(row)]
    if missing:
        raise UserError(f"{path}:{missing[0]}: gold, pred and expected are needed")
    return [(row["gold"], row["pred"], row["expected"]) for row in rows]


def graders() -> dict[str, Grade]:
    """Return the graders by name: each says whether it accepts an answer for a reference."""
    from lm_eval.tasks.hendrycks_math.utils import is_equiv
    from math_verify import parse, verify

    return {
        "exact string": lambda answer, gold: math_answer.compare(answer, gold, exact=True).ok is True,
        "lm-eval hendrycks_math": lambda answer, gold: bool(is_equiv(answer, gold)),
        "math-verify 0.9.0 alone": lambda answer, gold: verify(parse(f"\\boxed{{{gold}}}"), parse(f"\\boxed{{{answer}}}")),
        f"ours ({math_answer.VERSION})": lambda answer, gold: math_answer.compare(answer, gold).ok is True,
    }


def _safely(grader: Grade, answer: str, gold: str) -> bool:
    try:
        return grader(answer, gold)
    except FOREIGN_ERRORS:
        return False


def integer_pairs(count: int) -> list[Answer]:
    """Return answers with integers in a sentence, a third of them wrong."""
    return [
        Answer(str(n), 0, f"So the total is \\boxed{{{n}}}.", "math_answer", {"answer": str(n + (n % 3 == 0))})
        for n in range(count)
    ]


def pooled(workers: int, count: int) -> float:
    """Return pairs/s of a pool, its start not counted."""
    answers = integer_pairs(count)
    with Grader(workers) as grader:
        list(grader.grade(answers[:500]))
        started = time.perf_counter()
        graded = sum(1 for _ in grader.grade(answers))
    return graded / (time.perf_counter() - started)


def print_speed() -> None:
    """Print integer pairs a second: in process, pooled, two pools side by side, and math-verify alone."""
    answers = integer_pairs(SPEED_PAIRS)
    started = time.perf_counter()
    for answer in answers:
        math_answer.grade(answer.text, answer.gold)
    print(f"ours, in this process         {SPEED_PAIRS / (time.perf_counter() - started):>9,.0f} pairs/s")
    print(f"ours, one killable worker     {pooled(1, SPEED_PAIRS):>9,.0f}")
    two = pooled(2, SPEED_PAIRS)
    alone = f"from bench.graders import pooled; print(pooled(1, {SPEED_PAIRS}))"
    side = [subprocess.Popen([sys.executable, "-c", alone], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    independent = sum(float(process.communicate()[0]) for process in side)
    print(
        f"ours, two workers             {two:>9,.0f}   {two / independent:.2f} of two independent processes ({independent:,.0f})"
    )
    plain, sample = graders()["math-verify 0.9.0 alone"], answers[:3000]
    started = time.perf_counter()
    for number, answer in enumerate(sample):
        plain(str(number), answer.gold["answer"])
    print(f"math-verify alone             {len(sample) / (time.perf_counter() - started):>9,.0f}")


if __name__ == "__main__":
    command(main)
