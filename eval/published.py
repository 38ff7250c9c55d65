"""Scores that others measured, out of published.yaml, with an interval, and ours beside them.

    read_published().scores[0]
        -> Score(model="NovaSky-AI/Sky-T1-32B-Preview", benchmark="math500", value=0.824, n=500, kind="published", ...)
    interval(score)                     -> (0.788, 0.855)     Wilson's, derived here: nobody published one
    newcombe(0.867, 500, 0.824, 500)    -> (-0.002, 0.088)    holds zero: chance alone can explain the difference

Two scores are compared as two shares with an error each, never one as a point inside the other's interval: that would take
theirs as exact. Each counts as a share of its problems x samples. Over the same problems this is on the wide side, for it
adds the luck of drawing the problems, which both share: of equal models (simulated; 30 to 500 problems, 1 to 64 samples
against 1) 0.5 to 0.8 % came out as different, not 5 %. Not covered: that prompts, sampling and graders differ.
"""

import datetime
import math
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from data_gen.yaml_schema import Strict, parse, read_yaml
from eval.stats import wilson

PATH = Path(__file__).parent / "published.yaml"


class Source(Strict):
    """Who measured, how, and where it is written."""

    kind: Literal["published", "independent"]  # by the authors of the model or of the reproduced work | by somebody else
    by: str
    source: str = Field(pattern=r"^https://\S+$")
    date: datetime.date
    samples: int | None = Field(ge=1)  # answers a problem; null: not said
    protocol: str


class Score(Source):
    """One score: a row of published.yaml."""

    model: str
    benchmark: str
    metric: str = "accuracy"
    value: float = Field(ge=0, le=1)
    n: int | None = Field(ge=1)  # problems; null: which set is not said


class Beside(Strict):
    """Which models' scores stand beside those of a model that we trained."""

    recipes: list[str]
    base: str
    models: list[str]


class PublishedScores(Strict):
    """published.yaml."""

    sources: dict[str, Source] = {}  # what the rows are merged from (YAML's `<<`)
    stand_beside: list[Beside] = []
    scores: list[Score]

    @model_validator(mode="after")
    def _once(self) -> Self:
        seen: set[tuple[str, ...]] = set()
        for row in self.scores:
            key = (row.model, row.benchmark, row.metric, row.source, row.by, row.protocol)
            if key in seen:
                raise ValueError(f"scores: {row.model} on {row.benchmark} ({row.metric}) by {row.by} stands twice")
            seen.add(key)
        unknown = {name for beside in self.stand_beside for name in beside.models} - {row.model for row in self.scores}
        if unknown:
            raise ValueError(f"stand_beside: no score of {', '.join(sorted(unknown))}")
        return self

    def beside(self, recipe: str, weights: str, trained_from: str | None) -> list[str]:
        """Return the models whose scores stand beside those of `weights`: itself, or, where this run trained it from a base,
        the models that `stand_beside` names for its recipe. A folder counts as the model that its last part names."""
        if trained_from is None:
            return sorted({row.model for row in self.scores if _same(weights, row.model)})
        return [
            model
            for group in self.stand_beside
            if recipe in group.recipes and _same(trained_from, group.base)
            for model in group.models
        ]


def read_published(path: Path = PATH) -> PublishedScores:
    """Read and check published.yaml. Raises ConfigError with a line for every fault."""
    return parse(read_yaml(path), PublishedScores, str(path))


def interval(score: Score) -> tuple[float, float] | None:
    """Return a score's 95 % interval, Wilson's for problems x samples (one where it is not said), or None without n."""
    if score.n is None:
        return None
    right, answers = _right(score, score.n)
    return wilson(right, answers)


def newcombe(ours: float, our_answers: int, theirs: float, their_answers: int) -> tuple[float, float]:
    """Return the 95 % interval of `ours - theirs`, two independent shares of so many answers.

    Newcombe's hybrid score interval: method 10 of Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>
    3.0.CO;2-I, made of the Wilson intervals of the two.
    """
    low, high = wilson(ours * our_answers, our_answers)
    their_low, their_high = wilson(theirs * their_answers, their_answers)
    difference = ours - theirs
    below = math.hypot(ours - low, their_high - theirs)
    above = math.hypot(high - ours, theirs - their_low)
    return difference - below, difference + above


def as_result(score: Score) -> dict[str, Any]:
    """Return a score as a row of summary.json's results; what nobody published is None."""
    bounds = interval(score)
    return {
        "model": score.model,
        "benchmark": score.benchmark,
        "metric": score.metric,
        "value": score.value,
        "ci95": [round(bound, 4) for bound in bounds] if bounds else None,
        "n": score.n,
        "n_samples": score.samples,
        "no_answer": None,
        "truncated": None,
        "undecided": None,
        "date": score.date.isoformat(),
        "origin": score.kind,
        "by": score.by,
        "source": score.source,
        "protocol": score.protocol,
    }


def verdict(ours: dict[str, Any] | None, score: Score) -> dict[str, Any]:
    """Return what the difference of our result and a score allows to say: {"says", "difference", "ci95"}.

    `inside`: its interval holds zero; `outside`: it does not; `other problems`: the two sets differ in size; `no interval`:
    theirs is of a set that the source does not name; `not run`: there is no result of ours.
    """
    nothing: dict[str, Any] = {"difference": None, "ci95": None}
    if ours is None:
        return {"says": "not run", **nothing}
    if score.n is None:
        return {"says": "no interval", **nothing}
    if score.n != ours["n"]:
        return {"says": "other problems", **nothing}
    right, answers = _right(score, score.n)
    low, high = newcombe(ours["value"], ours["n"] * ours["n_samples"], right / answers, answers)
    return {
        "says": "inside" if low <= 0 <= high else "outside",
        "difference": round(ours["value"] - score.value, 4),
        "ci95": [round(low, 4), round(high, 4)],
    }


def _right(score: Score, n: int) -> tuple[int, int]:
    """Return how many answers to n problems were right, and of how many: a share is published rounded."""
    answers = n * (score.samples or 1)
    return round(score.value * answers), answers


def _same(weights: str, model: str) -> bool:
    return weights == model or Path(weights).name in (Path(model).name, model.replace("/", "--"))
