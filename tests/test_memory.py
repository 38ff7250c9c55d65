"""The estimate before training: held against transformers' and DeepSpeed's own counts, published runs and runs here."""

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from data_gen import train_env
from launch.training import fit, hardware
from launch.training import hours as training_time
from launch.training.fit import alternatives, enough_nodes, faults, packing_faults, tight
from launch.training.hardware import Hardware
from launch.training.memory import activations, needs, not_modelled, pinned
from launch.training.model_shape import SHAPES, Shape, find, read_shape
from tests.conftest import ROOT

BOTH = json.loads((ROOT / "ds_configs/zero3_offload.json").read_text(encoding="utf-8"))
SECTION = BOTH["zero_optimization"]
PLAIN = {"zero_optimization": {key: value for key, value in SECTION.items() if not key.startswith("offload")}}
OPTIMIZER = {"zero_optimization": {key: value for key, value in SECTION.items() if key != "offload_param"}}
ZERO2 = {"zero_optimization": {"stage": 2, "reduce_bucket_size": 5e8}}
FULL = {"finetuning_type": "full", "bf16": True, "per_device_train_batch_size": 1, "cutoff_len": 1024}
LORA = FULL | {"finetuning_type": "lora"}
QLORA = LORA | {"quantization_bit": 4}
QWEN32, QWEN7 = SHAPES["Qwen/Qwen2.5-32B-Instruct"], SHAPES["Qwen/Qwen2.5-7B-Instruct"]
LLAMA_8B = Shape(4096, 14336, 32, 32, 8, 128256)
LLAMA_33B = Shape(6656, 17920, 60, 52, 52, 32000)
# Qwen 1: its intermediate_size counts gate and up together.
QWEN1 = {
    7: Shape(4096, 11008, 32, 32, 32, 151936, qkv_bias=True),
    14: Shape(5120, 13696, 40, 40, 40, 152064, qkv_bias=True),
    72: Shape(8192, 24576, 80, 64, 64, 152064, qkv_bias=True),
}
GPU_80, GPU_H200, GPU_3090 = 85.2, 150.7, 25.4  # 79.35 GiB, 143,771 MiB and 23.69 GiB, as PyTorch or nvidia-smi print them
TRAIN_ENV = pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")


def recipe_config(name="sky_t1_preview"):
    return yaml.safe_load((ROOT / f"llamafactory_configs/{name}.yaml").read_text(encoding="utf-8"))


def in_train_env(code, content):
    done = subprocess.run([train_env.PYTHON, "-c", code, json.dumps(content)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (QWEN7, 7_615_616_512),
        (QWEN32, 32_763_876_352),
        (LLAMA_8B, 8_030_261_248),
        (QWEN1[7], 7_721_324_544),
        (QWEN1[72], 72_287_920_128),
    ],
)
def test_parameters_are_exactly_those_of_the_published_weights(shape, published):
    assert shape.parameters == published


COUNT = """
import json, sys, torch
from transformers import AutoConfig, AutoModelForCausalLM
counts = []
for config in json.loads(sys.argv[1]):
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config))
    parameters = {id(p): p.numel() for p in model.parameters()}
    counts.append([sum(parameters.values()), max(parameters.values())])
print(json.dumps(counts))
"""
SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 1000}
GROUPED = SMALL | {"num_key_value_heads": 2, "head_dim": 32}
CONFIGS: list[dict[str, Any]] = [
    {"model_type": "llama", "tie_word_embeddings": True} | GROUPED,
    {"model_type": "llama", "attention_bias": True, "mlp_bias": True} | SMALL,
    {"model_type": "qwen2", "num_key_value_heads": 1, "tie_word_embeddings": False} | SMALL,
    {"model_type": "qwen3", "attention_bias": True, "tie_word_embeddings": False} | GROUPED,
    {"model_type": "mistral"} | GROUPED,
]


@pytest.mark.slow
@TRAIN_ENV
def test_parameters_are_exactly_those_of_transformers_modules():
    counted = in_train_env(COUNT, CONFIGS)
    shapes = [read_shape(config) for config in CONFIGS]
    assert [[shape.parameters, shape.largest] for shape in shapes if shape] == counted


def test_a_family_that_is_not_counted_is_unknown_and_not_guessed(tmp_path):
    assert read_shape({"model_type": "qwen3_moe"} | SMALL) is None
    assert find("no-such/model") is None


def test_a_local_folder_counts_before_the_table(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIGS[2]))
    assert find(str(tmp_path)) == read_shape(CONFIGS[2])


# --- DeepSpeed's own estimate of the model states ---------------------------------------------------------------------

ESTIMATE = """
import json, sys
from deepspeed.runtime.zero.stage3 import estimate_zero3_model_states_mem_needs as three
from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs as two
total, largest, gpus, nodes = json.loads(sys.argv[1])
print(json.dumps({
    "plain": three(total, largest, gpus, nodes, False, False, True, 1)[:2],
    "optimizer": three(total, largest, gpus, nodes, True, False, True, 1)[:2],
    "both": three(total, largest, gpus, nodes, True, True, True, 1)[:2],
    "zero2": two(total, gpus, nodes, False, 1),
}))
"""


def states(parts):
    names = ("weights", "gradients", "optimizer", "fp32 gradients of a step", "fp32 gradients")
    return sum(parts.get(name, 0) for name in names)


