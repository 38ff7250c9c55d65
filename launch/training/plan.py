"""plan: the steps, hours and dollars of a training before it starts, to be held against what it took.

    plan(options, facts, shape, hardware, nodes, price, share=None)
    -> Plan(steps=513, tokens=201e6, seconds=68400.0, tokens_per_second=2938.6, mfu=0.074, peak=7.9e15, dollars=450.0, ...)

    train     513 steps of 96 rows, 201,000,000 tokens: 19.0 hours, 2,939 tokens/s at 7.4 % of 7,916.00 TFLOP/s (...)
    train     $450.19 at $2.96 a GPU-hour (the published run's price; prices.gpu_hour in the recipe's eval.yaml says yours)

The share of the peak (MFU) is, in this order: what an earlier training of the same config on a machine like this one
reached (its train.json), on GPUs what the published run reached, on a CPU what the quickstart reached. A CPU's peak is
its matrix rate, measured at that moment. Not covered: evaluation while training, and loading on GPUs.
"""

import contextlib
import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import UserError
from eval.config import load_eval
from launch.training import hours as training_time
from launch.training.hardware import Hardware
from launch.training.memory import Needs
from launch.training.model_shape import Shape
from launch.training.row_lengths import sequences_a_step, steps
from launch.training.world import processes

RATE = Path(__file__).parent / "matrix_rate.py"
# Of the quickstart on 2 cores, 2026-11-26: its training reached 0.61 of the matrix rate on an idle machine, 0.41 and 0.49
# beside other work; its start took 1.5 times as long as loading its dataset had just before, imports included.
CPU_SHARE = 0.6
STARTS_OF_A_LOAD = 1.5
# The keys of a training YAML that its speed depends on most.
SPEED = (
    "model_name_or_path", "finetuning_type", "quantization_bit", "deepspeed", "per_device_train_batch_size", "packing",
    "neat_packing", "flash_attn", "enable_liger_kernel", "disable_gradient_checkpointing", "optim",
)  # fmt: skip


@dataclass(frozen=True)
class Price:
    """Dollars of a GPU for an hour, and whose figure that is; None: no price."""

    gpu_hour: float | None
    source: str
    own: bool = False  # the user's own figure


@dataclass(frozen=True)
class Plan:
    """What a whole training will take. `peak` is FLOP/s of all its chips; None is not known."""

    steps: int
    rows_a_step: float
    tokens: float
    seconds: float | None
    tokens_per_second: float | None
    mfu: float | None
    mfu_source: str
    peak: float | None
    dollars: float | None

    def record(self, price: Price, need: Needs | None) -> dict[str, Any]:
        """Return it for train.json, with the price and the memory and disk that it was made with."""
        memory = need and {
            "gpu_gb": round(need.gpu_gb, 1),
            "host_gb": round(need.host_gb, 1),
            "disk_gb": round(need.disk_gb, 1),
        }
        hours = None if self.seconds is None else self.seconds / 3600
        return asdict(self) | {"hours": hours, "gpu_hour": price.gpu_hour, "price_source": price.source, "memory": memory}


def conditions(have: Hardware, nodes: int, options: dict[str, Any]) -> dict[str, Any]:
    """Return what must be alike for one training's share of the peak to be expected of another."""
    place = {"gpu": have.gpu_name, "gpus": have.gpus, "nodes": nodes, "cpus": None if have.gpus else os.cpu_count()}
    return place | {key: options.get(key) for key in SPEED}


def price(recipe: Path, have: Hardware) -> Price:
    """Return what a GPU-hour costs: by the recipe's eval.yaml, else by the published run; without GPUs there is no price."""
    if not have.gpus:
        return Price(None, "no GPU")
    told = load_eval(recipe).prices if (recipe / "eval.yaml").is_file() else None
    if told is not None and told.gpu_hour is not None:
        return Price(told.gpu_hour, "prices.gpu_hour of the recipe's eval.yaml", own=True)
    return Price(training_time.GPU_HOUR, "the published run's price; prices.gpu_hour in the recipe's eval.yaml says yours")


