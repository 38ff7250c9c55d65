"""The section Loss: each training by optimizer step."""

from typing import Any

from eval.reporting.blocks import Fold, Part, Table, Text, figures
from eval.reporting.plots import loss_plot
from eval.reporting.wording import UNKNOWN, count

Summary = dict[str, Any]


def loss(summary: Summary) -> list[Part]:
    """Return the loss of each training."""
    losses = summary["losses"]
    if not losses:
        return [Text("Not run: nothing is trained yet (`make train`).")]
    caption = ["Training loss by optimizer step."]
    for config, one in losses.items():
        if len(one["losses"]) + one["not_finite"] < one["logged"]:
            logged = f"{one['logged']:,} logged losses"
            caption.append(f"Of {config} the lowest and the highest of each stretch of its {logged} are drawn.")
        if one["not_finite"]:
            caption.append(f"Of {config} {one['not_finite']:,} steps had a loss that is no number; they are not drawn.")
    series = {config: one["losses"] for config, one in losses.items() if one["losses"]}
    parts: list[Part] = [*figures(loss_plot(series), " ".join(caption)), loss_table(losses)]
    return [*parts, Fold("Loss by step", [loss_steps(losses)])]


def loss_table(losses: dict[str, dict[str, Any]]) -> Table:
    """Return each training with its first and last loss."""
    header = ["config", "rows", "tokens an epoch", "epochs", "steps", "first loss", "last loss"]
    lines = []
    for config, one in losses.items():
        none = "not a number" if one["not_finite"] else UNKNOWN
        ends = [none if one[name] is None else f"{one[name]:.4f}" for name in ("first", "last")]
        epochs = UNKNOWN if one["epochs"] is None else f"{one['epochs']:g}"
        lines.append([config, count(one["rows"]), count(one["tokens"]), epochs, count(one["steps"]), *ends])
    return Table("Trainings", header, lines)


def loss_steps(losses: dict[str, dict[str, Any]], most: int = 24) -> Table:
    """Return the loss at some steps of each training, evenly spread."""
    lines = []
    for config, one in losses.items():
        every = max(1, -(-len(one["losses"]) // most))
        shown = [*one["losses"][:-1:every], *one["losses"][-1:]]
        lines += [[config, f"{step:,.0f}", f"{loss:.4f}"] for step, loss in shown]
    return Table(f"Loss at up to {most} steps and at the last", ["config", "step", "loss"], lines)
