"""How much of a training's work on rows of given lengths is useful, and what it moves between host and GPUs.

    micros = alone([2617, 8944, ...])       one row a micro-step, as sky_t1_preview.yaml trains
    useful(micros)                          0.999: padding to a multiple of 8 tokens is all that is wasted
    in_step(shape, micros, gpus=8)          the share of the GPUs' time in which they do not wait for the longest row
    moved(shape, zero, gpus=8)              {"PCIe": 33e9, "NVLink": 172e9}: bytes of a GPU in a micro-step

Arithmetic, not measurement. Not covered: what of the movement is hidden behind computing.
"""

import math
from dataclasses import dataclass

from launch.training.hours import flops
from launch.training.model_shape import Shape
from launch.training.zero import Zero

PAD_TO = 8  # LLaMA-Factory pads a batch to a multiple of so many tokens
# ZeRO-3 gathers the weights for forward, and once more for the recomputation and backward of a layer together: counted
# (docs/performance.md). With a `stage3_max_reuse_distance` of less than two layers it would be three.
PASSES = 2


@dataclass(frozen=True)
class Micro:
    """One micro-step of one GPU: the lengths of the rows in it, and the tokens that the matrices are multiplied with."""

    rows: tuple[int, ...]
    computed: int

    @property
    def tokens(self) -> int:
        return sum(self.rows)


def alone(lengths: list[int], batch: int = 1) -> list[Micro]:
    """Return micro-steps of `batch` rows in order, each padded to the longest of them."""
    groups = [tuple(lengths[i : i + batch]) for i in range(0, len(lengths), batch)]
    return [Micro(rows, len(rows) * math.ceil(max(rows) / PAD_TO) * PAD_TO) for rows in groups]


def packed(packs: list[list[int]], batch: int, cutoff: int, unpadded: bool) -> list[Micro]:
    """Return micro-steps of `batch` packs; with flash attention LLaMA-Factory takes a pack's padding out (`unpadded`)."""
    groups = [packs[i : i + batch] for i in range(0, len(packs), batch)]
    rows = [tuple(row for pack in group for row in pack) for group in groups]
    return [Micro(of, sum(of) if unpadded else cutoff * len(group)) for of, group in zip(rows, groups, strict=True)]


def work(shape: Shape, micro: Micro) -> float:
    """Return the useful floating-point operations of a micro-step: no padding, each row attending to itself."""
    return sum(flops(shape, row, row) for row in micro.rows)


def useful(micros: list[Micro]) -> float:
    """Return the share of the computed tokens that are not padding."""
    return sum(micro.tokens for micro in micros) / sum(micro.computed for micro in micros)


def in_step(shape: Shape, micros: list[Micro], gpus: int) -> float:
    """Return the share of the GPUs' time in which they work, where each micro-step lasts as long as its longest.

    ZeRO-3 gathers every layer on all GPUs at once, so none can run ahead of the GPU with the longest row.
    """
    times = [work(shape, micro) for micro in micros]
    steps = [times[i : i + gpus] for i in range(0, len(times) - gpus + 1, gpus)]
    return sum(map(sum, steps)) / (gpus * sum(map(max, steps)))


def moved(shape: Shape, zero: Zero, gpus: int) -> dict[str, float]:
    """Return the bytes that a GPU moves in a micro-step: over PCIe from and to the host, and over NVLink to the others.

    bf16: 2 bytes. Offloaded weights: this GPU's share, at every pass. Offloaded gradients: read and written once
    (DeepSpeed 0.19.8, zero/stage3.py, partition_grads). NVLink: what the other GPUs hold, and their part of the gradients.
    """
    size = 2.0 * shape.parameters
    others = (gpus - 1) / gpus
    return {
        "PCIe": size / gpus * (PASSES * zero.weights_on_host + 2 * zero.optimizer_on_host),
        "NVLink": size * others * ((PASSES if zero.stage == 3 else 0) + 1),
    }
