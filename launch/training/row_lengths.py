"""row_lengths: how long the rows of a dataset are, in a few lines of text, and how many rows a step of training sees.

    for line in describe(facts, {"cutoff_len": 16384}, world=8): print(line)

    16,401 rows, 67,000,000 tokens, mean 4,085, longest 16,900, 3 over cutoff_len 16,384 (0.02 %)
          0-4,999 12,208 ##############################
      5,000-9,999  3,310 #########
    10,000-14,999    801 ##
    15,000-19,999     82 #

Lengths are tokens of a whole row, as LLaMA-Factory renders it, without those that `val_size` holds out.
"""

import math
from collections.abc import Iterator
from typing import Any

BARS, WIDTH = 7, 30  # rows of the histogram at most, and columns of its longest bar


def describe(facts: dict[str, Any], options: dict[str, Any], world: int) -> list[str]:
    """Return a line of totals, a histogram, and what packing does to a step of `world` processes; `facts` are the dataset's
    (`preflight.dataset_facts`)."""
    lengths, over = facts["lengths"], facts["over_cutoff"]
    total = (
        f"{len(lengths):,} rows, {sum(lengths):,} tokens, mean {sum(lengths) / len(lengths):,.0f}, "
        f"longest {max(lengths):,}, {over:,} over cutoff_len {options['cutoff_len']:,} ({100 * over / len(lengths):.2f} %)"
    )
    packing = [describe_packing(len(lengths), facts["packed"], options, world)] if facts["packed"] else []
    return [total, *histogram(lengths), *packing]


def histogram(lengths: list[int]) -> list[str]:
    """Return a line a bin: its range, its rows, a bar."""
    low, high = min(lengths), max(lengths)
    width = next(width for width in _round_numbers() if high // width - low // width < BARS)
    bins = range(low // width, high // width + 1)
    counts = [sum(length // width == bin_ for length in lengths) for bin_ in bins]
    names = [f"{bin_ * width:,}-{(bin_ + 1) * width - 1:,}" for bin_ in bins]
    wide, most = max(map(len, names)), max(counts)
    return [
        f"{name:>{wide}} {count:>{len(f'{most:,}')},} {'#' * math.ceil(WIDTH * count / most)}".rstrip()
        for name, count in zip(names, counts, strict=True)
    ]


def _round_numbers() -> Iterator[int]:
    return ((1, 2, 5)[n % 3] * 10 ** (n // 3) for n in range(60))


def sequences_a_step(options: dict[str, Any], world: int) -> int:
    """Return how many sequences go into one optimizer step: rows, or packs of rows."""
    each = int(options.get("per_device_train_batch_size", 8))  # 8 and 1: transformers' defaults
    return each * int(options.get("gradient_accumulation_steps", 1)) * world


def steps(options: dict[str, Any], sequences: int, world: int) -> int:
    """Return the optimizer steps of the whole training; a step that the end of an epoch cuts short is one too
    (transformers 5.6, Trainer.set_initial_training_values)."""
    if int(options.get("max_steps", -1)) > 0:
        return int(options["max_steps"])
    batches = math.ceil(sequences / (int(options.get("per_device_train_batch_size", 8)) * world))
    an_epoch = math.ceil(batches / int(options.get("gradient_accumulation_steps", 1)))
    return math.ceil(float(options.get("num_train_epochs", 3)) * an_epoch)


def describe_packing(rows: int, packs: int, options: dict[str, Any], world: int) -> str:
    """Return the line that says what packing does to the rows of a step, which the recipe holds constant."""
    a_step = sequences_a_step(options, world)
    return (
        f"packed into {packs:,} sequences of {rows / packs:.1f} rows on average: a step of {a_step:,} sequences holds about "
        f"{a_step * rows / packs:,.0f} rows; without packing it would hold {a_step:,}"
    )
