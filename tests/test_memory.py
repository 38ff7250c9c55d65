"""The estimate before training, held against runs that others measured and runs here, and the page that tells of both."""

import re

import pytest

from launch.training import fit
from launch.training.fit import faults
from launch.training.hardware import Hardware
from launch.training.memory import activations, needs
from launch.training.model_shape import SHAPES, Shape
from tests.conftest import ROOT
from tests.training_memory import (
    BOTH,
    FULL,
    GPU_80,
    LLAMA_8B,
    LORA,
    OPTIMIZER,
    PLAIN,
    QLORA,
    QWEN1,
    QWEN32,
    SMOLLM2,
    recipe_config,
)

ZERO2 = {"zero_optimization": {"stage": 2, "reduce_bucket_size": 5e8}}
LLAMA_33B = Shape(6656, 17920, 60, 52, 52, 32000)
GPU_H200, GPU_3090 = 150.7, 25.4  # 143,771 MiB and 23.69 GiB, as nvidia-smi and PyTorch print them
README = "github.com/QwenLM/Qwen, README.md, Profiling of Memory and Speed (2023, A100 80 GB, flash attention)"
LENGTHS = (256, 512, 1024, 2048, 4096, 8192)
MEASURED = {  # Qwen 1, GB of all GPUs by row length: README
    ("LoRA", 7): [20.1, 20.4, 21.5, 23.8, 29.7, 36.6],
    ("LoRA", 14): [34.6, 35.1, 35.3, 37.4, 42.5, 55.2],
    ("QLoRA", 7): [11.5, 11.5, 12.3, 13.9, 16.9, 23.5],
    ("QLoRA", 14): [18.7, 18.4, 18.9, 19.9, 23.0, 27.9],
    ("QLoRA", 72): [61.4, 61.4, 62.9, 64.1, 68.0, 75.6],
    ("LoRA, ZeRO-3, 4 GPUs", 72): [215.4, 217.7, 222.6, 228.8, 249.0, 289.2],
    ("full, ZeRO-3, 2 GPUs", 7): [139.2, 148.0, 162.0],
}
SETTINGS = {
    "LoRA": (LORA, None, 1),
    "QLoRA": (QLORA, None, 1),
    "LoRA, ZeRO-3, 4 GPUs": (LORA, PLAIN, 4),
    "full, ZeRO-3, 2 GPUs": (FULL, PLAIN, 2),
}


@pytest.mark.parametrize(("method", "size"), MEASURED)
def test_gpu_memory_is_0_9_to_1_3_times_what_qwen_measured(method, size):
    training, deepspeed, gpus = SETTINGS[method]
    for tokens, measured in zip(LENGTHS, MEASURED[method, size], strict=False):
        need = needs(training | {"cutoff_len": tokens, "lora_rank": 64}, deepspeed, QWEN1[size], gpus)
        assert 0.9 <= need.gpu_gb * gpus / measured <= 1.3, (tokens, need.gpu_gb * gpus)


def test_a_reported_8b_run_with_offload_holds_more_gpu_memory_than_it_needs():
    """LlamaFactory#5977: 13 GB on each of 8 GPUs, as nvidia-smi shows it: with what PyTorch keeps for later."""
    assert needs(FULL, BOTH, LLAMA_8B, 8).gpu_gb / 13 == pytest.approx(0.6, abs=0.05)


def test_host_memory_of_the_recipes_setting_is_what_a_run_of_it_used():
    """GAIR-NLP/LIMO#10: Qwen2.5-32B, cutoff 16384, 8 A800, ZeRO-3 with both offloads: about 900 GB."""
    assert needs(recipe_config(), BOTH, QWEN32, 8).host_gb == pytest.approx(900, rel=0.05)


def test_host_memory_of_a_33b_llama_is_within_13_percent_of_the_reported_range():
    """DeepSpeed#3448: 8 GPUs, both offloads, 2048 tokens: 750 to 800 GB for training and saving; 600 GB were too few."""
    need = needs(FULL | {"cutoff_len": 2048}, BOTH, LLAMA_33B, 8)
    assert 750 <= need.host_gb <= 1.13 * 750


OUT_OF_MEMORY = [  # (thread, resource, training, DeepSpeed, shape, GPUs, GB that were there)
    ("LlamaFactory#6999", "GPU", FULL, PLAIN, QWEN32, 7, GPU_80),
    ("LlamaFactory#8642", "GPU", FULL, ZERO2, SHAPES["Qwen/Qwen3-32B"], 8, GPU_H200),
    ("LlamaFactory#5977", "GPU", FULL, PLAIN, LLAMA_8B, 8, GPU_3090),
    ("LIMO#10", "GPU", FULL | {"cutoff_len": 16384}, PLAIN, QWEN32, 8, GPU_80),
    ("LlamaFactory#6755", "host", FULL, BOTH, QWEN32, 1, 744),
    ("DeepSpeed#3448", "host", FULL | {"cutoff_len": 2048}, BOTH, LLAMA_33B, 8, 600),
]


