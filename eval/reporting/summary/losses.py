"""The loss of each training by optimizer step, thinned to what a plot can show.

losses(trainings)     -> {"quickstart": {"rows": 128, "steps": 48, "logged": 48, "not_finite": 0, "losses": [...]}}

A long training logs more steps than a page is wide: of each stretch of it the lowest and the highest are kept, so that no
spike is lost; `logged` is how many there were. A loss that is no finite number, as of a training that diverged, is counted
and not drawn: JSON has no word for it.
"""

import math
from itertools import pairwise
from typing import Any

from eval.reporting.reading.records import Training

STRETCHES = 300  # of a training that is longer; two points each are kept
Points = list[tuple[float, float]]


def thinned(points: Points, stretches: int = STRETCHES) -> Points:
    """Return the lowest and the highest of each stretch, the first and the last; few points as they are."""
    if len(points) <= 2 * stretches:
        return points
    edges = [round(at * len(points) / stretches) for at in range(stretches + 1)]
    kept = {0, len(points) - 1}
    for start, end in pairwise(edges):
        stretch = range(start, end)
        kept |= {min(stretch, key=lambda at: points[at][1]), max(stretch, key=lambda at: points[at][1])}
    return [points[at] for at in sorted(kept)]


def losses(trainings: dict[str, Training]) -> dict[str, dict[str, Any]]:
    """Return, by config, what was trained and its losses; the first and the last are None where they are no number."""
    found = {}
    for config, one in trainings.items():
        finite = [point for point in one.losses if math.isfinite(point[1])]
        ends = [point[1] if math.isfinite(point[1]) else None for point in one.losses[:1] + one.losses[-1:]] or [None, None]
        found[config] = {
            "rows": one.rows,
            "tokens": one.tokens,
            "epochs": one.epochs,
            "steps": one.steps,
            "first": ends[0],
            "last": ends[1],
            "logged": len(one.losses),
            "not_finite": len(one.losses) - len(finite),
            "losses": [list(point) for point in thinned(finite)],
        }
    return found
