"""From verdicts to scores.json: accuracy with its interval, and the shares that explain it.

    {"model": "trained", "benchmark": "heldout", "n": 263, "n_samples": 1, "results": [
      {"metric": "accuracy", "value": 0.43, "ci95": [0.37, 0.49]}, {"metric": "accuracy_last_number", ...}],
     "no_answer": 0.01, "truncated": 0.0, "undecided": 0.0, ...}

The denominator is every sample: undecided ones and those that gave no answer count as not correct.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from data_gen.records import Failure, Problem, Trace, Verdict
from data_gen.verifiers import VERSION
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.extract import last_number
from data_gen.verifiers.finding import Options
from data_gen.verifiers.notation import spell
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.quantity import rational
from eval.stats import share


def grade(grader: Grader, problem: Problem, outcome: Trace | Failure, exact: bool = False) -> Verdict:
    """Return the verdict of one response: one cut off at max_tokens, refused or empty is wrong, and says why."""
    if isinstance(outcome, Failure):
        return Verdict(
            id=outcome.id,
            sample=outcome.sample,
            ok=False,
            reason="no_answer",
            tier=outcome.error,
            verifier_version=VERSION,
        )
    if outcome.finish_reason == "length":
        return Verdict(id=outcome.id, sample=outcome.sample, ok=False, reason="truncated", verifier_version=VERSION)
    answer = Answer(outcome.id, outcome.sample, outcome.text, problem.verifier, problem.gold, Options(exact=exact))
    return next(grader.grade([answer]))


def right_by_last_number(problem: Problem, text: str) -> bool:
    """Return whether the last number of the text is the reference: accuracy when boxes are ignored."""
    found = last_number(text)
    gold = rational(spell(str(problem.gold.get("answer", ""))))
    return found is not None and gold is not None and rational(found) == gold


def scores(problems: dict[str, Problem], verdicts: Iterable[Verdict], texts: dict[tuple[str, int], str]) -> dict[str, Any]:
    """Return the numbers of one model on one benchmark. `texts` holds every response by (id, sample)."""
    verdicts = list(verdicts)
    by_problem: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_problem[verdict.id].append(verdict)
    boxed = [[v.ok is True for v in group] for group in by_problem.values()]
    results = [_result("accuracy", boxed)]
    if all(problems[key].verifier == "math_answer" for key in by_problem):
        loose = [
            [right_by_last_number(problems[v.id], texts.get((v.id, v.sample), "")) for v in group]
            for group in by_problem.values()
        ]
        results.append(_result("accuracy_last_number", loose))
    return {
        "n": len(by_problem),
        "n_samples": max(len(group) for group in by_problem.values()),
        "results": results,
        "no_answer": _share(verdicts, lambda v: v.reason == "no_answer"),
        "truncated": _share(verdicts, lambda v: v.reason == "truncated"),
        "undecided": _share(verdicts, lambda v: v.ok is None),
    }


def _result(metric: str, samples: list[list[bool]]) -> dict[str, Any]:
    value, low, high = share(samples)
    return {"metric": metric, "value": round(value, 4), "ci95": [round(low, 4), round(high, 4)]}


def _share(verdicts: list[Verdict], holds: Callable[[Verdict], bool]) -> float:
    return round(sum(map(holds, verdicts)) / len(verdicts), 4)
