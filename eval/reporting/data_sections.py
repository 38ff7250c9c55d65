"""The sections of a run's page that tell of its data: funnel, accepted answers, lengths, verification."""

from typing import Any

from eval.reporting import data_tables, plots
from eval.reporting.blocks import Fold, Heading, Part, Text
from eval.reporting.drawing import figures
from eval.reporting.wording import told

Summary = dict[str, Any]


def funnel(summary: Summary) -> list[Part]:
    """Return the way from problems to rows, and what the rows are."""
    lines = summary["funnel"]
    if not lines:
        return [Text("No stage has told its numbers yet (`make data`).")]
    caption = "What each stage kept of what came in. Units differ: a problem has several traces."
    parts: list[Part] = [*figures(plots.funnel_plot, lines, caption=caption), data_tables.funnel_table(lines)]
    by_source = data_tables.funnel_by_source(lines)
    if by_source.rows:
        parts.append(Fold("By source", [by_source]))
    if summary["mixture"]:
        parts += [Heading("What the mixture holds"), data_tables.composition_table(summary["mixture"])]
    return parts


def acceptance(summary: Summary) -> list[Part]:
    """Return which share of the answers was accepted, by source, by difficulty, and before and after rewriting."""
    parts: list[Part] = []
    for what, groups in summary["acceptance"].items():
        caption = f"Share of answers accepted, by {what}, with 95 % intervals; what was undecided is not accepted."
        if [group["name"] for group in groups] == ["unknown"]:
            parts.append(Text(f"Of no problem the {what} is known."))
        elif groups:
            drawn = figures(plots.acceptance_plot, groups, caption=caption) if len(groups) > 1 else []
            parts += [Heading(f"By {what}"), *drawn, data_tables.acceptance_table(groups, what)]
    if not parts:
        return [Text(f"Not counted: {summary['not_counted'] or 'no answer is verified yet (`make data`)'}.")]
    if summary["rewriting"]:
        parts += [Heading("Rewriting"), data_tables.rewriting_table(summary["rewriting"])]
    else:
        parts.append(Text("No model rewrote these traces, so there is no before and after."))
    return parts


def lengths(summary: Summary) -> list[Part]:
    """Return how long answers and rows are, against the cutoff."""
    parts: list[Part] = []
    folds: list[Part] = []
    for name, what in (("completions", "the teacher's answers"), ("rows", "rows of the mixture")):
        found = summary["lengths"][name]
        if found:
            limit = f"; the cutoff is {found['cutoff']:,}" if found["cutoff"] else ""
            caption = f"Tokens of {what}: {found['n']:,} of them{limit}."
            parts += figures(plots.length_plot, found["bins"], found["cutoff"], what, caption=caption)
            folds.append(Fold(f"Tokens of {what} as a table", [data_tables.bin_table(found["bins"], what)]))
    table = data_tables.length_table(summary["lengths"])
    parts.append(table if table.rows else Text("No length is known yet."))
    parts += folds
    answers = data_tables.answer_table(summary["answers"])
    return [*parts, answers] if answers.rows else parts


def verification(summary: Summary) -> list[Part]:
    """Return what was graded, what decided, and what could not be decided."""
    if not summary["verification"]:
        return [Text(f"Not counted: {summary['not_counted'] or 'no answer is verified yet (`make data`)'}.")]
    reasons, tiers = summary["reasons"], summary["tiers"]
    undecided, total = sum(row["undecided"] for row in tiers), sum(reasons.values())
    named = {name: reasons[name] for name in ("undecided", "infra", "bad_gold") if name in reasons}
    why = f" ({told(named)})" if undecided and named else ""
    text = f"{undecided:,} of {total:,} answers were undecided{why}: neither accepted nor counted as wrong in the data."
    return [
        data_tables.verification_table(summary["verification"]),
        Text(text),
        data_tables.tier_table(tiers),
        Fold("Reasons of the verdicts", [data_tables.reason_table(reasons)]),
    ]
