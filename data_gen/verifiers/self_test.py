"""Does our grading accept a problem's own reference solutions? A problem whose own all fail is set aside: quarantined.

    for found in self_test([problem], grader):
        found     -> {"id": "apps-7", "ok": false, "references": 3, "accepted": 0, "reason": "wrong", ...}

Such a problem has wrong tests, needs a judge of its own, or is beyond our limits; whichever it is, right answers of a
teacher would be thrown away and its pass rate would mean nothing. `disputed` counts references that were wrong beside one
that was right. Problems without reference solutions (`meta.reference_solutions`, programs as texts) are not looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from data_gen.records import Problem, Row, Verdict
from data_gen.verifiers.answer import Answer

MOST = 5  # references tried a problem, of which APPS has dozens for some
FENCE = "`" * 8


class Grades(Protocol):
    """A grader: the local pool or the one on Ray."""

    def grade(self, answers: Iterable[Answer], in_order: bool = True) -> Iterator[Verdict]:
        """Yield a verdict for every answer."""


def references(problem: Problem) -> list[str]:
    """Return the reference programs of a problem, at most MOST, none twice."""
    solutions = problem.meta.get("reference_solutions") or []
    texts = [solution for solution in solutions if isinstance(solution, str) and solution.strip()]
    return list(dict.fromkeys(texts))[:MOST] if problem.verifier == "code_tests" else []


def self_test(problems: Iterable[Problem], grader: Grades) -> Iterator[Row]:
    """Yield what became of each problem that has reference solutions, in the order of the problems."""
    tried: dict[str, int] = {}

    def answers() -> Iterator[Answer]:
        for problem in problems:
            programs = references(problem)
            tried[problem.id] = len(programs)
            for sample, program in enumerate(programs):
                text = f"{FENCE}python\n{program}\n{FENCE}\n"
                yield Answer(problem.id, sample, text, problem.verifier, problem.gold)

    found: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in grader.grade(answers()):
        found[verdict.id].append(verdict)
        if len(found[verdict.id]) == tried[verdict.id]:
            yield _row(verdict.id, found.pop(verdict.id))


def _row(problem: str, verdicts: list[Verdict]) -> dict[str, Any]:
    accepted = [verdict for verdict in verdicts if verdict.ok is True]
    told = next((verdict for verdict in verdicts if verdict.ok is not True), verdicts[0])
    return {
        "id": problem,
        "ok": bool(accepted),
        "references": len(verdicts),
        "accepted": len(accepted),
        "disputed": sum(verdict.reason == "wrong" for verdict in verdicts) if accepted else 0,
        "reason": "correct" if accepted else told.reason,
        "detail": None if accepted else told.detail,
    }
