"""What a training config becomes where it is only timed: its options as they can run here, and a shape that fits.

    changed({"bf16": True, "flash_attn": "fa2", ...}, gpu=False)
    -> ({...}, "save_strategy=best ... bf16=null cutoff_len=1024 flash_attn=sdpa")        what bench/train.py prints
    one_gpu_shape(configs, None)        32B's widths and vocabulary, and as many layers as fit this machine

Not covered: several GPUs.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.train_rows import LONGEST
from data_gen import train_env
from data_gen.cli import UserError
from launch.training import hardware
from launch.training.fit import faults
from launch.training.hours import MODEL
from launch.training.memory import needs
from launch.training.model_shape import SHAPES, Shape

SHORTER = 16  # without a GPU rows are so many times shorter
ROOM = 0.85  # of what is free: the estimate errs (docs/training_memory.md)


def changed(options: dict[str, Any], gpu: bool) -> tuple[dict[str, Any], str]:
    """Return the options as they can be trained here, and the changes as `key=value` words (`key=null` takes one out)."""
    changes: dict[str, Any] = {
        "save_strategy": "best",  # after evaluations, of which there are none; `no` is refused by launch.train
        "metric_for_best_model": "loss",
        "report_to": "none",
        "plot_loss": False,
    }
    changes |= {"preprocessing_num_workers": 1, "disable_shuffling": True}  # so that each step's rows are known
    if not gpu:
        changes |= {"bf16": None, "cutoff_len": LONGEST // SHORTER}  # DeepSpeed on a CPU trains with fp32 only
    if options.get("flash_attn") == "fa2" and not train_env.has_package("flash_attn"):
        changes["flash_attn"] = "sdpa"
    if options.get("enable_liger_kernel") and not train_env.has_package("liger_kernel"):
        changes["enable_liger_kernel"] = None
    changes = {key: value for key, value in changes.items() if value is not None or key in options}
    words = [f"{key}={'null' if value is None else str(value).lower()}" for key, value in changes.items()]
    return {key: value for key, value in (options | changes).items() if value is not None}, " ".join(words)


def one_gpu_shape(configs: list[dict[str, Any]], layers: int | None) -> Shape:
    """Return 32B's shape with `layers` layers, or as many as fit this machine for every config. Raises UserError at none."""
    have = hardware.here(Path("runs"))
    roomy = replace(have, gpus=1, gpu_gb=have.gpu_gb * ROOM, host_gb=have.host_gb * ROOM)
    for count in [layers] if layers else range(SHAPES[MODEL].layers, 0, -1):
        shape = replace(SHAPES[MODEL], layers=count)
        of_all = [needs(options, deepspeed_of(options), shape, 1) for options in configs]
        if layers or not any(faults(need, roomy) for need in of_all):
            return shape
    raise UserError(f"not even one layer of {MODEL}'s width fits: {have}")


def deepspeed_of(options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the DeepSpeed JSON that the options name, None where they name none."""
    path = options.get("deepspeed")
    content: dict[str, Any] | None = json.loads((train_env.ROOT / path).read_text("utf-8")) if path else None
    return content
