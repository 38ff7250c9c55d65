"""How long answers or rows are, as a histogram against the cutoff.

    length_plot([{"low": 0, "high": 100, "count": 12}], cutoff=1024, what="tokens of an answer")     -> '<svg ...>'

Bars that begin at the cutoff or after it are hollow. A cutoff far right of all bars is told, not drawn: a line there would
squeeze the bars. Bars are drawn as wide as their bins; an empty bin has none.
"""

from dataclasses import dataclass

from eval.reporting.plots.figure import ACCENT, BAD, MUTED, PAPER, Spec, figure
from eval.reporting.plots.layers import EDGE, IN_PIXELS, Rows, Y, along, canvas, mark, number, ruled, size, words
from eval.reporting.plots.text import fit, named

HEIGHT = 190  # pixels between the axes
LEFT = 56  # pixels for the counts


@dataclass(frozen=True)
class Bin:
    """A bin that is not empty: low <= length < high."""

    low: float
    high: float
    count: float

    def __str__(self) -> str:
        return f"{self.low:,.0f} to {self.high:,.0f}: {self.count:,.0f}"


def length_plot(bins: Rows, cutoff: int | None, what: str) -> str:
    """Return the histogram of `bins`, rows of {"low", "high", "count"}."""
    bars = _known(bins)
    if not bars:
        return ""
    lowest, highest = min(bar.low for bar in bars), max(bar.high for bar in bars)
    inside = cutoff is not None and cutoff <= lowest + 1.5 * (highest - lowest)
    edges = [lowest, highest, *([float(cutoff)] if cutoff is not None and inside else [])]
    across = (min(edges), max(edges))
    upward = (0.0, 1.12 * max(bar.count for bar in bars))  # room for the cutoff's label

    def draw(width: int) -> Spec:
        font, inner = size(width), width - LEFT - EDGE
        gap = 1 if inner / len(bars) > 4 else 0  # pixels of paper between two bars
        x, y = ruled(inner, font, ",~f"), ruled(HEIGHT, font, ",~f", tickMinStep=1, tickCount=5)
        place = {"x": along("low", across, x), "x2": {"field": "high"}, "y": along("count", upward, y), "y2": {"datum": 0}}
        rows = [vars(bar) | {"says": str(bar)} for bar in bars]
        within = [row for row in rows if cutoff is None or row["low"] < cutoff]
        beyond = [row for row in rows if row not in within]
        layers = [
            mark("bar", "rect", within, place, fill=ACCENT, stroke=PAPER, strokeWidth=gap),
            mark("beyond", "rect", beyond, place, fill=PAPER, stroke=BAD, strokeWidth=1.5),
            words("note", [{"x": 0, "y": HEIGHT + 38, "text": fit(what, inner, font)}], font, MUTED),
        ]
        if cutoff is not None:
            at = inner * (cutoff - across[0]) / (across[1] - across[0]) if inside else inner
            layers += _cutoff(at, f"cutoff {cutoff:,}{'' if inside else ' →'}", inside, at > inner / 2, font)
        return canvas(width, HEIGHT, layers, axis=True, left=LEFT, below=20)

    return figure("lengths", named(what), _says(bars, cutoff), draw)


def _known(bins: Rows) -> list[Bin]:
    known = []
    for row in bins:
        low, high, count = number(row.get("low")), number(row.get("high")), number(row.get("count"))
        if low is not None and high is not None and count and high > low:
            known.append(Bin(low, high, count))
    return known


def _cutoff(at: float, label: str, inside: bool, right: bool, font: int) -> list[Spec]:
    """Return the cutoff's line, where it is inside, and its label, on the side that has more room."""
    text = {"x": at + (-6 if right else 6), "y": font - 2, "text": label}
    line = [{"x": at, "y": 0, "end": HEIGHT}] if inside else []
    place = {"x": IN_PIXELS | {"field": "x"}, "y": Y, "y2": {"field": "end"}}
    return [
        mark("cutoff", "rule", line, place, color=BAD, strokeWidth=2, strokeDash=[6, 3]),
        words("label", [text], font, BAD, "right" if right else "left", "600"),
    ]


def _says(bars: list[Bin], cutoff: int | None) -> list[str]:
    total, lowest, highest = sum(bar.count for bar in bars), min(bar.low for bar in bars), max(bar.high for bar in bars)
    told = [f"{total:,.0f} from {lowest:,.0f} to {highest:,.0f}", f"Most in {max(bars, key=lambda bar: bar.count)}"]
    if cutoff is not None:
        beyond = sum(bar.count for bar in bars if bar.low >= cutoff)
        told.append(f"Cutoff {cutoff:,}: {beyond:,.0f} in bars that begin there or after it")
    return told