@pytest.mark.parametrize("case", OUT_OF_MEMORY, ids=lambda case: f"{case[0]}-{case[1]}")
def test_runs_that_others_saw_run_out_of_memory_are_refused(case):
    _, resource, training, deepspeed, shape, gpus, there = case
    have = Hardware(gpus, there if resource == "GPU" else 1e6, "", there if resource == "host" else 1e6, 1e6)
    assert len(faults(needs(training, deepspeed, shape, gpus), have)) == 1


def test_runs_that_others_saw_finish_are_not_refused():
    for training, shape, gpus, host in ((recipe_config(), QWEN32, 8, 900), (FULL, LLAMA_8B, 8, 256)):
        assert faults(needs(training, BOTH, shape, gpus), Hardware(gpus, GPU_80, "", host, 1e6)) == []


# Peak memory of `llamafactory-cli train` on SmolLM2-135M, llamafactory_configs/quickstart.yaml with cutoff_len 512, every
# row that long, two steps, measured on 2026-11-25 on 2 CPU cores (ru_maxrss; n = 1 each): overrides, GB.
MEASURED_HERE = [
    ({"per_device_train_batch_size": 2}, 4.43),
    ({"per_device_train_batch_size": 6}, 7.52),
    ({"per_device_train_batch_size": 2, "disable_gradient_checkpointing": False}, 3.47),
    ({"per_device_train_batch_size": 6, "disable_gradient_checkpointing": False}, 4.72),
    ({"per_device_train_batch_size": 6, "disable_gradient_checkpointing": False, "finetuning_type": "lora"}, 3.25),
]


@pytest.mark.parametrize(("change", "measured"), MEASURED_HERE)
def test_memory_on_a_cpu_is_1_0_to_1_2_times_what_was_measured_here(change, measured):
    need = needs(recipe_config("quickstart") | change | {"cutoff_len": 512}, None, SMOLLM2, 0)
    assert need.gpu == {}
    assert 1.0 <= need.host_gb / measured <= 1.2


def test_the_quickstart_is_not_refused_on_a_machine_of_8_gb():
    need = needs(recipe_config("quickstart"), None, SMOLLM2, 0, longest=180, steps=63)
    assert faults(need, Hardware(0, 0.0, None, 6.5, 20.0)) == []


def test_activations_and_logits_of_a_row_are_what_was_measured_here_within_3_percent():
    """The difference of two measurements has no process and no optimizer in it: 4 rows of 512 tokens."""
    training = recipe_config("quickstart") | {"per_device_train_batch_size": 1}
    for checkpointing, measured in ((True, (4.72 - 3.47) / 4), (False, (7.52 - 4.43) / 4)):
        parts = activations(training | {"disable_gradient_checkpointing": not checkpointing}, SMOLLM2, 512)
        assert sum(parts.values()) / 1e9 == pytest.approx(measured, rel=0.03)


def test_a_checkpoint_on_disk_is_what_was_written_here():
    """The run above wrote 538,090,408 bytes of weights and 1,076,341,899 of optimizer."""
    need = needs(recipe_config("quickstart") | {"save_total_limit": None}, None, SMOLLM2, 0)
    assert need.disk["checkpoints"] == pytest.approx(538_090_408 + 1_076_341_899, rel=0.001)


DOCUMENT = (ROOT / "docs/training_memory.md").read_text(encoding="utf-8")
METHODS = {
    "full, ZeRO-3": (FULL, PLAIN),
    "full, ZeRO-3, optimizer on the host": (FULL, OPTIMIZER),
    "full, ZeRO-3, both on the host": (FULL, BOTH),
    "LoRA": (LORA, None),
    "QLoRA, 4 bits": (QLORA, None),
}
SIZES = {size: SHAPES[f"Qwen/Qwen2.5-{size}-Instruct"] for size in ("7B", "14B", "32B")}


def page_row(size, method):
    training, deepspeed = METHODS[method]
    training = recipe_config() | training | {"cutoff_len": 16384}
    cells = [needs(training, deepspeed, SIZES[size], gpus) for gpus in (1, 2, 8)]
    marks = [f"{need.gpu_gb:,.0f}{'' if need.gpu_gb <= GPU_80 else ' ✗'} / {need.host_gb:,.0f}" for need in cells]
    return f"| {size} | {method} | {' | '.join(marks)} |"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", METHODS)
def test_the_table_of_the_page_is_what_the_functions_say(size, method):
    lines = [re.sub(r" +", " ", line) for line in DOCUMENT.splitlines()]
    assert page_row(size, method) in lines


def test_the_page_names_every_measurement_that_is_compared():
    for thread in {case[0] for case in OUT_OF_MEMORY}:
        assert thread in DOCUMENT
    assert f"{fit.TIGHT:.0%}".replace("%", " %") in DOCUMENT
