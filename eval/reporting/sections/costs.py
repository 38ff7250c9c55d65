"""The section Planned and spent: seconds, tokens and dollars of each stage."""

from typing import Any

from eval.reporting.blocks import Fold, Part, Table, Text, figures
from eval.reporting.plots import cost_plot
from eval.reporting.wording import UNKNOWN, count, duration, money

Summary = dict[str, Any]
Rows = list[dict[str, Any]]

SMALL = 0.01  # of the largest bar: less is not to be seen

DRAWN = {"seconds": "Time", "completion_tokens": "Tokens", "dollars": "Dollars"}
COSTS_NOTE = (
    "Planned is what was worked out before anything was spent: `at most` is requests x max_tokens, which no answer can "
    "pass; `about` is a mean: the one that the YAML expects, or the published one of a benchmark. Unknown: nobody planned "
    "it, or the YAML has no price. Dollars are tokens or hours at the prices of the YAML, no invoice. Time of a training is "
    "that of LLaMA-Factory's own process; of other stages, of the whole command, all its runs together."
)


def costs(summary: Summary) -> list[Part]:
    """Return what each stage was planned to take and took."""
    stages = summary["costs"]
    if not stages:
        return [Text("Nothing has run yet.")]
    parts: list[Part] = []
    for what, name in DRAWN.items():
        rows, left_out = cost_rows(stages, what)
        small = f" Too small to be drawn: {', '.join(left_out)}." if left_out else ""
        caption = f"{name}, planned and spent, of each stage of which either is known.{small}"
        parts += figures(cost_plot(rows), caption) if rows else []
    parts.append(cost_table(stages, summary["totals"]))
    how = how_planned(stages)
    return [*parts, Fold("What the plans are made of", [how])] if how.rows else parts


def cost_rows(stages: Rows, what: str) -> tuple[Rows, list[str]]:
    """Return the rows of a plot of costs, and the stages that are too small to be seen in it. Time is in hours where the
    longest stage took two, else in minutes."""
    pairs: dict[str, dict[str, Any]] = {}
    for row in stages:
        own = row.get("trained_tokens") if what == "completion_tokens" else None
        pairs[row["stage"]] = own or row[what]
    heights = {name: max(pair["planned"] or 0, pair["spent"] or 0) for name, pair in pairs.items()}
    largest = max(heights.values())
    unit, scale = ("h", 3600) if largest >= 7200 else ("min", 60)
    if what != "seconds":
        unit, scale = ("tokens" if what == "completion_tokens" else "$"), 1
    rows = []
    for name, pair in pairs.items():
        if heights[name] > SMALL * largest:
            sides = {side: None if pair[side] is None else round(pair[side] / scale, 2) for side in ("planned", "spent")}
            rows.append({"name": name, **sides, "unit": unit})
    return rows, [name for name, height in heights.items() if 0 < height <= SMALL * largest]


def cost_table(costs: Rows, totals: dict[str, Any]) -> Table:
    """Return seconds, tokens and dollars of each stage, planned and spent, and what all took."""
    header = [
        "stage",
        "time planned",
        "time spent",
        "tokens planned",
        "tokens spent",
        "read",
        "tokens/s",
        "$ planned",
        "$ spent",
    ]
    lines = []
    for row in costs:
        tokens = row.get("trained_tokens") or row["completion_tokens"]
        asked = tokens["spent"] is not None or tokens["planned"] is not None
        free = not asked and row["dollars"]["spent"] is None and not row["stage"].startswith("train ")
        lines.append(
            [
                row["stage"],
                "" if free else duration(row["seconds"]["planned"]),
                duration(row["seconds"]["spent"]),
                _planned(tokens["planned"], row) if asked else "",
                count(tokens["spent"]) if asked else "",
                count(row["prompt_tokens"]["spent"]) if row["prompt_tokens"]["spent"] is not None else "",
                count(row["tokens_per_second"]) if row["tokens_per_second"] else "",
                "" if free else _planned_dollars(row),
                "" if free else money(row["dollars"]["spent"]),
            ]
        )
    sums = ["all", "", duration(totals["seconds"]), "", count(totals["completion_tokens"]), count(totals["prompt_tokens"])]
    lines.append([*sums, "", "", money(totals["dollars"])])
    caption = "Planned against spent; tokens are those that were written, or trained on; `read` are those of prompts"
    return Table(caption, header, lines if costs else [], COSTS_NOTE if costs else "")


def _planned(tokens: float | None, row: dict[str, Any]) -> str:
    if tokens is None:
        return UNKNOWN
    if row["stage"].startswith("train "):
        return count(tokens)
    return f"{'at most' if row['bound'] else 'about'} {tokens:,.0f}"


def _planned_dollars(row: dict[str, Any]) -> str:
    dollars, training = row["dollars"]["planned"], row["stage"].startswith("train ")
    if dollars is None or training:
        return money(dollars)
    return f"{'at most' if row['bound'] else 'about'} {money(dollars)}"


def how_planned(costs: Rows) -> Table:
    """Return what the plans were made of."""
    lines = [[row["stage"], row["says"]] for row in costs if row["says"]]
    return Table("What the plans are made of", ["stage", "plan"], lines)
