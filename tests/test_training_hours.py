"""The hours before training: the published run gives the share of the peak that all others are reckoned with."""

import pytest

from launch.training import hours as training_time
from tests.training_memory import QWEN7, QWEN32


def test_the_published_run_reached_7_percent_of_the_peak():
    """16,401 rows x 3 epochs of 67M tokens in 19 hours on 8 H100."""
    assert training_time.published_mfu() == pytest.approx(0.07, abs=0.005)
    again = training_time.hours(QWEN32, 3 * 67e6, 67e6 / 16401, 8, 1979e12 / 2, training_time.published_mfu())
    assert again == pytest.approx(19.0)
    assert again * 8 * training_time.GPU_HOUR == pytest.approx(450)


def test_lora_takes_two_thirds_of_the_matrix_work():
    full, lora = (training_time.flops(QWEN7, 1e6, 0, lora) for lora in (False, True))
    assert lora == pytest.approx(full * 2 / 3)


def test_the_peak_of_an_unknown_gpu_is_unknown():
    assert training_time.peak("NVIDIA H100 PCIe") == 1513e12 / 2
    assert training_time.peak("NVIDIA GeForce RTX 3090") is None