@pytest.mark.slow
@TRAIN_ENV
@pytest.mark.parametrize(("shape", "gpus", "nodes"), [(QWEN32, 8, 1), (QWEN32, 8, 2), (QWEN7, 8, 1), (QWEN7, 2, 1)])
def test_model_states_are_deepspeeds_within_13_percent(shape, gpus, nodes):
    """They count 18 bytes where the code holds 16 and casts one group of gradients at a time, or 20 on the host."""
    theirs = in_train_env(ESTIMATE, [shape.parameters, shape.largest, gpus, nodes])
    for name, config in (("plain", PLAIN), ("optimizer", OPTIMIZER), ("both", BOTH), ("zero2", ZERO2)):
        pageable = json.loads(json.dumps(config).replace('"pin_memory": true', '"pin_memory": false'))
        ours = needs(FULL, pageable, shape, gpus, nodes)
        gathered = 0 if name == "zero2" else 4 * shape.largest
        assert states(ours.gpu) == pytest.approx(theirs[name][1] - gathered, rel=0.13, abs=10), name
        if name in ("optimizer", "both"):
            assert states(ours.host) == pytest.approx(theirs[name][0], rel=0.13), name


# --- runs that others measured ----------------------------------------------------------------------------------------

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
SMOLLM2 = Shape(576, 1536, 30, 9, 3, 49152, tied=True, head_dim=64)


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


# --- what changes what ------------------------------------------------------------------------------------------------


def test_llama_factorys_own_rule_of_18_bytes_a_parameter_is_met_without_deepspeed():
    """LLaMA-Factory's README (estimated): full in bf16 18 GB a billion parameters, pure_bf16 8, QLoRA in 4 bits half."""
    billion = QWEN32.parameters / 1e9
    for change, rule in ((FULL, 18), (FULL | {"pure_bf16": True, "bf16": False}, 8)):
        parts = needs(change, None, QWEN32, 1).gpu
        held = sum(parts[name] for name in ("weights", "gradients", "optimizer", "bf16 copies of autocast"))
        assert held / 1e9 / billion == pytest.approx(rule)
    assert needs(QLORA, None, QWEN32, 1).gpu["frozen weights"] / 1e9 / billion == pytest.approx(0.6, abs=0.02)


def test_zero_divides_by_the_gpus_what_its_stage_says():
    one, eight = ({n: needs(FULL, {"zero_optimization": {"stage": n}}, QWEN32, g).gpu for n in (1, 2, 3)} for g in (1, 8))
    divided = {
        n: [name for name in ("weights", "gradients", "optimizer") if one[n][name] == 8 * eight[n][name]] for n in (1, 2, 3)
    }
    assert divided == {1: ["optimizer"], 2: ["gradients", "optimizer"], 3: ["weights", "gradients", "optimizer"]}


def test_logits_of_one_long_row_take_what_the_fp32_copies_take_and_liger_avoids_it():
    need = needs(recipe_config(), BOTH, QWEN32, 8)
    assert need.gpu["logits"] == 3 * 4 * 16384 * 152064  # three fp32 arrays of 10 GB
    assert "logits" not in needs(recipe_config() | {"enable_liger_kernel": True}, BOTH, QWEN32, 8).gpu
    assert needs(recipe_config() | {"enable_liger_kernel": True}, BOTH, QWEN32, 8).gpu_gb < need.gpu_gb - 15


def test_attention_without_flash_or_sdpa_grows_with_the_square_of_the_row():
    def scores(tokens):
        kept = FULL | {"disable_gradient_checkpointing": True}
        eager, sdpa = (activations(kept | {"flash_attn": kind}, QWEN7, tokens) for kind in ("disabled", "auto"))
        return sum(eager.values()) - sum(sdpa.values())

    assert scores(16384) == 10 * 28 * 28 * 16384**2  # bytes x layers x heads x row x row
    assert scores(32768) == 4 * scores(16384)


def test_the_longest_row_counts_where_it_is_known_and_rows_are_not_packed():
    long, short = (needs(recipe_config(), BOTH, QWEN32, 8, longest=tokens).gpu_gb for tokens in (None, 4096))
    assert short < long
    packed = recipe_config() | {"packing": True}
    assert needs(packed, BOTH, QWEN32, 8, longest=4096).gpu_gb == long


def test_pinned_blocks_take_the_next_power_of_two():
    assert [pinned(size) for size in (0, 1024, 1025, 6 * 2**30)] == [0, 1024, 2048, 8 * 2**30]


@pytest.mark.parametrize(
    ("training", "deepspeed"),
    [
        (FULL | {"finetuning_type": "freeze"}, None),
        (FULL | {"use_galore": True}, None),
        (FULL | {"optim": "adafactor"}, None),
        (FULL, {"zero_optimization": {"stage": 3, "offload_param": {"device": "nvme"}}}),
    ],
)
def test_a_setting_without_a_formula_is_named_and_not_estimated(training, deepspeed):
    assert len(not_modelled(training, deepspeed)) == 1
    with pytest.raises(ValueError):
        needs(training, deepspeed, QWEN7, 8)


def test_checkpoints_on_disk_are_bounded_by_the_limit_and_by_the_steps():
    limited = recipe_config()
    each = 14 * QWEN32.parameters
    assert needs(limited, BOTH, QWEN32, 8).disk["checkpoints"] == 3 * each  # the third is written before the first goes
    assert needs(limited, BOTH, QWEN32, 8, steps=150).disk["checkpoints"] == each
    unlimited = limited | {"save_total_limit": None}
    assert needs(unlimited, BOTH, QWEN32, 8, steps=513).disk["checkpoints"] == 5 * each
    a_fifth = unlimited | {"save_steps": 0.2}  # of all steps, as the Trainer takes it
    assert needs(a_fifth, BOTH, QWEN32, 8, steps=500).disk["checkpoints"] == 5 * each


# --- refusing and advising --------------------------------------------------------------------------------------------

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


# --- time -------------------------------------------------------------------------------------------------------------


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


# --- the page ---------------------------------------------------------------------------------------------------------

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
