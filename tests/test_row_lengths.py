"""Before training: what is said of the rows' lengths, and how many rows and steps a training has."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.training.row_lengths import BARS, describe, histogram, steps

LENGTHS = st.lists(st.integers(1, 200_000), min_size=1, max_size=200)


@given(LENGTHS)
def test_every_row_stands_in_one_bar_of_a_short_histogram(lengths):
    lines = histogram(lengths)
    assert len(lines) <= BARS
    for line in lines:
        low, high, count = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", line))
        assert sum(low <= length <= high for length in lengths) == count
    assert sum(int(line.split()[1].replace(",", "")) for line in lines) == len(lengths)


@given(LENGTHS)
def test_the_fullest_bar_is_the_longest(lengths):
    lines = histogram(lengths)
    counts = [int(line.split()[1].replace(",", "")) for line in lines]
    bars = [line.count("#") for line in lines]
    assert bars[counts.index(max(counts))] == max(bars) == 30
    assert all(bar > 0 for bar, count in zip(bars, counts, strict=True) if count)


def test_the_first_line_tells_the_share_over_the_cutoff():
    line = describe({"lengths": [100, 100, 100, 1200], "over_cutoff": 1, "packed": None}, {"cutoff_len": 1024}, 1)[0]
    assert line == "4 rows, 1,500 tokens, mean 375, longest 1,200, 1 over cutoff_len 1,024 (25.00 %)"


def test_packing_says_how_many_rows_a_step_holds():
    options = {"cutoff_len": 1024, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 12}
    line = describe({"lengths": [100] * 90, "over_cutoff": 0, "packed": 10}, options, 8)[-1]
    assert "10 sequences of 9.0 rows" in line
    assert "a step of 96 sequences holds about 864 rows" in line


@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "world", "options", "expected"),
    [
        (16401, 1, 12, 8, {"num_train_epochs": 3.0}, 513),  # published: 3 x 171, the last step of an epoch cut short
        (128, 8, 1, 1, {"num_train_epochs": 3.0}, 48),
        (129, 8, 1, 1, {"num_train_epochs": 3.0}, 51),
        (128, 8, 1, 1, {"num_train_epochs": 0.1}, 2),
        (128, 8, 1, 1, {}, 48),
        (10, 8, 4, 1, {"num_train_epochs": 2.0}, 2),  # fewer rows than a step: one an epoch
        (128, 8, 1, 1, {"num_train_epochs": 3.0, "max_steps": 5}, 5),
    ],
)
def test_steps_are_counted_as_the_trainer_counts_them(rows, batch, accumulation, world, options, expected):
    options = options | {"per_device_train_batch_size": batch, "gradient_accumulation_steps": accumulation}
    assert steps(options, rows, world) == expected
