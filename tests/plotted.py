"""Plots of a report to be tested: of ordinary rows, of two hundred, of hostile names; and how to read what was drawn.

for drawing in drawings(plots.score_plot([score("a", 0.3)])):      the narrow one and the wide one
    on_axis(drawing, place(marks(drawing, "point")[0])[0])          0.3, by the labels of the axis
"""

import functools
import random
import re
from xml.etree import ElementTree

from eval.reporting import plots

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "style", "g", "path", "line", "text"}
ATTRIBUTES = {"id", "class", "role", "font-family", "aria-labelledby", "aria-describedby", "aria-hidden", "viewBox"}
ATTRIBUTES |= {"transform", "d", "x2", "y2", "text-anchor", "font-size", "font-weight"}
ATTRIBUTES |= {"fill", "stroke", "stroke-width", "stroke-dasharray"}


def score(model="trained", value=0.5057, ci95=(0.4456, 0.5656), origin="measured", **more):
    row = {"model": model, "benchmark": "heldout", "metric": "accuracy", "value": value, "ci95": ci95, "origin": origin}
    return row | {"n": 263, "n_samples": 1} | more


def stage(name="verify", taken=1200, kept=363, unit="correct", **reasons):
    return {"stage": name, "in": taken, "kept": kept, "unit": unit, "reasons": reasons}


def group(name="numina", value=0.6, ci95=(0.5, 0.7), before=None):
    return {"name": name, "value": value, "ci95": ci95, "n": 1200, "before": before}


def cost(name="generate", planned=192.7, spent=165.5, unit="s"):
    return {"name": name, "planned": planned, "spent": spent, "unit": unit}


BINS = [
    {"low": low, "high": low + 100, "count": count}
    for low, count in zip(range(0, 600, 100), [3, 9, 20, 8, 4, 1], strict=True)
]
LOSSES = [[step, 1 / step] for step in range(1, 30)]


def all_plots(name="trained"):
    """Return every plot, with a name of the run in all places where one may stand."""
    before = {"value": 0.3, "ci95": [0.2, 0.4]}
    return {
        "scores": plots.score_plot([score(name, benchmark=name, metric=name), score(name, origin=name, by=name)]),
        "funnel": plots.funnel_plot([stage(name, unit=name, **{name: 837})]),
        "acceptance": plots.acceptance_plot([group(name, before=before), group(name)]),
        "lengths": plots.length_plot(BINS, 450, name),
        "loss": plots.loss_plot({name: LOSSES, "other": [[1, 0.5], [2, float("nan")]]}),
        "costs": plots.cost_plot([cost(name, unit=name), cost(name, spent=None)]),
    }


HOSTILE = [
    "<script>alert(1)</script>",
    "</text></svg><img src=x onerror=alert(1)>",
    "<![CDATA[ x ]]> --> <?x?> <!DOCTYPE x>",
    "\" onload='alert(1)' x=\"",
    "$x^2$ and \\frac{1}{2}",
    "& &amp; &#60;b&#62;",
    "two\nlines\tand\r\nmore",
    "nul\x00 bell\x07 half \ud83d",
    "\u202eright to left",
    "漢字" * 40,
    "😀" * 200,
    "x" * 10_000,
    "&" * 10_000,
    "url(https://host/x) javascript:alert(1)",
    "datum.value + {{x}} {x}",
    "__proto__",
]

LONG = "a long name & <more> of it " * 10
KINDS = ["scores", "funnel", "acceptance", "lengths", "loss", "costs"]


@functools.cache
def many():
    """Return every plot of two hundred rows with long names."""
    names = [f"{at} {LONG}" for at in range(200)]
    before = {"value": 0.2, "ci95": [0.1, 0.3]}
    reasons = {name: at for at, name in enumerate(names)}
    return {
        "scores": plots.score_plot([score(name, at / 200, [0, 1], "published", by=LONG) for at, name in enumerate(names)]),
        "funnel": plots.funnel_plot([stage(name, **reasons) for name in names]),
        "acceptance": plots.acceptance_plot([group(name, before=before) for name in names]),
        "lengths": plots.length_plot([{"low": at, "high": at + 1, "count": at} for at in range(200)], 150, LONG),
        "loss": plots.loss_plot({name: [[s, random.Random(s).random()] for s in range(999)] for name in names}),
        "costs": plots.cost_plot([cost(name, unit=LONG, spent=300) for name in names]),
    }


def drawings(svg):
    """Return the narrow and the wide drawing."""
    root = ElementTree.fromstring(svg)
    found = {part.get("class"): part for part in root if part.tag == f"{SVG}svg"}
    assert list(found) == ["plot-narrow", "plot-wide"]
    return list(found.values())


def marks(drawing, name):
    """Return the marks of one layer or more, in the order in which they are drawn, each with what its layer says of all."""
    layers = [layer for layer in drawing.iter(f"{SVG}g") if layer.get("class") == f"plot-{name}"]
    for layer in layers:
        for mark in layer:
            mark.attrib |= {name: value for name, value in layer.attrib.items() if name != "class"}
    return [mark for layer in layers for mark in layer]


def place(mark):
    x, _, y = mark.get("transform").removeprefix("translate(").removesuffix(")").partition(",")
    return float(x), float(y)


def span(line):
    """Return the two ends of a horizontal line, the left one first."""
    start = place(line)[0]
    return tuple(sorted((start, start + float(line.get("x2")))))


def texts(element):
    return [text.text for text in element.iter(f"{SVG}text")]


def ticks(drawing):
    """Return the numbers and places of the horizontal axis."""
    found = [(t.text, place(t)[0]) for t in drawing.iter(f"{SVG}text") if re.fullmatch(r"\d+ %", t.text)]
    return [(int(text.removesuffix(" %")) / 100, x) for text, x in found]


def on_axis(drawing, x):
    """Return the share that stands at x, by the labels of the axis."""
    (low, left), *_, (high, right) = ticks(drawing)
    return low + (high - low) * (x - left) / (right - left)


def is_inert(svg):
    """Assert that an SVG is a drawing and nothing more: no script, no address, nothing that a page would act on."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in TAGS
        assert set(element.attrib) <= ATTRIBUTES
        assert not any(re.search(r"url\(|script|//", value) for value in element.attrib.values())
    (style,) = ["".join(element.itertext()) for element in root.iter(f"{SVG}style")]
    assert re.fullmatch(r"[\w#.,:;%(){}/@ -]+", style)
    assert "url" not in style
