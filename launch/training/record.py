"""record: train.json, what a training was, what it took, and what had been planned.

    record(output, facts, options, starts, conditions, shape, peak)      when LLaMA-Factory is done
    -> {"rows": 128, "steps": 48, "first_loss": 2.1, ..., "losses": [[1, 2.1], ...],
        "planned": {"seconds": 140.2, "dollars": null, "mfu": 0.41, "tokens_per_second": 540.1, "memory": {...}, ...},
        "spent": {"seconds": 151.8, "dollars": null, "mfu": 0.39, "memory": {"host_gb": 6.2}, "starts": 1, ...}}

    train     planned 2.3 minutes, took 2.5 minutes (+8 %); 6.2 GB of host memory, 6.9 planned

Seconds and dollars are those of all starts; tokens/s and the share of the peak (MFU) are of the last, without loading: its
`train_runtime` covers the steps since it resumed. The loss plot, training_loss.png, is LLaMA-Factory's own (`plot_loss:
true`): it draws the trainer's state, which a resumed training reads back, so it begins at the first step.
Not covered: memory of other machines and of Ray's workers.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.journal import write_text
from launch.training import hours as training_time
from launch.training.model_shape import Shape
from launch.training.peak_memory import gpu_gb
from launch.training.plan import duration
from launch.training.starts import Starts

CLOCK_SLACK_S = 60  # our seconds of a start are noted every few seconds, by a clock that nobody sets


def record(
    output: Path,
    facts: dict[str, Any],
    options: dict[str, Any],
    starts: Starts,
    conditions: dict[str, Any],
    shape: Shape | None,
    peak: float | None,
) -> dict[str, Any]:
    """Write train.json: what was trained, how long it took, the loss at every step. Raises UserError on no steps.

    `peak` is the FLOP/s of all chips of this start, which may be others than those of the first.
    """
    rows = log_rows(output / "trainer_log.jsonl")
    last, total = (rows[-1]["current_steps"], rows[-1]["total_steps"]) if rows else (0, 0)  # the end has a row of its own
    if not last:
        raise UserError(f"{output}: no step was trained; see the log")
    if last < total:
        raise UserError(f"{output}: ended at step {last} of {total}; run it again")
    by_step = {row["current_steps"]: row["loss"] for row in rows if "loss" in row}
    losses = [[step, by_step[step]] for step in sorted(by_step)]  # a step done again after a resume counts once
    results = json.loads((output / "train_results.json").read_text(encoding="utf-8"))
    epochs = results.get("epoch", options.get("num_train_epochs"))
    start, first = starts.starts[-1], starts.starts[-1]["first_step"]
    tokens = facts["tokens"] * epochs * (1 - first / total)  # of this start
    lora, seconds = options.get("finetuning_type", "lora") == "lora", results["train_runtime"]
    if not 0 < seconds <= start["seconds"] + CLOCK_SLACK_S:
        seconds = None  # the wall clock, by which LLaMA-Factory counts, was set meanwhile
    per_second = round(tokens / seconds, 1) if tokens and seconds else None
    result = {
        "rows": facts["rows"],
        "tokens": facts["tokens"],
        "epochs": epochs,
        "steps": total,
        "first_loss": losses[0][1] if losses else None,
        "last_loss": losses[-1][1] if losses else None,
        "seconds": start["seconds"],
        "train_runtime": seconds,
        "resumed_from": first,
        "tokens_per_second": per_second,
        "conditions": conditions,
        "planned": starts.planned,
        "spent": {
            "seconds": round(starts.seconds, 1),
            "hours": starts.seconds / 3600,
            "dollars": dollars(starts, conditions),
            "tokens_per_second": per_second,
            "mfu": mfu(peak, shape, tokens, facts["tokens"] / facts["rows"], lora, seconds),
            "memory": {"host_gb": starts.host_gb} | gpu_gb(rows),
            "starts": len(starts.starts),
        },
        "losses": losses,
    }
    write_text(output / "train.json", json.dumps(result, indent=1) + "\n")
    return result


def log_rows(log: Path) -> list[dict[str, Any]]:
    """Return the rows of trainer_log.jsonl but for torn ones: a full disk or a power cut leaves a part of a line, to which
    the next start appends. The loss of a step is worth less than the record of a whole training."""
    rows = []
    for line in log.read_text("utf-8", "replace").splitlines() if log.is_file() else []:
        with contextlib.suppress(ValueError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict) and {"current_steps", "total_steps"} <= row.keys()]


def dollars(starts: Starts, conditions: dict[str, Any]) -> float | None:
    """Return what all starts cost at the planned price, None where there is none."""
    gpu_hour = starts.planned["gpu_hour"]
    chips = max(1, conditions["gpus"]) * conditions["nodes"]
    return None if gpu_hour is None else round(starts.seconds / 3600 * chips * gpu_hour, 2)


def mfu(
    peak: float | None, shape: Shape | None, tokens: float, row: float, lora: bool, seconds: float | None
) -> float | None:
    """Return the share of the peak that `tokens` in `seconds` are, None without a known peak, time or any token."""
    if shape is None or peak is None or not tokens or not seconds:
        return None
    return round(training_time.flops(shape, tokens, row, lora) / (seconds * peak), 4)


def describe(result: dict[str, Any]) -> list[str]:
    """Return the lines to print after the last step: the loss, and planned against spent."""
    planned, spent = result["planned"], result["spent"]
    own = result["steps"] - result["resumed_from"]  # of the last start
    done = f"{own}" if own == result["steps"] else f"{own} of {result['steps']}"
    parts = [f"{done} steps in {result['seconds']:.0f} s"]
    if result["tokens_per_second"]:
        parts.append(f"{result['tokens_per_second']:.0f} tokens/s")
    if result["losses"]:
        parts.append(f"loss {result['first_loss']:.3f} -> {result['last_loss']:.3f}")
    said = [f"took {duration(spent['seconds'])}"]
    if planned["seconds"] is not None:
        off = spent["seconds"] / planned["seconds"] - 1
        said = [f"planned {duration(planned['seconds'])}, {said[0]} ({off:+.0%})".replace("%", " %")]
    if spent["starts"] > 1:
        said[0] += f" in {spent['starts']} starts"
    if spent["dollars"] is not None:
        said.append(f"${spent['dollars']:,.2f}, ${planned['dollars']:,.2f} planned")
    if spent["mfu"] is not None:
        what = "peak" if result["conditions"]["gpus"] else "matrix rate that was measured before"
        said.append(f"{100 * spent['mfu']:.1f} % of the {what}")
    expected = planned["memory"]
    if "gpu_reserved_gb" in spent["memory"]:
        said.append(f"{spent['memory']['gpu_reserved_gb']:,.1f} GB of each GPU{_planned(expected, 'gpu_gb')}")
    if spent["memory"]["host_gb"]:
        said.append(f"{spent['memory']['host_gb']:,.1f} GB of host memory{_planned(expected, 'host_gb')}")
    return [", ".join(parts), "; ".join(said)]


def _planned(memory: dict[str, float] | None, key: str) -> str:
    return f", {memory[key]:,.1f} planned" if memory else ""
