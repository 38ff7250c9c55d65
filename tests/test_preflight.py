"""Before the first step: what cannot fit is refused with what would, and FORCE goes on; a prompt that differs is refused."""

import json
from pathlib import Path

import pytest

from data_gen import train_env
from data_gen.cli import ConfigError, UserError
from data_gen.run_folder import Run
from data_gen.yaml_schema import read_yaml
from launch.training.fitting_configs import fitting
from launch.training.hardware import Hardware
from launch.training.model_shape import SHAPES
from launch.training.preflight import check, check_fit, check_rows, dataset_facts, prompt_faults
from tests.conftest import ROOT

FAITHFUL = read_yaml(ROOT / "llamafactory_configs/sky_t1_preview.yaml")
OFFLOAD = read_yaml(ROOT / "ds_configs/zero3_offload.json")


def machine(gpus=8, gpu_gb=85.0, host_gb=1000.0, disk_gb=3000.0):
    return Hardware(gpus=gpus, gpu_gb=gpu_gb, host_gb=host_gb, disk_gb=disk_gb, gpu_name="NVIDIA H100 80GB HBM3")


def test_the_published_training_fits_the_published_machine(capsys):
    check_fit(FAITHFUL, OFFLOAD, 16384, machine())
    assert "host memory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("have", "short"),
    [(machine(host_gb=300), "host memory"), (machine(gpu_gb=24), "memory of each GPU"), (machine(disk_gb=100), "disk")],
)
def test_what_cannot_fit_is_refused_with_what_is_short(have, short):
    with pytest.raises(UserError, match=short) as error:
        check_fit(FAITHFUL, OFFLOAD, 16384, have)
    assert "FORCE=1" in str(error.value)


def test_the_refusal_names_settings_that_fit():
    with pytest.raises(UserError, match=r"it fits with ARGS=.*lora"):
        check_fit(FAITHFUL, OFFLOAD, 16384, machine(host_gb=300))


def test_forced_it_goes_on_and_says_what_is_short(capsys):
    check_fit(FAITHFUL, OFFLOAD, 16384, machine(host_gb=300), force=True)
    assert "forced, though host memory" in capsys.readouterr().out


def test_a_model_of_unknown_shape_is_not_refused(capsys):
    check_fit(FAITHFUL | {"model_name_or_path": "nobody/unknown"}, OFFLOAD, 16384, machine(host_gb=1))
    assert "not estimated" in capsys.readouterr().out


def test_packing_without_flash_attention_is_refused():
    with pytest.raises(UserError, match="neat_packing without flash attention"):
        check_fit(FAITHFUL | {"neat_packing": True}, OFFLOAD, 16384, machine())


# --- configs that fit ---------------------------------------------------------------------------------------------------

QWEN32 = "Qwen/Qwen2.5-32B-Instruct"
PREVIEW = ROOT / "llamafactory_configs/sky_t1_preview.yaml"


def test_the_refusal_names_a_config_that_fits():
    with pytest.raises(UserError, match=r"it fits with CONFIG=sky_t1_32b_qlora \(lora, 4 bits\)"):
        check_fit(FAITHFUL, OFFLOAD, 16384, machine(gpus=1, host_gb=300), path=PREVIEW)


@pytest.mark.parametrize(
    ("have", "named"),
    [(machine(gpu_gb=5), set()), (machine(gpus=1), {"sky_t1_32b_lora", "sky_t1_32b_qlora"})],
)
def test_only_configs_of_the_same_base_that_fit_are_named(have, named):
    lines = fitting(QWEN32, PREVIEW, SHAPES[QWEN32], have, longest=16384)
    assert {line.split()[0].removeprefix("CONFIG=") for line in lines} <= named
    for line in lines:
        config = read_yaml(ROOT / f"llamafactory_configs/{line.split()[0].removeprefix('CONFIG=')}.yaml")
        assert config["model_name_or_path"] == QWEN32


def test_the_config_that_does_not_fit_is_not_named_as_one_that_does():
    assert not any("sky_t1_preview " in line for line in fitting(QWEN32, PREVIEW, SHAPES[QWEN32], machine(), longest=16384))


def test_full_fine_tuning_is_named_before_other_methods(tmp_path):
    for name, method in (("a", "lora"), ("b", "full")):
        lines = {"model_name_or_path": QWEN32, "finetuning_type": method, "bf16": True, "cutoff_len": 64}
        (tmp_path / f"{name}.yaml").write_text(json.dumps(lines))
    found = fitting(QWEN32, PREVIEW, SHAPES[QWEN32], machine(gpu_gb=2000), configs=tmp_path)
    assert found == ["CONFIG=b (full)", "CONFIG=a (lora)"]


# --- prompts ------------------------------------------------------------------------------------------------------------

SAME = {
    "rows": 10, "written": 10, "over_cutoff": 0, "differing": 0, "endless": 0, "early": 0, "end": "<|im_end|>",
    "stops": ["<|im_end|>"], "prompt": "x", "served_prompt": "x", "tokens": 50, "longest": 5, "lengths": [5] * 10,
    "packed": None,
}  # fmt: skip


