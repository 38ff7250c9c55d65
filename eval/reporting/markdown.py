"""Pages and tables as Markdown: report.md, and the tables that commands print.

print(markdown_table(["model", "accuracy"], [["base", "0.0 %"]]))
| model | accuracy |
| ----- | -------- |
| base  | 0.0 %    |
"""

import re
from collections.abc import Iterator, Sequence

from eval.reporting.blocks import Fact, Figure, Fold, Heading, Link, Page, Part, Table


def markdown_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up."""
    rows = [[_cell(cell) for cell in row] for row in [header, *lines]]
    widths = [max(len(row[at]) for row in rows) for at in range(len(header))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def markdown(page: Page) -> str:
    """Return a page as Markdown; what a run's texts hold of HTML is shown, not read."""
    parts = [f"# {_escaped(page.title)}", _escaped(page.lead), *(f"**{_escaped(text)}**" for text in page.warnings)]
    parts.append("\n".join(_fact(fact) for fact in page.facts))
    for section in page.sections:
        parts.append(f"## {section.heading}")
        for part in section.parts:
            parts += _part(part)
    return "\n\n".join([*filter(None, parts), _escaped(page.foot)]) + "\n"


def _fact(fact: Fact) -> str:
    return _escaped("; ".join([f"- {fact.label}: {fact.value}", *fact.details]))


def _part(part: Part) -> Iterator[str]:
    match part:
        case Table():
            if part.rows:
                yield f"*{_escaped(part.caption)}*"
                yield markdown_table(part.header, [[_escaped(cell) for cell in row] for row in part.rows])
            if part.note:
                yield _escaped(part.note)
        case Heading():
            yield f"### {_escaped(part.text)}"
        case Fold():
            yield f"<details><summary>{_escaped(part.title)}</summary>"
            for inner in part.parts:
                yield from _part(inner)
            yield "</details>"
        case Link():
            yield f"[{_escaped(part.text)}]({part.address})"
        case Figure():
            return
        case _:
            yield _escaped(part.text)


def _escaped(text: str) -> str:
    return re.sub(r"<(?=[a-zA-Z/!?])", "&lt;", text)
