"""The section What was not run, with the reason and the command."""

from typing import Any

from eval.reporting.blocks import Fold, Part, Table, Text

Summary = dict[str, Any]
Rows = list[dict[str, Any]]

UNFOLDED = 20  # lines of what was not run


def not_run(summary: Summary) -> list[Part]:
    """Return what was not run, and why."""
    table = not_run_table(summary["not_run"])
    if not table.rows:
        return [Text("Nothing that the manifest or the recipe names: all stages are whole, all benchmarks have scores.")]
    return [table] if len(table.rows) <= UNFOLDED else [Fold(f"{len(table.rows)} lines", [table])]


def not_run_table(not_run: Rows) -> Table:
    """Return what was not run, why, and what would run it."""
    models: dict[tuple[str, ...], list[str]] = {}  # those that lack the same benchmark for the same reason are one line
    for row in not_run:
        what: str = row.get("benchmark") or row["what"]
        models.setdefault((what, row["kind"], row["why"], row["then"]), []).extend(filter(None, [row.get("model")]))
    lines = [
        [f"{what}: {', '.join(found)}" if found else what, kind, why, f"`{then}`" if then else ""]
        for (what, kind, why, then), found in models.items()
    ]
    return Table("What this report cannot tell", ["what", "kind", "why", "what runs it"], lines)
