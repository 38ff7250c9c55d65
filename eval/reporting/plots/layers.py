"""The layers that the plots of a report are made of: a canvas in pixels, texts, marks on one scale.

    canvas(320, 90, [words("name", [{"x": 0, "y": 14, "text": "trained"}], 12)])     -> a Vega-Lite specification

Rows lie one below the other at heights in pixels, so that as many as there are fit; only what is measured has a scale.
"""

import math
from typing import Any

from eval.reporting.plots.figure import INK, LINE, MUTED, WIDE, Spec

Rows = list[dict[str, Any]]

EDGE = 6  # pixels left and right of a scale: half a mark
IN_PIXELS: Spec = {"type": "quantitative", "scale": None, "axis": None}
Y = IN_PIXELS | {"field": "y"}


def size(width: int) -> int:
    """Return the font size of a drawing so wide, in pixels."""
    return 13 if width >= WIDE else 12


def canvas(
    width: int, height: float, layers: list[Spec], axis: bool = False, left: int = EDGE, right: int = EDGE, below: int = 2
) -> Spec:
    """Return the specification of a drawing `width` wide in all, margins included; `height` is that between them."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width - left - right,
        "height": math.ceil(height),
        "autosize": {"type": "none"},
        "padding": {"left": left, "right": right, "top": 4, "bottom": below + (22 if axis else 0)},
        "background": None,
        "config": {"font": "sans-serif", "view": {"stroke": None}},
        "layer": [layer | {"name": f"{layer['name']}_{at}"} for at, layer in enumerate(layers) if layer["data"]["values"]],
    }


def along(field: str, domain: tuple[float, float], axis: Spec | None, **more: Any) -> Spec:
    """Return the encoding of a field on a linear scale."""
    scale = {"domain": list(domain), "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis, **more}


def ruled(pixels: int, font: int, labels: str, **more: Any) -> Spec:
    """Return an axis of so many pixels: a light grid, muted labels. `labels` is an expression of Vega or a format of d3."""
    return {
        "domain": False,
        "ticks": False,
        "gridColor": LINE,
        "labelColor": MUTED,
        "labelFontSize": font,
        "labelPadding": 5,
        "labelExpr" if "datum" in labels else "format": labels,
        "title": None,
        "tickCount": max(2, min(8, pixels // 65)),
        "labelSeparation": 6,
        "zindex": 0,
        "aria": False,
        **more,
    }


def mark(name: str, kind: str, rows: Rows, encoding: Spec, **style: Any) -> Spec:
    """Return a layer; `says` of a row is what a pointer that rests on its mark reads."""
    told = bool(rows) and "says" in rows[0]
    described = {"description": {"field": "says"}} if told else {}
    drawn = {"type": kind, "aria": told, "opacity": 1, "clip": False, **style}
    return {"name": name, "data": {"values": rows}, "mark": drawn, "encoding": encoding | described}


def words(name: str, rows: Rows, font_size: int, color: str = INK, align: str = "left", weight: str = "normal") -> Spec:
    """Return a layer of texts, each {"x", "y", "text"}: where it begins (or ends, by `align`), and its base line."""
    encoding = {"x": IN_PIXELS | {"field": "x"}, "y": Y, "text": {"field": "text", "type": "nominal"}}
    style = {"fontSize": font_size, "color": color, "align": align, "baseline": "alphabetic", "fontWeight": weight}
    return mark(name, "text", rows, encoding, **style)


def number(value: Any) -> float | None:
    """Return a finite number, None of anything else."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def bounds(ci95: Any) -> tuple[float, float] | None:
    """Return the two ends of an interval, the lower first, None where one is missing or not finite."""
    if not isinstance(ci95, list | tuple) or len(ci95) != 2:
        return None
    ends = [end for end in map(number, ci95) if end is not None]
    return (min(ends), max(ends)) if len(ends) == 2 else None


def share_domain(values: list[float]) -> tuple[float, float]:
    """Return the ends of an axis around shares: whole steps of 5 in a hundred, beyond them but for 0 and 1."""
    least, most = min(values), max(values)
    low, high = math.floor(20 * least - 0.1) / 20, math.ceil(20 * most + 0.1) / 20
    return max(low, 0.0) if least >= 0 else low, min(high, 1.0) if most <= 1 else high
