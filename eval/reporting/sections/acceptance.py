"""The section Accepted answers: by source, by difficulty, and before and after a model rewrote them."""

from typing import Any

from eval.reporting.blocks import Heading, Part, Table, Text, figures
from eval.reporting.plots import acceptance_plot
from eval.reporting.wording import percent

Summary = dict[str, Any]
Rows = list[dict[str, Any]]


def acceptance(summary: Summary) -> list[Part]:
    """Return which share of the answers was accepted, by source, by difficulty, and before and after rewriting."""
    parts: list[Part] = []
    for what, groups in summary["acceptance"].items():
        caption = f"Share of answers accepted, by {what}, with 95 % intervals; what was undecided is not accepted."
        if [group["name"] for group in groups] == ["unknown"]:
            parts.append(Text(f"Of no problem the {what} is known."))
        elif groups:
            drawn = figures(acceptance_plot(groups), caption) if len(groups) > 1 else []
            parts += [Heading(f"By {what}"), *drawn, acceptance_table(groups, what)]
    if not parts:
        return [Text(f"Not counted: {summary['not_counted'] or 'no answer is verified yet (`make data`)'}.")]
    if summary["rewriting"]:
        parts += [Heading("Rewriting"), rewriting_table(summary["rewriting"])]
    else:
        parts.append(Text("No model rewrote these traces, so there is no before and after."))
    return parts


def acceptance_table(groups: Rows, what: str) -> Table:
    """Return the share of answers that was accepted, by `what`."""
    rewrote = any(group["before"] for group in groups)
    header = [what, "problems", "answers", "accepted [95 %]"]
    if rewrote:
        header = [*header[:3], "as written [95 %]", "as rewritten [95 %]"]
    lines = []
    for group in groups:
        before = [percent(group["before"]) if group["before"] else "not run"] if rewrote else []
        lines.append([group["name"], f"{group['problems']:,}", f"{group['n']:,}", *before, percent(group)])
    return Table(f"Accepted answers by {what}", header, lines)


def rewriting_table(rewriting: Rows) -> Table:
    """Return the acceptance of the same traces before and after a model rewrote them."""
    header = ["domain", "traces", "problems", "accepted as written [95 %]", "accepted as rewritten [95 %]"]
    lines = [
        [row["domain"], f"{row['n']:,}", f"{row['problems']:,}", percent(row["before"]), percent(row["after"])]
        for row in rewriting
    ]
    return Table("The same traces, before and after a model rewrote them", header, lines)
