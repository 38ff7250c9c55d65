"""What cannot fit is named with what takes it and with what would fit; what this machine has is read, not assumed."""

import re

import pytest
import yaml

from launch.training import hardware
from launch.training.fit import alternatives, enough_nodes, faults, packing_faults, tight
from launch.training.hardware import Hardware
from launch.training.memory import needs
from tests.training_memory import BOTH, GPU_80, QWEN32, recipe_config

NODE = Hardware(8, GPU_80, "NVIDIA H100 80GB HBM3", 720.0, 3000.0)


def test_a_fault_names_the_resource_and_what_takes_it():
    (fault,) = faults(needs(recipe_config(), BOTH, QWEN32, 8), NODE)
    assert re.fullmatch(r"host memory: \d+ GB needed, 720 GB here \(optimizer 393, .*\)", fault)


def test_what_fits_by_less_than_the_error_is_said_and_not_refused():
    need = needs(recipe_config(), BOTH, QWEN32, 8)
    have = Hardware(8, GPU_80, "", need.host_gb + 1, 3000.0)
    assert faults(need, have) == []
    assert [line.split(":")[0] for line in tight(need, have)] == ["host memory"]


def test_alternatives_fit_and_are_arguments_that_make_train_takes():
    found = alternatives(recipe_config(), {"ds_configs/zero3_offload.json": BOTH}, QWEN32, NODE)
    assert found
    for arguments in found:
        words = [word.partition("=") for word in arguments.removeprefix('ARGS="').removesuffix('"').split()]
        change = {key: yaml.safe_load(value) for key, _, value in words}
        training = recipe_config() | change
        deepspeed = BOTH if training["deepspeed"] else None
        assert faults(needs(training, deepspeed, QWEN32, 8), NODE) == []
    assert enough_nodes(recipe_config(), BOTH, QWEN32, NODE) == 2


def test_a_training_that_fits_as_it_is_has_no_alternative_to_itself():
    roomy = Hardware(8, GPU_80, "", 2000.0, 3000.0)
    found = alternatives(recipe_config(), {"ds_configs/zero3_offload.json": BOTH}, QWEN32, roomy)
    assert 'ARGS=""' not in found


@pytest.mark.parametrize(
    ("change", "installed", "refused"),
    [
        ({}, False, False),
        ({"neat_packing": True}, True, True),
        ({"neat_packing": True, "flash_attn": "sdpa"}, True, True),
        ({"neat_packing": True, "flash_attn": "fa2"}, False, True),
        ({"neat_packing": True, "flash_attn": "fa2"}, True, False),
    ],
)
def test_neat_packing_is_refused_without_flash_attention(change, installed, refused):
    assert bool(packing_faults(recipe_config() | change, installed)) is refused


SMI = """0, GPU-11aa, 81079, NVIDIA H100 80GB HBM3
1, GPU-22bb, 40000, NVIDIA H100 80GB HBM3
"""


@pytest.mark.parametrize(
    ("visible", "free"),
    [(None, [85.0, 41.9]), ("0", [85.0]), ("GPU-22bb", [41.9]), ("", [])],
)
def test_gpus_that_the_process_may_not_see_do_not_count(visible, free):
    found, name = hardware.parse_gpus(SMI, visible)
    assert [round(gb, 1) for gb in found] == free
    assert name == ("NVIDIA H100 80GB HBM3" if free else None)


def test_this_machine_has_memory_and_disk(tmp_path):
    found = hardware.here(tmp_path / "not/there/yet")
    assert found.host_gb > 1
    assert found.disk_gb > 0
