"""The values of the training YAMLs: what differs from the published training is what is meant to differ."""

import re

import pytest

from launch.training.model_shape import SHAPES
from tests.conftest import ROOT
from tests.training_heads import ADAPTERS, GPU_GB, NAMES, ON_GPUS, keys, needed, number, text


@pytest.mark.parametrize("name", NAMES)
def test_every_training_resumes_with_its_optimizer_and_keeps_two_checkpoints(name):
    training = keys(name)
    assert training["save_total_limit"] == 2
    assert training["save_strategy"] == "steps"
    assert "save_only_model" not in training


@pytest.mark.parametrize("name", ON_GPUS)
def test_the_comment_beside_save_total_limit_is_what_a_checkpoint_takes(name):
    (line,) = re.findall(r"^save_total_limit: 2 .*$", text(name), re.MULTILINE)
    each = needed(name).disk["checkpoints"] / 3 / 1e9
    assert number(line, r"([\d.]+) GB a checkpoint") == f"{each:.{1 if each < 10 else 0}f}"
    if three := re.search(r"three for a moment: ([\d,]+) GB", line):
        assert three[1] == f"{3 * each:,.0f}"


def changed(ours: str, theirs: str) -> set[str]:
    a, b = keys(ours), keys(theirs)
    return {key for key in a | b if a.get(key) != b.get(key)}


def test_fast_differs_from_the_published_training_in_what_makes_it_fast_only():
    """cutoff_len: packing takes one off, and a sequence that is no multiple of 8 stops the training (the page)."""
    added = {"neat_packing", "flash_attn", "enable_liger_kernel"}
    assert changed("sky_t1_fast", "sky_t1_preview") == {"deepspeed", "gradient_accumulation_steps", "cutoff_len"} | added


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_is_trained_on_the_published_rows_with_the_published_schedule(name):
    base = re.sub("_q?lora$", "", name).replace("sky_t1_32b", "sky_t1_preview")
    method = {"finetuning_type", "lora_rank", "lora_alpha", "lora_target", "deepspeed", "enable_liger_kernel"}
    bits = {"quantization_bit"} if name.endswith("_qlora") else set()
    assert changed(name, base) == method | bits | {"learning_rate", "gradient_accumulation_steps"}
    assert keys(name)["learning_rate"] == pytest.approx(10 * keys(base)["learning_rate"])
    shape = SHAPES[keys(name)["model_name_or_path"]]
    assert number(text(name), r"# (\d+)M adapter parameters") == f"{shape.adapters(keys(name)['lora_rank']) / 1e6:.0f}"


def test_a_packed_sequence_is_a_multiple_of_8_that_holds_the_longest_published_row():
    assert keys("sky_t1_fast")["cutoff_len"] % 8 == 0
    assert keys("sky_t1_fast")["cutoff_len"] - 1 >= keys("sky_t1_preview")["cutoff_len"]


def test_the_least_offload_that_fits_is_what_fast_takes():
    def fits(deepspeed: str, room: float) -> bool:
        return needed("sky_t1_fast", deepspeed=f"ds_configs/{deepspeed}.json").gpu_gb < room

    assert keys("sky_t1_fast")["deepspeed"] == "ds_configs/zero3_offload_optimizer.json"
    assert fits("zero3_offload_optimizer", GPU_GB["H100 80 GB"])
    assert not fits("zero3", GPU_GB["H100 80 GB"])
    assert fits("zero3", GPU_GB["H200 141 GB"])
    without = needed("sky_t1_fast", enable_liger_kernel=False).gpu_gb
    assert number(text("sky_t1_fast"), r"(\d+) GB of each GPU without") == f"{without:.0f}"


def test_the_deepspeed_files_differ_in_what_is_offloaded_only():
    lines = {path.stem: path.read_text("utf-8").splitlines() for path in sorted((ROOT / "ds_configs").glob("zero3*.json"))}
    offloaded = {name: [line for line in found if '"offload_' in line] for name, found in lines.items()}
    assert {name: len(found) for name, found in offloaded.items()} == {
        "zero3": 0,
        "zero3_offload_optimizer": 1,
        "zero3_offload": 2,
    }
    rest = [[line for line in found if line not in offloaded[name]] for name, found in lines.items()]
    assert rest[0] == rest[1] == rest[2]
