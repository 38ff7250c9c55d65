"""The sections Scores and Paired differences: measured here, and beside what others published."""

from typing import Any

from eval.reporting import score_tables
from eval.reporting.blocks import Fold, Heading, Part, Table, Text, figures
from eval.reporting.plots import score_plot

Summary = dict[str, Any]


def scores(summary: Summary) -> list[Part]:
    """Return what was measured, and beside it what others published."""
    results = summary["results"]
    parts: list[Part] = []
    header, lines = score_tables.score_cells(results)
    if not lines:
        parts.append(Text(f"Not run: {score_tables.NOTHING}."))
    by_benchmark: dict[str, list[dict[str, Any]]] = {}
    for row in results:
        if row["metric"] == "accuracy":
            by_benchmark.setdefault(row["benchmark"], []).append(row)
    for benchmark, rows in by_benchmark.items():
        origins = {row["origin"] for row in rows}
        others = " Hollow: what others published or measured." if origins - {"measured"} else ""
        here = "" if "measured" in origins else " Not run here."
        caption = f"Accuracy on {benchmark} with 95 % intervals.{others}{here} The numbers are in the tables below."
        parts += figures(score_plot(rows), caption)
    parts.append(Table("Measured in this run", header, lines, score_tables.SCORES_NOTE if lines else ""))
    more = score_tables.other_metrics(results)
    if more.rows:
        parts.append(Fold("Other metrics: pass@k, majority, by difficulty", [more]))
    if summary["published"]:
        parts += [Heading("Beside published scores"), score_tables.published_table(summary["published"])]
    return parts


def differences(summary: Summary) -> list[Part]:
    """Return the trained models against their base."""
    header, lines = score_tables.comparison_cells(summary["comparison"])
    if not lines:
        return [Text("Not run: it takes a trained model and its base on the same benchmark (`make eval`).")]
    return [Table("The trained model against its base, problem by problem", header, lines, score_tables.COMPARISON_NOTE)]
