"""Plots as parts of a section: none where there is nothing to draw.

figures(plots.score_plot, rows, caption="...")     -> [Figure("<svg ...", "...")], or []
"""

from collections.abc import Callable
from typing import Any

from eval.reporting.blocks import Figure


def figures(draw: Callable[..., str], *what: Any, caption: str) -> list[Figure]:
    """Return the plot that `draw` (of `plots.py`) makes, as a list to be joined to others; empty where it draws nothing."""
    svg = draw(*what)
    return [Figure(svg, caption)] if svg else []
