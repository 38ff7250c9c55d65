"""The section From problems to rows: what each stage kept, and what the rows that are trained on are."""

from typing import Any

from eval.reporting.blocks import Fold, Heading, Part, Table, Text, figures
from eval.reporting.plots import funnel_plot
from eval.reporting.wording import told

Summary = dict[str, Any]
Rows = list[dict[str, Any]]


def funnel(summary: Summary) -> list[Part]:
    """Return the way from problems to rows, and what the rows are."""
    lines = summary["funnel"]
    if not lines:
        return [Text("No stage has told its numbers yet (`make data`).")]
    caption = "What each stage kept of what came in. Units differ: a problem has several traces."
    parts: list[Part] = [*figures(funnel_plot(lines), caption), funnel_table(lines)]
    by_source = funnel_by_source(lines)
    if by_source.rows:
        parts.append(Fold("By source", [by_source]))
    if summary["mixture"]:
        parts += [Heading("What the mixture holds"), composition_table(summary["mixture"])]
    return parts


def funnel_table(funnel: Rows) -> Table:
    """Return the funnel, a line a stage with every reason."""
    lines = [[line["stage"], f"{line['in']:,}", f"{line['kept']:,}", line["unit"], told(line["reasons"])] for line in funnel]
    return Table(
        "Every stage: what came in, what was kept, and why the rest was not",
        ["stage", "in", "kept", "of what", "dropped"],
        lines,
    )


def funnel_by_source(funnel: Rows) -> Table:
    """Return the same by source, for the stages that count so."""
    lines = [
        [line["stage"], source, f"{found['in']:,}", f"{found['kept']:,}", told(found["reasons"])]
        for line in funnel
        for source, found in line["by_source"].items()
    ]
    return Table("The stages that tell sources apart", ["stage", "source", "in", "kept", "dropped"], lines)


def composition_table(mixture: dict[str, Any]) -> Table:
    """Return what the mixture is made of."""
    lines = [[kind["source"], kind["domain"], kind["tier"], f"{kind['rows']:,}"] for kind in mixture["kinds"]]
    note = (
        f"Answers by: {told(mixture['teachers'])}. Put into thought and solution by: {told(mixture['rewriters'])}. "
        f"Licences of the questions: {told(mixture['licenses'])}."
    )
    if mixture["accepted"]:
        note += f" {mixture['accepted']:,} rows came with their answers and are taken at their authors' word."
    return Table("Rows that are trained on", ["source", "domain", "decided by", "rows"], lines, note)