OPTIONS = {"template": "qwen", "cutoff_len": 8, "model_name_or_path": "m"}


def test_equal_prompts_are_said_to_be_equal(capsys):
    check_rows(SAME, OPTIONS)
    assert "all 10 rows begin as the served model is asked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"rows": 9}, "would skip 1 and cut 0"),
        ({"over_cutoff": 2}, "would skip 0 and cut 2 at cutoff_len 8:"),
        ({"over_cutoff": 2, "packed": 3}, r"cut 2 at cutoff_len 8 \(less 1 for packing\)"),
        ({"differing": 3}, "another prompt than the model is served with, in 3 of 10 rows"),
        ({"endless": 4}, "4 of 10 answers do not end with '<|im_end|>'"),
        ({"early": 5}, "5 of 10 answers hold '<|im_end|>' before their end"),
    ],
)
def test_rows_that_would_be_trained_on_in_another_form_are_refused(keys, told):
    with pytest.raises(UserError, match=told.replace("|", r"\|")):
        check_rows(SAME | keys, OPTIONS)


def dataset(folder, info='{"x": {"file_name": "x.jsonl"}}', lines=None):
    """Write what an export leaves of the set `x`, and return its run."""
    run = Run(folder)
    run.dataset.mkdir()
    (run.dataset / "dataset_info.json").write_text(info)
    if lines is not None:
        (run.dataset / "x.jsonl").write_text(lines)
    return run


def loading(monkeypatch, run, loaded, model="m"):
    """Return the facts of the set `x` where LLaMA-Factory's loader does what `loaded` does."""
    monkeypatch.setattr(train_env, "load_dataset", loaded)
    return dataset_facts(train_env.Training(Path("x.yaml"), OPTIONS | {"model_name_or_path": model}), run, "x")


def failing(*_):
    raise UserError("Failed to load")


def test_a_dataset_of_no_rows_is_refused(monkeypatch, tmp_path):
    with pytest.raises(UserError, match="no rows to train on, of 3 written"):
        loading(monkeypatch, dataset(tmp_path), lambda *_: SAME | {"rows": 0, "written": 3})


@pytest.mark.parametrize("info", ["", "{", "[]", "{}", '{"x": {}}', '{"x": "x.jsonl"}'])
def test_a_dataset_info_that_was_edited_is_told_in_one_line(monkeypatch, tmp_path, info):
    with pytest.raises(UserError, match=r"^\S+dataset_info.json: tells nothing of x; .*$"):
        loading(monkeypatch, dataset(tmp_path, info), lambda *_: SAME)


def test_a_row_that_is_no_json_is_named(monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"x\.jsonl.* 2\b"):
        loading(monkeypatch, dataset(tmp_path, lines='{"system": ""}\n["system"\n'), failing)


def test_what_does_not_load_is_told_by_its_name(monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"^nobody/model and .*dataset: Failed to load"):
        loading(monkeypatch, dataset(tmp_path, lines='{"system": ""}\n'), failing, "nobody/model")


@pytest.mark.parametrize(
    ("key", "value", "package"), [("quantization_bit", 4, "bitsandbytes"), ("enable_liger_kernel", True, "liger_kernel")]
)
def test_a_package_that_a_key_needs_is_asked_for_before_anything_is_loaded(monkeypatch, key, value, package):
    monkeypatch.setattr(train_env, "probe", lambda *_: pytest.fail("LLaMA-Factory was asked"))
    monkeypatch.setattr(train_env, "has_package", lambda name: name != package)
    with pytest.raises(ConfigError, match=f"{key}: .venv-train has no {package}: .*train-gpu.txt"):
        check({"model_name_or_path": "m", key: value}, Path("x.yaml"))


@pytest.mark.parametrize("name", ["/nowhere/model", "runs/models/nothing", "./x", "~/x"])
def test_a_model_that_is_no_folder_is_told_without_asking_the_hub_for_it(monkeypatch, name):
    monkeypatch.setattr(train_env, "probe", lambda *_: pytest.fail("LLaMA-Factory was asked"))
    with pytest.raises(ConfigError, match="no such folder"):
        check({"model_name_or_path": name}, Path("x.yaml"))


@pytest.mark.parametrize("name", ["gpt2", "Qwen/Qwen2.5-7B-Instruct"])
def test_a_name_on_the_hub_is_left_to_llama_factory(monkeypatch, name):
    monkeypatch.setattr(train_env, "probe", lambda *_: {"fault": None})
    check({"model_name_or_path": name}, Path("x.yaml"))


def test_both_prompts_are_shown_where_they_begin_to_differ():
    alike = "the same words " * 50
    lines = prompt_faults(SAME | {"differing": 1, "prompt": alike + "A", "served_prompt": alike + "B"}, "qwen")
    assert [line[-2] for line in lines[1:]] == ["A", "B"]
    assert all(len(line) < 200 for line in lines[1:])
