"""What changes what: ZeRO, logits, attention, row length, pinning and checkpoints move the estimate by their formulas."""

import pytest

from launch.training.memory import activations, needs, not_modelled, pinned
from tests.training_memory import BOTH, FULL, QLORA, QWEN7, QWEN32, recipe_config


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
