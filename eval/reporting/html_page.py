"""Pages as HTML: one file that loads nothing, needs no JavaScript, and opens from disk.

    html(page)     -> "<!doctype html>..."     templates/page.html filled in, with style.css in it

All text of a run is escaped by Jinja2. Plots come as SVG that is escaped where it is drawn. A content security policy in the
page lets nothing be fetched and no script run, whatever a text holds.
"""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from eval.reporting.blocks import Page

TEMPLATES = Path(__file__).parent / "templates"
WIDE = 60  # characters of a cell; longer ones may break into lines


def html(page: Page) -> str:
    """Return a page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"cell": cell, "prose": prose, "drawn": Markup}
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(page=page, style=Markup(style)) + "\n"


def cell(text: str) -> Markup:
    """Return a cell's text; an address becomes a link that shows its host and last part."""
    if not text.startswith("https://"):
        return prose(text)
    host, *_, last = text.removeprefix("https://").rstrip("/").split("/")
    shown = host if last == host else f"{host} … {last}"
    return Markup('<a href="{}">{}</a>').format(text, shown)


def prose(text: str) -> Markup:
    """Return text in which words between backticks are code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
