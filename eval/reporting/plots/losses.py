"""The loss of each training by optimizer step.

    loss_plot({"quickstart": [[1, 0.91], [2, 0.87]]})          -> '<svg ...>'

A loss of more steps than a plot has pixels is drawn as the lowest and highest of each of STRETCHES stretches: no spike is
lost, and the plot says so. Steps without a finite loss are left out and counted. Several curves differ by colour and dashes,
and each is named at its end. Not covered: a scale in logarithms.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.reporting.plots.figure import ACCENT, ACCENT2, INK, MUTED, WIDE, Spec, figure
from eval.reporting.plots.layers import EDGE, Rows, along, canvas, mark, number, ruled, size, words
from eval.reporting.plots.text import amount, fit, named, wrapped
from eval.reporting.summary.losses import Points, thinned

HEIGHT = 190  # pixels between the axes
LEFT = 46  # pixels for the losses
STRETCHES = 80
LOOKS = [(ACCENT, []), (ACCENT2, [6, 3]), (INK, [2, 2]), (MUTED, []), (ACCENT, [8, 3, 2, 3]), (ACCENT2, [2, 4])]


@dataclass(frozen=True)
class Curve:
    """A training: its points as drawn, what they say in words, and what was left out."""

    name: str
    points: Points
    says: str
    thinned_from: int  # steps; 0 where all of them are drawn
    left_out: int  # steps without a finite loss


def loss_plot(series: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """Return the losses, (step, loss) by config."""
    found = [_curve(config, steps) for config, steps in list(series.items())[: len(LOOKS)]]
    curves = [curve for curve in found if curve.points]
    if not curves:
        return ""
    notes = _notes(found)
    if len(series) > len(LOOKS):
        notes.append(f"{len(series) - len(LOOKS):,} more configs are not drawn")
    across, upward = (
        _ends([step for c in curves for step, _ in c.points]),
        _ends([loss for c in curves for _, loss in c.points], 0.06),
    )

    def draw(width: int) -> Spec:
        font = size(width)
        right = EDGE if len(curves) == 1 else 170 if width >= WIDE else 92
        x, y = ruled(width - LEFT - right, font, ",~f", tickMinStep=1), ruled(HEIGHT, font, ",~g", tickCount=5)
        layers, labels = [], []
        for curve, (color, dashes) in zip(curves, LOOKS, strict=False):
            rows = [{"step": step, "loss": loss, "says": curve.says} for step, loss in curve.points]
            place = {"x": along("step", across, x), "y": along("loss", upward, y)}
            layers.append(
                mark("curve", "line", rows, place, color=color, strokeDash=dashes, strokeWidth=2, strokeJoin="round")
            )
            if len(rows) < 12:
                layers.append(mark("point", "point", rows, place, fill=color, stroke=color, size=30))
            height = HEIGHT * (upward[1] - curve.points[-1][1]) / (upward[1] - upward[0])
            text = fit(curve.name, right - 12, font)
            labels.append({"x": width - LEFT - right + 8, "y": height + 4, "text": text, "color": color})
        if len(curves) > 1:
            layers += [words("name", [label], font, label["color"]) for label in _apart(labels, font + 2)]
        below = [line for note in notes for line in wrapped(note.split(), width - EDGE, font, 3, joint=" ")]
        texts = [{"x": -LEFT, "y": HEIGHT + 42 + at * (font + 3), "text": text} for at, text in enumerate(below, 1)]
        axis = {"x": 0, "y": HEIGHT + 38, "text": "optimizer step"}
        layers.append(words("note", [axis, *texts], font, MUTED))
        return canvas(width, HEIGHT, layers, axis=True, left=LEFT, right=right, below=24 + len(below) * (font + 3))

    return figure("loss", "Loss by optimizer step", [curve.says for curve in curves] + notes, draw)


def _curve(config: str, steps: Sequence[Sequence[float]]) -> Curve:
    name = named(config)
    pairs = [(number(step), number(loss)) for step, loss in steps]
    points = sorted((step, loss) for step, loss in pairs if step is not None and loss is not None)
    left_out = len(pairs) - len(points)
    if not points:
        return Curve(name, points, "", 0, left_out)
    (first, begun), (last, ended), (at, least) = points[0], points[-1], min(points, key=lambda point: point[1])
    says = (
        f"{name}: {len(points):,} steps, loss {amount(begun)} at step {first:,.0f}, {amount(ended)} at step {last:,.0f}, "
        f"lowest {amount(least)} at step {at:,.0f}"
    )
    shown = thinned(points, STRETCHES)
    return Curve(name, shown, says, len(points) if len(shown) < len(points) else 0, left_out)


def _notes(curves: list[Curve]) -> list[str]:
    """Return what is not drawn of some curves, a sentence for each kind."""
    thin = ", ".join(f"{curve.name} ({curve.thinned_from:,} steps)" for curve in curves if curve.thinned_from)
    left = ", ".join(f"{curve.name} {curve.left_out:,}" for curve in curves if curve.left_out)
    notes = [f"Drawn as the lowest and highest of {STRETCHES} stretches: {thin}"] if thin else []
    return notes + ([f"Steps without a finite loss, left out: {left}"] if left else [])


def _ends(values: list[float], room: float = 0.0) -> tuple[float, float]:
    """Return the ends of an axis around values, with some room; around one value too."""
    low, high = min(values), max(values)
    return (low - room * (high - low), high + room * (high - low)) if high > low else (low - 0.5, high + 0.5)


def _apart(labels: Rows, gap: float) -> Rows:
    """Return labels moved so that none covers another: from the highest down, then back up from the lower edge."""
    moved = sorted(labels, key=lambda label: label["y"])
    above = -math.inf
    for label in moved:
        label["y"] = above = max(label["y"], above + gap)
    below = HEIGHT + 4.0
    for label in reversed(moved):
        label["y"] = min(label["y"], below)
        below = label["y"] - gap
    return moved
