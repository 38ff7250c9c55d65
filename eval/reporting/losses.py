"""The loss of each training by optimizer step, thinned to what a plot can show.

losses(trainings)     -> {"quickstart": {"rows": 128, "steps": 48, ..., "every": 1, "not_finite": 0, "losses": [[1, 0.91]]}}

A long training logs more steps than a page is wide: every n-th is kept, the last one too, and `every` says so. A loss that
is no finite number, as of a training that diverged, is counted and not drawn: JSON has no word for it.
"""

import math
from typing import Any

from eval.reporting.records import Training

DRAWN = 600  # points, at most
Points = list[tuple[float, float]]


def thinned(points: Points, most: int = DRAWN) -> tuple[int, list[list[float]]]:
    """Return n and every n-th point with the last, at most `most` and one."""
    every = max(1, -(-len(points) // most))
    kept = points[::every]
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return every, [list(point) for point in kept]


def losses(trainings: dict[str, Training]) -> dict[str, dict[str, Any]]:
    """Return, by config, what was trained and its losses; the first and the last are None where they are no number."""
    found = {}
    for config, one in trainings.items():
        finite = [point for point in one.losses if math.isfinite(point[1])]
        every, kept = thinned(finite)
        ends = [point[1] if math.isfinite(point[1]) else None for point in one.losses[:1] + one.losses[-1:]] or [None, None]
        found[config] = {
            "rows": one.rows,
            "tokens": one.tokens,
            "epochs": one.epochs,
            "steps": one.steps,
            "first": ends[0],
            "last": ends[1],
            "every": every,
            "not_finite": len(one.losses) - len(finite),
            "losses": kept,
        }
    return found