def earlier_share(runs: Path, config: str, here: dict[str, Any]) -> tuple[float, str] | None:
    """Return the share of the peak that the newest finished training of the config reached under the same
    `conditions`, and the folder of its model."""
    files = sorted(runs.glob(f"*/model/{config}/train.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for file in files:
        with contextlib.suppress(ValueError):  # one that somebody edited tells nothing, and stops nothing
            trained = json.loads(file.read_text(encoding="utf-8"))
            share = trained.get("spent", {}).get("mfu")
            if share and trained.get("conditions") == here:
                return share, str(file.parent.relative_to(runs.parent))  # train.json is pushed: no folder of this machine
    return None


def plan(
    options: dict[str, Any],
    facts: dict[str, Any],
    shape: Shape | None,
    have: Hardware,
    nodes: int,
    price: Price,
    share: tuple[float, str] | None = None,
) -> Plan:
    """Return the plan of a training; `facts` are the dataset's (preflight.dataset_facts), `share` is `earlier_share`'s."""
    world = processes(options, have.gpus, nodes)
    sequences = facts["packed"] or facts["rows"]
    count, a_step = steps(options, sequences, world), sequences_a_step(options, world)
    epochs = float(options.get("num_train_epochs", 3))
    if int(options.get("max_steps", -1)) > 0:
        epochs = count * a_step / sequences
    tokens = facts["tokens"] * epochs
    rows_a_step = a_step * facts["rows"] / sequences
    mean = facts["tokens"] / facts["rows"]
    lora = options.get("finetuning_type", "lora") == "lora"
    each = peak_here(options, shape, have, mean) if shape else None
    if shape is None or each is None:
        why = f"no peak known for {have.gpu_name}" if shape else "the model's shape is not known"
        return Plan(count, rows_a_step, tokens, None, None, None, why, None, None)
    if share is not None:
        mfu, source = share[0], f"measured in {share[1]}"
    elif have.gpus:
        mfu, source = training_time.published_mfu(), "the published run's share; yours will be measured"
    else:
        mfu, source = CPU_SHARE, "the quickstart's share of a CPU's matrix rate, which was measured now"
    chips = max(1, have.gpus) * nodes
    work = training_time.hours(shape, tokens, mean, chips, each, mfu, lora) * 3600
    seconds = work + (0 if have.gpus else STARTS_OF_A_LOAD * facts["load_seconds"])
    dollars = None if price.gpu_hour is None else seconds / 3600 * chips * price.gpu_hour
    return Plan(count, rows_a_step, tokens, seconds, tokens / work, mfu, source, each * chips, dollars)


def peak_here(options: dict[str, Any], shape: Shape, have: Hardware, mean: float) -> float | None:
    """Return the FLOP/s of a chip of this machine: of a GPU by its data sheet, of the CPU measured now."""
    if have.gpus:
        return training_time.peak(have.gpu_name or "")
    tokens = int(mean * int(options.get("per_device_train_batch_size", 8)))
    dtype = "bfloat16" if options.get("bf16") or options.get("pure_bf16") else "float32"
    # What most of the operations are: a matrix of the MLP, but for models so small that it is the vocabulary's.
    width = shape.intermediate if 3 * shape.layers * shape.intermediate > shape.vocab else shape.vocab
    words = [dtype, *map(str, (min(tokens, 8192), shape.hidden, width))]
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(os.cpu_count() or 1))}  # as training has
    done = subprocess.run([train_env.PYTHON, RATE, *words], capture_output=True, text=True, env=os.environ | threads)
    if done.returncode != 0:
        raise UserError(f"the matrix rate could not be measured:\n{done.stderr.strip()[-500:]}")
    return float(json.loads(done.stdout)["flops"])


def describe(plan: Plan, price: Price, first: int = 0) -> list[str]:
    """Return the lines to print before the first step; `first` steps are done already."""
    begin = f"{plan.steps:,} steps of {plan.rows_a_step:,.0f} rows, {plan.tokens:,.0f} tokens"
    if plan.seconds is None or plan.mfu is None or plan.peak is None:
        return [f"{begin}: hours and dollars unknown ({plan.mfu_source})"]
    lines = [
        f"{begin}: {duration(plan.seconds)}, {plan.tokens_per_second:,.0f} tokens/s at {100 * plan.mfu:.1f} % of "
        f"{plan.peak / 1e12:,.2f} TFLOP/s ({plan.mfu_source})"
    ]
    if plan.dollars is not None and price.gpu_hour is not None:
        lines.append(f"${plan.dollars:,.2f} at ${price.gpu_hour:,.2f} a GPU-hour ({price.source})")
    if first:
        left = 1 - first / plan.steps
        lines.append(f"of these, {plan.steps - first:,} steps are left, about {duration(left * plan.seconds)}")
    return lines


def duration(seconds: float) -> str:
    """Return seconds as people say them."""
    return f"{seconds / 3600:,.1f} hours" if seconds >= 3600 else f"{seconds / 60:,.1f} minutes"
