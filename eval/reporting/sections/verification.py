"""The section Verification: which answers were graded, what decided, and what could not be decided."""

from typing import Any

from eval.reporting.blocks import Fold, Part, Table, Text
from eval.reporting.wording import percent, share, told

Summary = dict[str, Any]
Rows = list[dict[str, Any]]


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
        verification_table(summary["verification"]),
        Text(text),
        tier_table(tiers),
        Fold("Reasons of the verdicts", [reason_table(reasons)]),
    ]


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
