"""A plot as one SVG: drawn twice, for a phone and for a desk, coloured by the page, named for those who cannot see it.

    figure("scores", "Accuracy on heldout", ["trained: 50.6 %"], draw)      # draw(width) -> a Vega-Lite specification
    -> '<svg xmlns="..." id="scores-1f0c9a2b" class="plot" role="img" aria-labelledby="...">...</svg>'

Vega-Lite draws, run by vl-convert: one wheel, 84 MB on disk, that brings its own JavaScript engine and needs no network.
Chosen over matplotlib because a colour may be a CSS variable, text is data and never mathematics (`$x$`), a mark carries its
own words, and nothing warns of letters that a font lacks. Altair would be a Python layer over the same JSON. The page itself
gets no JavaScript; it rules the colours (`--paper --ink --muted --line --accent --accent2 --bad`), and the width of the
window rules which of the two drawings is seen.

Not covered: a limit of address space (`ulimit -v 4000000`), under which the engine ends the process; right-to-left layout.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from eval.reporting.plots.svg import drawing, text_of
from eval.reporting.plots.text import clean

Spec = dict[str, Any]

NARROW, WIDE = 320, 720  # pixels: a phone's page without its margins; a desk's column
DESK = "(min-width:720px)"
INK = "var(--ink,#1b1f24)"
MUTED = "var(--muted,#59636e)"
LINE = "var(--line,#d8dee4)"
ACCENT = "var(--accent,#0b57d0)"
ACCENT2 = "var(--accent2,#a04100)"
BAD = "var(--bad,#b3261e)"
PAPER = "var(--paper,#fff)"
TOLD = 2500  # signs of a description: nobody listens to more


def figure(kind: str, title: str, sentences: list[str], draw: Callable[[int], Spec]) -> str:
    """Return the SVG of a plot that `sentences` tell in words. `kind` begins its ids; a hash of what it shows ends them."""
    narrow, wide = drawing(draw(NARROW), titled=False), drawing(draw(WIDE), titled=True)  # a phone has no pointer
    title, description = clean(title), _told(sentences)
    shown = "\n".join([title, description, narrow.elements, wide.elements])
    name = f"{kind}-{hashlib.sha256(shown.encode()).hexdigest()[:10]}"
    style = (
        # A rim of paper round the letters, for the grid runs behind them.
        f"#{name} text{{paint-order:stroke;stroke:{PAPER};stroke-width:3px;stroke-linejoin:round}}"
        f"#{name}{{display:block;width:100%;height:auto;max-width:440px;aspect-ratio:{narrow.width}/{narrow.height}}}"
        f"#{name} .plot-wide{{display:none}}@media {DESK}{{"
        f"#{name}{{max-width:820px;aspect-ratio:{wide.width}/{wide.height}}}"
        f"#{name} .plot-wide{{display:inline}}#{name} .plot-narrow{{display:none}}}}"
    )
    head = ElementTree.Element("title", id=f"{name}-title")
    head.text = title
    words = ElementTree.Element("desc", id=f"{name}-desc")
    words.text = description
    inner = "".join(
        f'<svg class="plot-{which}" aria-hidden="true" viewBox="0 0 {one.width} {one.height}">{one.elements}</svg>'
        for which, one in (("narrow", narrow), ("wide", wide))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="plot" role="img" font-family="system-ui,sans-serif" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-desc">{text_of(head)}{text_of(words)}'
        f"<style>{style}</style>{inner}</svg>"
    )


def _told(sentences: list[str]) -> str:
    """Return the sentences, those that are too much only counted."""
    told: list[str] = []
    room = TOLD
    for sentence in map(clean, sentences):
        room -= len(sentence) + 2
        if room < 0:
            return " ".join([*told, f"And {len(sentences) - len(told):,} more, in the table."])
        told.append(f"{sentence}.")
    return " ".join(told)
