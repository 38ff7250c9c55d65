"""The sets of recorded answers that are compared with their labels, each by the way that scores it.

    for compared in SETS["livecodebench"](Path("data")):
        print(compared.name, len(compared.cases))       -> "LiveCodeBench, o1-preview and o1-mini, both labels agree" 728

Answers to mathematics and puzzles, contest programs and reference solutions go through evaluation as `make eval` has it
(`recorded_answers.py`). evalplus's labelled programs go to evalplus as we run it (`evalplus_labels.py`), for they are not
the answers of one model to all tasks; its limits are by the clock, so a busy machine finds more that are too slow.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import evalplus_labels, recorded_sets
from bench.recorded_answers import Case, evaluated
from data_gen.journal import Key
from data_gen.records import Row
from data_gen.verifiers.pool import Grader
from eval.majority import Vote, majorities
from eval.stats import interval, pass_at_k, powers_of_two, share


@dataclass(frozen=True)
class Compared:
    """A set of recorded answers, judged by their labels and by us; `notes` are what else there is to tell."""

    name: str
    cases: list[Case]
    notes: list[str] = field(default_factory=list)


def math(data: Path) -> Iterator[Compared]:
    """Yield 800 answers to 100 problems, with avg@8, pass@k and majority@8 by our verdicts and by the labels."""
    recorded = recorded_sets.math(data)
    with tempfile.TemporaryDirectory() as folder:
        scores, cases = evaluated(recorded, Path(folder))
    labelled = metrics(recorded.labels, recorded.told)
    yield Compared("MATH, Qwen2.5-Math, 100 x 8", cases, [told(row, labelled) for row in scores["results"]])


def bbh(data: Path) -> Iterator[Compared]:
    """Yield 500 answers to questions of two tasks of BIG-Bench Hard."""
    with tempfile.TemporaryDirectory() as folder:
        yield Compared("BIG-Bench Hard, Qwen3-8B, first answers", evaluated(recorded_sets.bbh(data), Path(folder))[1])


def told(result: Row, labelled: dict[str, float]) -> str:
    """Return a line about a metric by our verdicts and, where it can be counted, by the labels."""
    low, high = result["ci95"]
    by_labels = f", by the labels {labelled[result['metric']]:.4f}" if result["metric"] in labelled else ""
    return f"  {result['metric']}: {result['value']:.4f} [{low:.4f}, {high:.4f}]{by_labels}"


def metrics(labels: dict[Key, bool], read: dict[Key, str]) -> dict[str, float]:
    """Return accuracy, pass@k and majority by labels alone, by the formulas of eval/stats.py and eval/majority.py; votes
    are the answers that the labels' own grader read."""
    right: dict[str, list[bool]] = defaultdict(list)
    votes: dict[str, list[Vote]] = defaultdict(list)
    for one in sorted(labels):
        right[one[0]].append(labels[one])
        votes[one[0]].append((read[one] or None, labels[one]))
    n = max(len(group) for group in right.values())
    found = {"accuracy": share(list(right.values()))[0]}
    for k in powers_of_two(n):
        found[f"pass@{k}"] = interval([pass_at_k(len(group), sum(group), k) for group in right.values()], single=False)[0]
    with Grader(1) as grader:
        voted = majorities(votes, dict.fromkeys(votes, "math_answer"), lambda _: {}, grader)
    return found | {f"majority@{n}": interval(list(voted.values()), single=False)[0]}


def livecodebench(data: Path) -> Iterator[Compared]:
    """Yield o1's programs in three parts: by whether a second grader agrees with LiveCodeBench's verdict."""
    parts: dict[str, list[Case]] = {
        "LiveCodeBench, o1-preview and o1-mini, both labels agree": [],
        "the same, the second grader says right": [],
        "the same, the second grader says wrong": [],
        "the same, no second label": [],
    }
    names = list(parts)
    with tempfile.TemporaryDirectory() as folder:
        for programs in recorded_sets.livecodebench(data):
            _, cases = evaluated(programs.recorded, Path(folder))
            for case in cases:
                second = programs.second[case.problem, 0]
                at = 0 if second is case.label else 3 if second is None else 1 if second else 2
                parts[names[at]].append(case)
    yield from (Compared(name, cases) for name, cases in parts.items() if cases)


def evalplus(data: Path) -> Iterator[Compared]:
    """Yield programs of six models, judged by evalplus as we run it."""
    for name, file in (("HumanEval+", "HumanEvalPlus.jsonl.gz"), ("MBPP+ v0.1", "MbppPlus_v0.1.jsonl.gz")):
        rows = evalplus_labels.tasks_of(data / "evals" / file)
        programs = evalplus_labels.labels(data / "code/evalplus_labelled.jsonl.gz", rows)
        yield Compared(f"{name}, evalplus, six models", evalplus_labels.cases(programs, rows, workers=1))


def references(data: Path) -> Iterator[Compared]:
    """Yield the reference solutions of HumanEval by our own harness, and of HumanEval+ by evalplus as we run it."""
    for benchmark in recorded_sets.REFERENCES:
        with tempfile.TemporaryDirectory() as folder:
            _, cases = evaluated(recorded_sets.references(data, benchmark), Path(folder))
        yield Compared(f"{benchmark}, reference solutions", cases)


SETS: dict[str, Callable[[Path], Iterator[Compared]]] = {
    "math": math,
    "bbh": bbh,
    "livecodebench": livecodebench,
    "evalplus": evalplus,
    "references": references,
}
