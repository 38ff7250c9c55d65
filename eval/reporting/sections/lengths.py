"""The section Lengths: tokens of the teacher's answers, of the rows, and of the answers in the evaluation."""

from typing import Any

from eval.reporting.blocks import Fold, Part, Table, Text, figures
from eval.reporting.plots import length_plot
from eval.reporting.wording import count, share

Summary = dict[str, Any]
Rows = list[dict[str, Any]]


def lengths(summary: Summary) -> list[Part]:
    """Return how long answers and rows are, against the cutoff."""
    parts: list[Part] = []
    folds: list[Part] = []
    for name, what in (("completions", "the teacher's answers"), ("rows", "rows of the mixture")):
        found = summary["lengths"][name]
        if found:
            limit = f"; the cutoff is {found['cutoff']:,}" if found["cutoff"] else ""
            caption = f"Tokens of {what}: {found['n']:,} of them{limit}."
            parts += figures(length_plot(found["bins"], found["cutoff"], what), caption)
            folds.append(Fold(f"Tokens of {what} as a table", [bin_table(found["bins"], what)]))
    table = length_table(summary["lengths"])
    parts.append(table if table.rows else Text("No length is known yet."))
    parts += folds
    answers = answer_table(summary["answers"])
    return [*parts, answers] if answers.rows else parts


def length_table(lengths: dict[str, Any]) -> Table:
    """Return quantiles of lengths against the cutoff."""
    header = ["what", "n", "mean", "median", "95 % within", "longest", "cutoff", "over the cutoff", "length unknown"]
    lines = []
    for name, what in (("completions", "answers of the teacher"), ("rows", "rows of the mixture")):
        found = lengths[name]
        if found:
            numbers = [count(found[key]) for key in ("n", "mean", "p50", "p95", "max", "cutoff", "over", "unknown")]
            lines.append([what, *numbers])
    return Table("Tokens of answers and of whole rows", header, lines)


def bin_table(bins: Rows, what: str) -> Table:
    """Return the numbers of a histogram."""
    lines = []
    for one in bins:
        low, last = one["low"], one["high"] - 1
        lines.append([f"{low:,}" if low == last else f"{low:,} to {last:,}", f"{one['count']:,}"])
    return Table(f"Tokens of {what}", ["tokens", "how many"], lines)


def answer_table(answers: Rows) -> Table:
    """Return how long the answers of an evaluation are."""
    lines = []
    for row in answers:
        numbers = [count(row.get(key)) for key in ("mean", "p50", "p90", "p99", "max")]
        lines.append([row["model"], row["benchmark"], *numbers, share(row["truncated"])])
    header = ["model", "benchmark", "mean", "median", "90 % within", "99 % within", "longest", "cut off"]
    return Table("Tokens of answers in the evaluation", header, lines)
