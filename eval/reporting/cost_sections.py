"""The sections of a run's page that tell of its training, its cost, where it was made, and what was not run."""

from typing import Any

from eval.reporting import cost_tables, plots
from eval.reporting.blocks import Fold, Part, Text
from eval.reporting.drawing import figures

Summary = dict[str, Any]
Rows = list[dict[str, Any]]

UNFOLDED = 60  # lines of what was not run
SMALL = 0.01  # of the largest bar: less is not to be seen
DRAWN = {"seconds": "Time", "completion_tokens": "Tokens", "dollars": "Dollars"}


def loss(summary: Summary) -> list[Part]:
    """Return the loss of each training."""
    losses = summary["losses"]
    if not losses:
        return [Text("Not run: nothing is trained yet (`make train`).")]
    caption = ["Training loss by optimizer step."]
    for config, one in losses.items():
        if one["every"] > 1:
            caption.append(f"Of {config} one in {one['every']:,} steps is drawn.")
        if one["not_finite"]:
            caption.append(f"Of {config} {one['not_finite']:,} steps had a loss that is no number; they are not drawn.")
    series = {config: one["losses"] for config, one in losses.items() if one["losses"]}
    parts: list[Part] = [*figures(plots.loss_plot, series, caption=" ".join(caption)), cost_tables.loss_table(losses)]
    return [*parts, Fold("Loss by step", [cost_tables.loss_steps(losses)])]


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
        parts += figures(plots.cost_plot, rows, caption=caption) if rows else []
    parts.append(cost_tables.cost_table(stages, summary["totals"]))
    how = cost_tables.how_planned(stages)
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


def environment(summary: Summary) -> list[Part]:
    """Return where the numbers were made, and out of what."""
    provenance = summary["provenance"]
    parts: list[Part] = [cost_tables.environment_table(summary["environment"], provenance)]
    revisions = cost_tables.revision_table(provenance)
    parts.append(revisions if revisions.rows else Text("Nothing was read from a hub, so no revision was resolved."))
    hashes = cost_tables.hash_table(provenance)
    return [*parts, Fold("Hashes of inputs", [hashes])] if hashes.rows else parts


def not_run(summary: Summary) -> list[Part]:
    """Return what was not run, and why."""
    table = cost_tables.not_run_table(summary["not_run"])
    if not table.rows:
        return [Text("Nothing that the manifest or the recipe names: all stages are whole, all benchmarks have scores.")]
    return [table] if len(table.rows) <= UNFOLDED else [Fold(f"{len(table.rows)} lines", [table])]
