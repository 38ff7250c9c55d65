"""fit: does a training fit this machine, what is short of what, and which settings would fit.

    faults(needs(training, deepspeed, shape, 8), here(folder))
    -> ["host memory: 888 GB needed, 720 GB here (optimizer 393, fp32 gradients 142, pinned shards, freed but kept 118)"]
    alternatives(training, {"ds_configs/zero3_offload.json": {...}}, shape, hardware)
    -> ['ARGS="finetuning_type=lora"', ...]

A fault is a need above what is there. The estimate errs (docs/training_memory.md): from 90 % on it says so and goes on.
Not covered: whether an alternative trains as well; LoRA is another method, and its rows say so by name.
"""

from dataclasses import replace
from itertools import product
from typing import Any

from launch.training.hardware import GB, Hardware
from launch.training.memory import Needs, needs, not_modelled
from launch.training.model_shape import Shape

TIGHT = 0.9
LORA = {"finetuning_type": "lora"}
ALONE: dict[str, Any] = LORA | {"deepspeed": None}
METHODS: tuple[dict[str, Any], ...] = ({}, LORA, ALONE, ALONE | {"quantization_bit": 4})
SAVERS: tuple[dict[str, Any], ...] = (
    {},
    {"enable_liger_kernel": True},
    {"save_total_limit": 1},
    {"enable_liger_kernel": True, "save_total_limit": 1},
)


def _compared(need: Needs, have: Hardware) -> list[tuple[str, dict[str, float], float]]:
    """Return (what, parts, GB here) of each resource that counts here."""
    rows = [("host memory", need.host, have.host_gb), ("disk", need.disk, have.disk_gb)]
    return ([("memory of each GPU", need.gpu, have.gpu_gb)] if have.gpus else []) + rows


def faults(need: Needs, have: Hardware) -> list[str]:
    """Return a line for each resource that is too small, with the three parts that take most of it."""
    return [
        f"{what}: {sum(parts.values()) / GB:,.0f} GB needed, {here:,.0f} GB here ({_largest(parts)})"
        for what, parts, here in _compared(need, have)
        if sum(parts.values()) / GB > here
    ]


def tight(need: Needs, have: Hardware) -> list[str]:
    """Return a line for each resource that fits with less room than the estimate's error."""
    return [
        f"{what}: {sum(parts.values()) / GB:,.0f} of {here:,.0f} GB, closer than the estimate is exact"
        for what, parts, here in _compared(need, have)
        if TIGHT * here < sum(parts.values()) / GB <= here
    ]


def summary(need: Needs, have: Hardware) -> list[str]:
    """Return the lines to print before the first step: what is needed, what is here, and of what it consists."""
    return [
        f"{what}: {sum(parts.values()) / GB:,.1f} GB of {here:,.1f} ({_largest(parts)})"
        for what, parts, here in _compared(need, have)
    ]


def _largest(parts: dict[str, float]) -> str:
    first = sorted(parts.items(), key=lambda part: -part[1])[:3]
    return ", ".join(f"{name} {size / GB:,.{0 if size >= 10 * GB else 1}f}" for name, size in first)


def packing_faults(training: dict[str, Any], flash_attention: bool) -> list[str]:
    """Return the fault of `neat_packing` without flash attention; `flash_attention`: is the package in .venv-train.

    LLaMA-Factory keeps packed rows apart by their positions with `flash_attn: fa2` only (data/collator.py, 0.9.5);
    otherwise it builds a mask of cutoff_len x cutoff_len for every row, or lets the rows see each other.
    """
    if not training.get("neat_packing") or (training.get("flash_attn") == "fa2" and flash_attention):
        return []
    tokens = int(training.get("cutoff_len", 2048))
    missing = "install flash-attn (requirements/train-gpu.txt)" if not flash_attention else "set `flash_attn: fa2`"
    return [f"neat_packing without flash attention builds a {tokens} x {tokens} mask: {missing}, or take neat_packing out"]


def alternatives(
    training: dict[str, Any],
    deepspeeds: dict[str, dict[str, Any]],
    shape: Shape,
    have: Hardware,
    nodes: int = 1,
    longest: int | None = None,
) -> list[str]:
    """Return settings that fit, as ARGS for `make train`, at most one for each method of METHODS.

    `deepspeeds` maps the path of each DeepSpeed JSON there is to its content.
    """
    found = []
    for method in METHODS:
        paths = [None] if "deepspeed" in method else list(deepspeeds)
        for path, savers in product(paths, SAVERS):
            changed = training | method | savers | {"deepspeed": path}
            content = deepspeeds.get(path or "")
            if changed == training or not_modelled(changed, content):
                continue
            if not faults(needs(changed, content, shape, have.gpus, nodes, longest), have):
                found.append(_arguments({key: value for key, value in changed.items() if training.get(key) != value}))
                break
    return found


def _arguments(change: dict[str, Any]) -> str:
    words = [f"{key}={'null' if value is None else str(value).lower()}" for key, value in change.items()]
    return f'ARGS="{" ".join(words)}"'


def enough_nodes(
    training: dict[str, Any], deepspeed: dict[str, Any] | None, shape: Shape, have: Hardware, longest: int | None = None
) -> int | None:
    """Return the fewest nodes like this one, up to 8, on which the training fits as it is."""
    roomy = replace(have, disk_gb=float("inf"))  # another disk is no reason for another node
    return next(
        (n for n in range(1, 9) if not faults(needs(training, deepspeed, shape, have.gpus, n, longest), roomy)), None
    )
