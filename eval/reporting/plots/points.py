"""Shares as points with their 95 % intervals, a row each: scores of models, acceptance of groups.

    score_plot([{"model": "trained", "benchmark": "heldout", "metric": "accuracy", "value": 0.5057, "ci95": [0.4456, 0.5656],
                 "origin": "measured", "n": 263, "n_samples": 1}])          -> '<svg ...>'
    score_plot([])                                                          -> ''

What was measured here is a filled circle with a bold name; what others tell is hollow: a diamond (published) or a square
(measured again by somebody else). A value that is missing or not finite reads "not run". Of more rows than MOST the rest is
counted.
"""

from dataclasses import dataclass
from typing import Any

from eval.reporting.plots.figure import ACCENT, INK, MUTED, PAPER, WIDE, Spec, figure
from eval.reporting.plots.layers import EDGE, Rows, Y, along, bounds, canvas, mark, number, ruled, share_domain, size, words
from eval.reporting.plots.text import extent, fit, named
from eval.reporting.wording import percent

MOST = 30  # rows of one plot
NAMES, NUMBERS = 215, 175  # pixels of the columns left and right of a wide drawing
SHAPES = {"measured": "circle", "published": "diamond", "independent": "square"}
ORIGINS = {"measured": "measured here", "published": "published", "independent": "measured independently"}


@dataclass(frozen=True)
class Point:
    """A share, its interval and its look."""

    value: float | None
    ci95: tuple[float, float] | None
    shape: str
    ours: bool

    def __str__(self) -> str:
        """Return "43.0 % [37.1, 49.0]"."""
        return "not run" if self.value is None else percent(vars(self))


@dataclass(frozen=True)
class Row:
    """One or two points (the first is what was before) with a name, a note below it, and what they say in words."""

    name: Any
    note: str
    says: str
    points: list[Point]


def score_plot(rows: Rows) -> str:
    """Return the scores of one benchmark and metric, the best on top; ours are kept whatever others tell."""
    ours_first = sorted(rows, key=lambda row: (row["origin"] != "measured", _by_value(row)))
    kept = sorted(ours_first[:MOST], key=_by_value)
    what = [named(rows[0][key]).replace("_", " ") for key in ("metric", "benchmark") if rows and rows[0].get(key)]
    return _points_figure("scores", " on ".join(what) or "scores", [_score(row) for row in kept], len(rows) - len(kept))


def _by_value(row: dict[str, Any]) -> tuple[bool, float, bool, str]:
    value = number(row.get("value"))
    return value is None, -(value or 0.0), row["origin"] != "measured", str(row["model"])


def _score(row: dict[str, Any]) -> Row:
    origin, ours = str(row["origin"]), row["origin"] == "measured"
    point = Point(number(row.get("value")), bounds(row.get("ci95")), SHAPES.get(origin, "triangle-up"), ours)
    by, told = named(row.get("by") or ""), ORIGINS.get(origin, named(origin))
    counted = number(row.get("n")) is not None and number(row.get("n_samples")) is not None
    asked = f", {row['n']:,} problems x {row['n_samples']:,}" if counted else ""
    says = f"{named(row['model'])}, {told}{f' by {by}' if by else ''}: {point}{asked}"
    return Row(row["model"], "" if ours else named(origin) + (f" · {by}" if by else ""), says, [point])


def acceptance_plot(groups: Rows) -> str:
    """Return the share of answers that was accepted, a row a group; what was before a rewriting is hollow."""
    rows = [_group(group) for group in groups]
    changed = any(len(row.points) > 1 for row in rows)
    title = "accepted answers" + (", before rewriting (hollow) and after (filled)" if changed else "")
    return _points_figure("acceptance", title, rows[:MOST], len(rows[MOST:]))


def _group(group: dict[str, Any]) -> Row:
    answers = f"{number(group.get('n')) or 0:,.0f} answers"
    sides = [("diamond", False, group.get("before")), ("circle", True, group)]
    points = [Point(number(side.get("value")), bounds(side.get("ci95")), look, ours) for look, ours, side in sides if side]
    before = f"{points[0]} before rewriting, then " if len(points) > 1 else ""
    return Row(group["name"], answers, f"{named(group['name'])}: {before}{points[-1]} of {answers} accepted", points)


def _points_figure(kind: str, title: str, rows: list[Row], left_out: int) -> str:
    """Return rows of a name, a note, numbers, and points with intervals on one scale."""
    values = [point.value for row in rows for point in row.points if point.value is not None]
    if not values:
        return ""
    domain = share_domain(values + [end for row in rows for point in row.points for end in point.ci95 or ()])

    def draw(width: int) -> Spec:
        wide, font = width >= WIDE, size(width)
        left, right = (NAMES, NUMBERS) if wide else (EDGE, EDGE)
        start, end = (-left, width - left) if wide else (0, width - 2 * EDGE)  # where names begin and numbers end
        below = font + 3  # pixels from a line of text to the next
        names, notes, numbers, points = [], [], [], []
        top = 0.0
        for row in rows:
            line, ours = top + font, row.points[-1].ours
            room = NAMES - 12 if wide else width - 2 * EDGE - 8 - max(extent(str(point), font) for point in row.points)
            names.append({"x": start, "y": line, "text": fit(row.name, room, font, ours), "ours": ours})
            if row.note:
                notes.append({"x": start, "y": line + below, "text": fit(row.note, room, font)})
            last = line + below * max(bool(row.note), len(row.points) - 1)
            apart, height = (below, line - 0.35 * font) if wide else (11, last + 14)
            for at, point in enumerate(row.points):
                numbers.append({"x": end, "y": line + at * below, "text": str(point), "ours": point.ours})
                points.append(vars(point) | {"y": height + at * apart, "says": row.says})
            top = last + 14 if wide else height + 11 * len(row.points) + 3
        if left_out:
            notes.append({"x": start, "y": top + font, "text": f"and {left_out:,} more, in the table"})
            top += font + 8
        axis = ruled(width - left - right, font, "format(100 * datum.value, '.3~f') + ' %'")
        layers = [layer for ours in (False, True) for layer in _marks(points, ours, domain, axis)]
        for ours, weight, color in ((True, "600", INK), (False, "normal", MUTED)):
            layers.append(words("name", [name for name in names if name["ours"] is ours], font, weight=weight))
            layers.append(words("value", [value for value in numbers if value["ours"] is ours], font, color, "right"))
        return canvas(width, top, [*layers, words("note", notes, font, MUTED)], axis=True, left=left, right=right)

    told = [row.says for row in rows] + ([f"And {left_out:,} more, in the table"] if left_out else [])
    return figure(kind, title[0].upper() + title[1:], told, draw)


def _marks(points: Rows, ours: bool, domain: tuple[float, float], axis: Spec) -> list[Spec]:
    """Return the intervals, and on top of them the points, of ours or of others."""
    mine = [point for point in points if point["ours"] is ours and point["value"] is not None]
    ends = [{"low": point["ci95"][0], "high": point["ci95"][1], "y": point["y"]} for point in mine if point["ci95"]]
    span = {"x": along("low", domain, axis), "x2": {"field": "high"}, "y": Y}
    layers = [mark("interval", "rule", ends, span, color=ACCENT if ours else MUTED, strokeWidth=2)]
    look = {"fill": ACCENT if ours else PAPER, "stroke": ACCENT if ours else INK, "strokeWidth": 2}
    for shape in sorted({point["shape"] for point in mine}):
        found = [point for point in mine if point["shape"] == shape]
        layers.append(
            mark("point", "point", found, {"x": along("value", domain, axis), "y": Y}, shape=shape, size=70, **look)
        )
    return layers
