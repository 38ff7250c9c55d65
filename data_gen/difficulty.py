"""How hard a problem is, and whether that is what the recipe wants.

    rating("Two steps of casework.\\n\\n<difficulty>4</difficulty>")   -> 4.0
    rating("I would say 4 or 5.")                                    -> None: no rating is no number
    Difficulties(recipe, run).wanted(problem)                        -> True, False

A published difficulty counts before a rated one. The bounds are the source's, in the recipe (`difficulty: {min, max}`).
"""

import hashlib
import heapq
import re
from collections.abc import Iterable

from data_gen.cli import UserError
from data_gen.recipe import Recipe
from data_gen.records import Problem, read_rows
from data_gen.run_folder import Run

SCALE = "llm_1_10"
_RATING = re.compile(r"<difficulty>\s*(\d{1,2}(?:\.\d+)?)\s*(?:/\s*10\s*)?</difficulty>", re.IGNORECASE)


def rating(answer: str) -> float | None:
    """Return the one rating of 1 to 10 that a model's answer gives, or None where it gives none, several or another."""
    found = {float(number) for number in _RATING.findall(answer)}
    value = found.pop() if len(found) == 1 else None
    return value if value is not None and 1 <= value <= 10 else None


def needs_label(config: Recipe, problem: Problem) -> bool:
    """Return whether a problem has bounds to keep and no difficulty to compare with them."""
    return problem.difficulty is None and config.bounds(problem).given


def first_by_hash(ids: Iterable[str], limit: int | None) -> set[str] | None:
    """Return `limit` of the ids, the same ones each time and some of every source; None where there is no limit."""
    if limit is None:
        return None
    return set(heapq.nsmallest(limit, ids, key=lambda one: hashlib.sha256(one.encode()).digest()))


class Difficulties:
    """The difficulties of a run's problems, published and rated."""

    def __init__(self, config: Recipe, run: Run) -> None:
        self._config, self._run = config, run
        self._labels: dict[str, float] | None = None
        if run.labels.is_file():
            self._labels = {row["id"]: row["difficulty"] for row in read_rows(run.labels)}

    def of(self, problem: Problem) -> float | None:
        """Return a problem's difficulty, or None where nobody told. Raises UserError where label has not run yet."""
        if problem.difficulty is not None:
            return problem.difficulty
        if self._labels is None and needs_label(self._config, problem):
            raise UserError(f"{self._run.labels}: no such file; run label first (`make data` runs all stages)")
        return (self._labels or {}).get(problem.id)

    def wanted(self, problem: Problem) -> bool:
        """Return whether the problem is within its source's bounds; without a difficulty it is in none."""
        return self._config.bounds(problem).holds(self.of(problem))
