"""majority@n: is the answer that most samples of a problem give the right one?

    votes = [("3", True), ("3", True), ("5", False), ("\\\\text{5}", False), (None, False)]
    majorities({"q1": votes}, kinds, gold, grader)      -> {"q1": 0.5}: two votes each, and the tie is shared

A vote is the answer that the verifier read; a sample without one has no vote. Right answers are one class, that of the
reference. Others are compared in one spelling first, and what remains distinct by the verifier: each answer of mathematics
with each other one as its reference, each of a choice with each letter. They are compared only where it matters: where the
right ones are some, but no more than all others together. Among classes of equal size one is drawn: the value is the chance
of the right one, so that the order of the samples decides nothing. Programs have no answers to compare: not defined.
"""

import itertools
import string
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from data_gen.verifiers.answer import Answer
from data_gen.verifiers.notation import bare, spell
from data_gen.verifiers.pool import Grader

DEFINED = {"math_answer", "choice"}  # verifiers whose answers can be compared with each other

Vote = tuple[str | None, bool]  # what was read of a sample, and whether it is right
Gold = Callable[[str], dict[str, Any]]


def majorities(votes: dict[str, list[Vote]], kinds: dict[str, str], gold: Gold, grader: Grader) -> dict[str, float]:
    """Return for each problem the chance that a majority vote is right. `kinds` are the problems' verifiers; `gold` finds a
    problem's gold when a choice has to be read."""
    counts = {one: Counter(bare(spell(text)) for text, ok in cast if text and not ok) for one, cast in votes.items()}
    right = {one: sum(ok for _, ok in cast) for one, cast in votes.items()}
    open_ones = [one for one, count in counts.items() if 0 < right[one] <= count.total()]
    same = _same(open_ones, counts, kinds, gold, grader)
    values = {}
    for one, count in counts.items():
        if one in same:
            sizes = _sizes(count, same[one])
            largest = max(sizes)
            values[one] = 0.0 if right[one] < largest else 1.0 / (1 + sizes.count(largest)) if right[one] == largest else 1.0
        else:
            values[one] = float(right[one] > 0)  # more than all others together
    return values


def _same(
    problems: list[str], counts: dict[str, "Counter[str]"], kinds: dict[str, str], gold: Gold, grader: Grader
) -> dict[str, list[tuple[str, str]]]:
    """Return for each of the problems the pairs of its answers that the verifier finds equal."""
    asked: list[tuple[str, str, str]] = []

    def questions() -> Iterator[Answer]:
        for one in problems:
            for first, second, against in _pairs(list(counts[one]), kinds[one], gold, one):
                asked.append((one, first, second))
                yield Answer(one, len(asked), f"\\boxed{{{first}}}", kinds[one], against)

    same: dict[str, list[tuple[str, str]]] = {one: [] for one in problems}
    for number, verdict in enumerate(grader.grade(questions())):
        if verdict.ok:
            one, first, second = asked[number]
            same[one].append((first, second))
    return same


def _pairs(answers: list[str], kind: str, gold: Gold, one: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if kind == "choice":
        choices = gold(one)["choices"]
        for answer, letter in itertools.product(answers, string.ascii_uppercase[: len(choices)]):
            yield answer, f"option {letter}", {"answer": letter, "choices": choices}
        return
    for first, second in itertools.combinations(answers, 2):
        yield first, second, {"answer": second}


def _sizes(count: "Counter[str]", same: list[tuple[str, str]]) -> list[int]:
    """Return the votes of each class of equal answers; an answer that equals two others joins them."""
    leader: dict[str, str] = {}

    def led(answer: str) -> str:
        while leader.get(answer, answer) != answer:
            answer = leader[answer]
        return answer

    for first, second in same:
        leader[led(first)] = led(second)
    sizes: Counter[str] = Counter()
    for answer, votes in count.items():
        sizes[led(answer)] += votes
    return list(sizes.values())
