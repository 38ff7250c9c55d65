"""The tables of the data: the funnel, acceptance, verification, lengths, and what the mixture is made of."""

from typing import Any

from eval.reporting.blocks import Table
from eval.reporting.wording import count, percent, share, told

Rows = list[dict[str, Any]]


def funnel_table(funnel: Rows) -> Table:
    """Return the funnel, a line a stage with every reason."""
    lines = [[line["stage"], f"{line['in']:,}", f"{line['kept']:,}", line["unit"], told(line["reasons"])] for line in funnel]
    return Table("Every stage: what came in, what was kept, and why the rest was not", FUNNEL, lines)


FUNNEL = ["stage", "in", "kept", "of what", "dropped"]


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


def verification_table(verification: Rows) -> Table:
    """Return the share of answers that was right, and what of the mixture was not."""
    header = ["domain", "answers", "right [95 %]", "rows of the mixture", "of them not decided right"]
    lines = []
    for row in verification:
        kept = [f"{row[key]:,}" if row[key] is not None else "not yet" for key in ("rows", "rows_not_right")]
        lines.append([row["domain"], f"{row['n']:,}", percent(row), *kept])
    return Table("Answers that were graded", header, lines)


def tier_table(tiers: Rows) -> Table:
    """Return what decided: a line a tier of a verifier."""
    lines = [[row["tier"], *(f"{row[name]:,}" for name in ("right", "wrong", "undecided"))] for row in tiers]
    return Table("What decided", ["tier", "right", "wrong", "undecided"], lines)


def reason_table(reasons: dict[str, int]) -> Table:
    """Return every reason of a verdict."""
    total = sum(reasons.values())
    lines = [[name, f"{number:,}", share(number / total)] for name, number in reasons.items()]
    return Table("Reasons of the verdicts", ["reason", "answers", "share"], lines)


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
