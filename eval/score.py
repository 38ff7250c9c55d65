"""From verdicts to scores.json: accuracy and its like with their intervals, and the shares that explain them.

    {"model": "trained", "benchmark": "aime24", "n": 30, "n_samples": 64, "results": [
      {"metric": "accuracy", "value": 0.43, "ci95": [0.28, 0.58]}, {"metric": "accuracy_last_number", ...},
      {"metric": "pass@2", ...}, ..., {"metric": "majority@64", ...}],     # and accuracy_easy, _medium, _hard, with their n
     "no_answer": 0.01, "truncated": 0.0, "repeating": 0.0, "undecided": 0.0, "infra": 0.0, "failed": 0.0,
     "counts": {"samples": 1920, "correct": 826, ...}, "reasons": {"correct": 826, "wrong": 1075, ...},
     "tokens": {"told": 1920, "mean": 6881.0, "p50": 6100, "p90": 12004, "p99": 28672, "max": 28672},
     "by": {"level": {"5": {"n": 134, "value": 0.71, "ci95": [0.63, 0.78]}}}, ...}

`accuracy` is the mean over problems of the share of right samples (avg@n). The denominator of all is every sample:
undecided ones and those that gave no answer count as not correct. Metrics: `stats.py` (pass@k), `majority.py`; shares may
overlap, as a truncated response often repeats itself.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_gen.cli import UserError
from eval.grading import Asked, Graded
from eval.stats import interval, pass_at_k, powers_of_two, share

MANY = 20  # values of a key of meta: more are no levels
RANKS = {"easy": 0, "medium": 1, "hard": 2}
SHARES = ("no_answer", "truncated", "repeating", "undecided", "infra", "failed")


def read_scores(path: Path) -> dict[str, Any]:
    """Return what a scores.json holds. Raises UserError where there is none, or it is no JSON."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; `make eval` writes it")
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); delete it: `make eval` makes it anew and asks nobody") from error
    return held


def told(result: dict[str, Any]) -> str:
    """Return the line about a result: "base on aime24: 16.7% [7.3%, 33.6%] of 30 problems x 64; truncated 1.2%"."""
    accuracy = result["results"][0]
    low, high = accuracy["ci95"]
    value = f"{accuracy['value']:.1%} [{low:.1%}, {high:.1%}]"
    shares = ", ".join(f"{name.replace('_', ' ')} {result[name]:.1%}" for name in SHARES if result[name])
    line = f"{result['model']} on {result['benchmark']}: {value} of {result['n']} problems x {result['n_samples']}"
    return f"{line}; {shares}" if shares else line


def by_problem(graded: Sequence[Graded]) -> dict[str, list[Graded]]:
    """Return the verdicts of each problem."""
    groups: dict[str, list[Graded]] = defaultdict(list)
    for one in graded:
        groups[one.id].append(one)
    return groups


def scores(asked: dict[str, Asked], graded: Sequence[Graded], majority: dict[str, float] | None) -> dict[str, Any]:
    """Return the numbers of one model on one benchmark. `majority` holds each problem's, None where it is not defined."""
    problems = by_problem(graded)
    right = {one: [v.ok is True for v in group] for one, group in problems.items()}
    n = max(len(group) for group in problems.values())
    results = [_result("accuracy", share(list(right.values())))]
    loose = [[v.last_number is True for v in group] for group in problems.values()]
    if all(asked[one].verifier == "math_answer" for one in problems):
        results.append(_result("accuracy_last_number", share(loose)))
    for k in powers_of_two(n):
        chances = [pass_at_k(len(group), sum(group), k) for group in right.values()]
        results.append(_result(f"pass@{k}", interval(chances, single=False)))
    if majority is not None and n > 1:
        results.append(_result(f"majority@{n}", interval(list(majority.values()), single=False)))
    by, counts = breakdown(asked, right), _counts(graded)
    for value, row in by.get("difficulty", {}).items():
        if value in RANKS:  # as LiveCodeBench's scores are published
            results.append({"metric": f"accuracy_{value}", **row})
    return {
        "n": len(problems),
        "n_samples": n,
        "results": results,
        **{name: round(counts[name] / len(graded), 4) for name in SHARES},
        "counts": {"samples": len(graded), **counts},
        "reasons": dict(Counter(v.reason for v in graded).most_common()),
        "tokens": tokens([v.completion_tokens for v in graded]),
        "completion_tokens": sum(v.completion_tokens for v in graded),
        "by": by,
    }


def breakdown(asked: dict[str, Asked], right: dict[str, list[bool]]) -> dict[str, dict[str, Any]]:
    """Return accuracy by each value of each key of meta that tells a level: {"difficulty": {"easy": {...}, ...}}."""
    found: dict[str, dict[str, list[list[bool]]]] = defaultdict(lambda: defaultdict(list))
    for one, samples in right.items():
        for name, value in asked[one].groups.items():
            found[name][value].append(samples)
    tables: dict[str, dict[str, Any]] = {}
    for name, groups in found.items():
        if len(groups) <= MANY:
            ordered = sorted(groups.items(), key=lambda group: (RANKS.get(group[0], 9), group[0]))
            tables[name] = {value: {"n": len(samples), **_interval(share(samples))} for value, samples in ordered}
    return tables


def tokens(told: Sequence[int]) -> dict[str, Any] | None:
    """Return mean, percentiles and maximum of the completion tokens that were told, or None where none were."""
    known = np.array([count for count in told if count > 0])
    if not len(known):
        return None
    p50, p90, p99 = (int(q) for q in np.percentile(known, [50, 90, 99], method="inverted_cdf"))
    mean = round(float(known.mean()), 1)
    return {"told": len(known), "mean": mean, "p50": p50, "p90": p90, "p99": p99, "max": int(known.max())}


def _counts(graded: Sequence[Graded]) -> dict[str, int]:
    return {
        "correct": sum(v.ok is True for v in graded),
        "no_answer": sum(v.reason == "no_answer" for v in graded),
        "truncated": sum(v.reason == "truncated" for v in graded),
        "repeating": sum(v.repeating for v in graded),
        "undecided": sum(v.ok is None for v in graded),
        "infra": sum(v.reason == "infra" for v in graded),
        "failed": sum(v.failed for v in graded),
    }


def _result(metric: str, found: tuple[float, float, float]) -> dict[str, Any]:
    return {"metric": metric, **_interval(found)}


def _interval(found: tuple[float, float, float]) -> dict[str, Any]:
    value, low, high = found
    return {"value": round(value, 4), "ci95": [round(low, 4), round(high, 4)]}
