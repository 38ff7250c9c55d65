"""Our math verifier beside others that install from a registry: on labelled pairs, and in pairs a second.

    python -m bench.graders                                   # the pairs of tests/math_answers.txt
    python -m bench.graders --pairs=a.jsonl,b.jsonl           # your own: {"gold", "pred", "expected"} a line
    python -m bench.graders --speed                           # integer pairs a second, and what a second worker brings

Peers: exact (equal strings), lm-eval's `hendrycks_math` (its MATH grader), and math-verify alone, as its README calls it.
Each grades every pair in this one run; a peer that raises on a pair has not accepted it. A false accept is a wrong answer
called right: the figure that decides what is trained on.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from data_gen.cli import ConfigError, UserError, command
from data_gen.records import read_rows
from data_gen.verifiers import math_answer
from data_gen.verifiers.symbolic import FOREIGN_ERRORS

OWN = Path("tests/math_answers.txt")
Grade = Callable[[str, str], bool]
SPEED_PAIRS = {"integer": 240_000, "symbolic": 3_000}
SPEED_ROUNDS = 5


def main(pairs: str | None = None, speed: bool = False) -> None:
    """Print a table of graders; with --speed, pairs a second instead."""
    if speed and pairs:
        raise ConfigError("--speed makes pairs of its own: leave --pairs out")
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
    rows = list(read_rows(path))
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


def answers_of(kind: str) -> Iterator[tuple[str, str]]:
    """Yield (reference, text), a third of them wrong: "integer", or "symbolic" ones that need computer algebra."""
    text, gold = {"integer": ("{0}", "{0}"), "symbolic": ("\\sqrt{{{0}}}+x", "x+{0}^{{1/2}}")}[kind]
    for n in range(SPEED_PAIRS[kind]):
        yield gold.format(n + (n % 3 == 0)), f"So the total is \\boxed{{{text.format(n)}}}."


def write_files(kind: str, folder: Path) -> None:
    """Write problems and traces, the traces also in two halves."""
    problems, traces = [], []
    for n, (gold, text) in enumerate(answers_of(kind)):
        about = {"id": f"q{n:06}", "source": "bench", "domain": "math", "question": f"{n}?", "verifier": "math_answer"}
        problems.append(json.dumps(about | {"gold": {"answer": gold}}) + "\n")
        traces.append(json.dumps({"id": f"q{n:06}", "sample": 0, "text": text}) + "\n")
    half = len(traces) // 2
    for name, lines in (("problems", problems), ("both", traces), ("one", traces[:half]), ("other", traces[half:])):
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def verify(folder: Path, workers: int, *traces: str) -> float:
    """Return the seconds that `data_gen.verify` takes, start and all, for each of the trace files at the same time."""
    started = time.perf_counter()
    running = []
    for name in traces:
        output = folder / f"{name}.verdicts.jsonl"
        output.unlink(missing_ok=True)
        files = [f"--problems={folder}/problems.jsonl", f"--traces={folder}/{name}.jsonl", f"--output={output}"]
        command_line = [sys.executable, "-m", "data_gen.verify", f"--workers={workers}", *files]
        running.append(subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    if any(process.wait() for process in running):
        raise UserError("data_gen.verify failed")
    return time.perf_counter() - started


def print_speed() -> None:
    """Print pairs a second of math-verify alone, of ours in process, and of the command with one worker, two, and twice."""
    plain = graders()["math-verify 0.9.0 alone"]
    print(
        "| pairs | math-verify alone | ours, in process | verify, one worker | two workers | two commands of one | ratio |"
    )
    print("|---|---|---|---|---|---|---|")
    for kind, count in SPEED_PAIRS.items():
        pairs = list(answers_of(kind))
        alone = _rate(pairs[:1000], lambda gold, text: plain(text.split("boxed{")[1][:-2], gold))
        here = _rate(pairs, lambda gold, text: math_answer.grade(text, {"answer": gold}))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_files(kind, folder)
            rounds = [
                [verify(folder, 1, "both"), verify(folder, 2, "both"), verify(folder, 1, "one", "other")]
                for _ in range(SPEED_ROUNDS)
            ]
        one, two, apart = (count / statistics.median(seconds) for seconds in zip(*rounds, strict=True))
        ratio = statistics.median(apart_s / two_s for _, two_s, apart_s in rounds)
        figures = " | ".join(f"{figure:,.0f}" for figure in (alone, here, one, two, apart))
        print(f"| {kind} | {figures} | {ratio:.2f} |", flush=True)


def _rate(pairs: list[tuple[str, str]], grader: Callable[[str, str], object]) -> float:
    started = time.perf_counter()
    for gold, text in pairs:
        grader(gold, text)
    return len(pairs) / (time.perf_counter() - started)


if __name__ == "__main__":
    command(main)
