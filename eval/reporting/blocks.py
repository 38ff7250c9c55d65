"""What a page is made of, whatever it is written in: sections of text, tables, figures, and parts that fold away.

    Section("funnel", "From problems to rows", [Figure(svg, "..."), Table("Stage by stage", header, rows)])

`markdown.py` and `html_page.py` each write all of it. A figure never stands alone: its numbers are in a table of the same
section, and Markdown leaves it out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

# "1,200", "+4.3 [-0.2, +8.8]", "$1.25", "<0.001", "5e-05", "2.6 min", "263 x 1", "25 (15 left out)"
_NUMBER = re.compile(r"[-+]?[$<]?\d[\d,.]*(e-?\d+)?( (%|s|min|h|x \d+))?( \[.*\])?( \(.*\))?")
_WORDS = ("unknown", "not run", "no price", "not yet", "not defined", "not set", "at most", "about")


@dataclass(frozen=True)
class Text:
    """A paragraph; words between backticks are code."""

    text: str
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Link:
    """A paragraph that is a link to a file beside the page."""

    text: str
    address: str
    kind: ClassVar[str] = "link"


@dataclass(frozen=True)
class Figure:
    """A plot as SVG, and the sentence under it."""

    svg: str
    caption: str
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Table:
    """A table: its first column names the rows."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    kind: ClassVar[str] = "table"

    @property
    def numeric(self) -> list[bool]:
        """Whether each column holds numbers, which stand to the right: all its cells do, but for those that say that nobody
        knows."""
        columns = []
        for at in range(len(self.header)):
            cells = [row[at] for row in self.rows if row[at] and not row[at].startswith(_WORDS)]
            columns.append(at > 0 and bool(cells) and all(_NUMBER.fullmatch(cell) for cell in cells))
        return columns


@dataclass(frozen=True)
class Fold:
    """Parts that a reader opens when they are wanted."""

    title: str
    parts: "list[Part]"
    kind: ClassVar[str] = "fold"


Part = Text | Heading | Link | Figure | Table | Fold


@dataclass(frozen=True)
class Section:
    """A section of a page; `id` is its anchor."""

    id: str
    heading: str
    parts: list[Part]


@dataclass(frozen=True)
class Fact:
    """One figure of the first screen: what it is, its value, and what has to be known beside it."""

    label: str
    value: str
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A whole page."""

    title: str
    kicker: str  # what kind of page it is
    lead: str
    facts: list[Fact]
    warnings: list[str]
    sections: list[Section]
    foot: str


def figures(svg: str, caption: str) -> list[Figure]:
    """Return a plot as parts of a section: none where it drew nothing."""
    return [Figure(svg, caption)] if svg else []
