"""Amounts as bars, a row each: what every stage kept, and what it cost beside what was planned.

    funnel_plot([{"stage": "collect", "in": 600, "kept": 300, "unit": "problems", "reasons": {"contaminated": 243}}])
    cost_plot([{"name": "generate", "planned": 192.7, "spent": 165.5, "unit": "s"}])          -> '<svg ...>'

Funnel: thick is kept, thin is dropped, cut where one reason ends and the next begins; all stages have one scale. Cost: the
bar was spent, the hollow diamond was planned; rows of one unit have one scale. A row without numbers is left out.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from eval.reporting.plots.figure import ACCENT, BAD, INK, MUTED, PAPER, WIDE, Spec, figure
from eval.reporting.plots.layers import EDGE, Rows, Y, along, canvas, mark, number, size, words
from eval.reporting.plots.text import amount, extent, fit, named, wrapped

MOST = 18  # rows of one plot
REASONS = 5  # of one stage; the others are one
NAMES, NUMBERS = 200, 190  # pixels of the columns left and right of a wide drawing
LOOKS = {"kept": (ACCENT, 12), "dropped": (MUTED, 4), "spent": (ACCENT, 12), "over": (BAD, 12)}  # colour, pixels


@dataclass(frozen=True)
class Bar:
    """A row: its name and numbers, and where its parts (look, start, end, what it says) and marks stand."""

    name: Any
    numbers: str
    unit: str  # stands after the numbers where there is room
    says: str
    whole: float  # what the whole width of the scale is
    notes: list[str] = field(default_factory=list)
    parts: list[tuple[str, float, float, str]] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)


def funnel_plot(lines: Rows) -> str:
    """Return what each stage took in and kept, and why it dropped the rest."""
    known = [line for line in lines if number(line.get("in")) is not None and number(line.get("kept")) is not None]
    ends = [line["kept"] + sum(count for _, count in _reasons(line)) for line in known]
    whole = max([*ends, *(line["in"] for line in known)], default=0)
    return _bars_figure("funnel", "What each stage kept", [_stage(line, whole) for line in known] if whole else [])


def _reasons(line: dict[str, Any]) -> list[tuple[str, float]]:
    """Return the reasons of a stage and their counts, the most frequent first."""
    counted = (line.get("reasons") or {}).items()
    reasons = [(named(reason).replace("_", " "), number(count) or 0.0) for reason, count in counted]
    reasons.sort(key=lambda item: (-item[1], item[0]))
    if len(reasons) > REASONS:
        reasons[REASONS:] = [(f"{len(reasons) - REASONS} other reasons", sum(count for _, count in reasons[REASONS:]))]
    return reasons


def _stage(line: dict[str, Any], whole: float) -> Bar:
    unit, stage = named(line.get("unit") or ""), named(line["stage"])
    counts = _reasons(line)
    notes = [f"{reason} {count:,.0f}" for reason, count in counts]
    numbers = f"{line['kept']:,.0f} of {line['in']:,.0f}"
    kept = f"{stage}: {numbers} {unit}".rstrip() + " kept"
    says = f"{kept}; dropped: {', '.join(notes)}" if notes else kept
    at = float(line["kept"])
    parts = [("kept", 0.0, at, kept)]
    for note, (_, count) in zip(notes, counts, strict=True):
        parts.append(("dropped", at, at + count, note))
        at += count
    return Bar(line["stage"], numbers, unit, says, whole, notes, parts)


def cost_plot(rows: Rows) -> str:
    """Return what was spent as bars, with what was planned as a mark on them; red is what went over."""
    known = [row for row in rows if number(row.get("planned")) is not None or number(row.get("spent")) is not None]
    scales: dict[Any, float] = {}
    for row in known:
        largest = max(number(row.get("planned")) or 0.0, number(row.get("spent")) or 0.0)
        scales[row.get("unit")] = max(scales.get(row.get("unit"), 0.0), largest)
    bars = [_cost(row, scales[row.get("unit")] or 1.0) for row in known]
    return _bars_figure("costs", "What was spent, and planned", bars if any(scales.values()) else [])


def _cost(row: dict[str, Any], whole: float) -> Bar:
    planned, spent, unit = number(row.get("planned")), number(row.get("spent")), named(row.get("unit") or "")
    was, unit_after = (amount(spent), unit) if spent is not None else ("spent: not told", "")
    plan = [f"planned {amount(planned)} {unit}".rstrip()] if planned is not None else []
    says = ", ".join([f"{named(row['name'])}: {was} {unit_after}".rstrip(), *(plan or ["no plan"])])
    parts = [("spent", 0.0, spent, says)] if spent is not None else []
    if planned is not None and spent is not None and spent > planned:
        parts = [("spent", 0.0, planned, says), ("over", planned, spent, says)]
    return Bar(row["name"], was, unit_after, says, whole, plan, parts, [planned] if planned is not None else [])


def _bars_figure(kind: str, title: str, bars: list[Bar]) -> str:
    """Return rows of a name, a bar in parts, numbers and notes."""
    if not bars:
        return ""
    left_out = len(bars[MOST:])

    def draw(width: int) -> Spec:
        wide, font = width >= WIDE, size(width)
        left, right = (NAMES, NUMBERS) if wide else (EDGE, EDGE)
        start, end = (-left, width - left) if wide else (0, width - 2 * EDGE)  # where names begin and numbers end
        names, notes, numbers, marks = [], [], [], []
        parts: dict[str, Rows] = {look: [] for look in LOOKS}
        top = 0.0
        for bar in bars[:MOST]:
            line = top + font
            shown = f"{bar.numbers} {bar.unit}".rstrip()
            if extent(shown, font) > (NUMBERS if wide else 0.6 * width):
                shown = bar.numbers
            room = NAMES - 12 if wide else width - 2 * EDGE - extent(shown, font) - 8
            names.append({"x": start, "y": line, "text": fit(bar.name, room, font, bold=True)})
            numbers.append({"x": end, "y": line, "text": shown})
            middle = line - 0.35 * font if wide else line + 13
            for look, low, high, says in bar.parts:
                parts[look].append({"start": low / bar.whole, "end": high / bar.whole, "y": middle, "says": says})
            marks += [{"x": value / bar.whole, "y": middle, "says": bar.says} for value in bar.marks]
            under = middle + 8
            for text in wrapped(bar.notes, width - left - EDGE, font, 2):
                under += font + 3
                notes.append({"x": 0, "y": under, "text": text})
            top = max(under, line) + 12
        if left_out:
            notes.append({"x": start, "y": top + font, "text": f"and {left_out:,} more, in the table"})
            top += font + 8
        place = {"x": along("x", (0, 1), None), "y": Y}
        span = {"x": along("start", (0, 1), None), "x2": {"field": "end"}, "y": Y}
        layers = [
            mark(look, "rule", parts[look], span, color=color, strokeWidth=high) for look, (color, high) in LOOKS.items()
        ]
        cuts = [{"x": b["start"], "y": b["y"]} for a, b in pairwise(parts["dropped"]) if a["y"] == b["y"]]
        layers += [
            mark("cut", "point", cuts, place, shape="M0,-1L0,1", size=50, stroke=PAPER, strokeWidth=2),
            mark("point", "point", marks, place, shape="diamond", size=70, fill=PAPER, stroke=INK, strokeWidth=2),
            words("name", names, font, weight="600"),
            words("note", notes, font, MUTED),
            words("value", numbers, font, align="right"),
        ]
        return canvas(width, top, layers, left=left, right=right)

    return figure(kind, title, [bar.says for bar in bars], draw)
