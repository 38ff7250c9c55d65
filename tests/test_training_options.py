"""What a training is told: a wrong YAML or override is a line that names the key, before anything starts."""

from pathlib import Path

import pytest

from data_gen import train_env
from data_gen.cli import ConfigError
from data_gen.yaml_schema import parse_yaml, read_yaml
from launch.training.options import deepspeed_of, overrides, read_options, unresumable
from tests.conftest import ROOT

WHOLE = "model_name_or_path: m\ntemplate: qwen\ncutoff_len: 64\nsave_steps: 5\n"


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return a function that writes a training config and reads it with overrides."""
    monkeypatch.setattr(train_env, "CONFIGS", tmp_path)

    def read(text="", args=""):
        (tmp_path / "x.yaml").write_text(WHOLE + text)
        return read_options("x", args)[0]

    return read


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("num_train_epochs: '3'", "num_train_epochs: '3': a number above 0"),
        ("num_train_epochs: 0", "num_train_epochs: 0: a number above 0"),
        ("learning_rate: fast", "learning_rate: 'fast': a number above 0"),
        ("save_steps: 0", "save_steps: 0: a number above 0"),
        ("logging_steps: true", "logging_steps: True: a number above 0"),
        ("cutoff_len: 0", "cutoff_len: 0: a whole number above 0"),
        ("cutoff_len: 64.0", "cutoff_len: 64.0: a whole number above 0"),
        ("per_device_train_batch_size: 0", "per_device_train_batch_size: 0: a whole number above 0"),
        ("gradient_accumulation_steps: -1", "gradient_accumulation_steps: -1: a whole number above 0"),
        ("lora_rank: [8]", r"lora_rank: \[8\]: a whole number above 0"),
        ("max_steps: '10'", "max_steps: '10': a whole number"),
        ("deepspeed: [x.json]", r"deepspeed: \['x.json'\]: a text"),
        ("model_name_or_path: 7", "model_name_or_path: 7: a text"),
        ("optim: 8", "optim: 8: a text"),
        ("run_name: 2026-01-01", "run_name: 2026-01-01: neither text nor number"),
        ("1: x", "1: x: neither text nor number"),
        ("max_grad_norm: .inf", "max_grad_norm: inf: neither text nor number"),
        ("output_dir: x", "output_dir: filled in by the run"),
        ("hf_hub_token: hf_x", "hf_hub_token: options are written to the manifest"),
        ("template: null", "template must be set"),
        ("save_strategy: no", "save_strategy: no"),
    ],
)
def test_a_wrong_line_of_the_yaml_is_told_by_its_key(config, line, told):
    with pytest.raises(ConfigError, match=rf"^\S+x\.yaml: {told}.*$"):
        config(line)


def test_all_faults_are_told_at_once(config):
    with pytest.raises(ConfigError) as error:
        config("num_train_epochs: '3'\nsave_only_model: true\n", "cutoff_len=null dataset=x")
    told = str(error.value).splitlines()
    assert len(told) == 4
    for key in ("num_train_epochs", "save_only_model", "cutoff_len", "dataset"):
        assert any(f": {key}" in line for line in told)


def test_what_llama_factory_takes_is_taken(config):
    options = config("max_steps: -1\nsave_steps: 0.1\nlogging_steps: 10\nnum_train_epochs: 3\ndeepspeed: null\n")
    assert (options["max_steps"], options["save_steps"], "deepspeed" in options) == (-1, 0.1, False)


def test_every_config_of_ours_is_taken_as_it_is():
    configs = sorted((ROOT / "llamafactory_configs").glob("*.yaml"))
    assert len(configs) >= 12
    for path in configs:
        assert read_options(path.stem, "") == (read_yaml(path), path)


# --- overrides ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", {}),
        ("learning_rate=2e-5 bf16=null", {"learning_rate": 2e-5, "bf16": None}),
        ("lora_target=[q,v]", {"lora_target": ["q", "v"]}),
        ("lora_target='[q, v]' run_name='a b'", {"lora_target": ["q", "v"], "run_name": "a b"}),
        ("run_name=a=b", {"run_name": "a=b"}),
    ],
)
def test_an_override_is_a_word_of_a_shell_with_yaml_behind_the_equals_sign(args, expected):
    assert overrides(args) == expected


GARBLED = ["learning_rate 2e-5", "learning_rate = 2e-5", "=3", "x=[", "x={a", "run_name='my run", "x=2026-13-01"]


@pytest.mark.parametrize("args", GARBLED)
def test_a_garbled_override_is_told_in_one_line(args):
    with pytest.raises(ConfigError, match=r"^--args: .*$"):
        overrides(args)


@pytest.mark.parametrize(
    ("name", "told"),
    [("none.json", "no such file"), (".", "no such file"), ("x.txt", "not JSON"), ("list.json", "a JSON object")],
)
def test_a_deepspeed_file_that_is_none_is_told_in_one_line(tmp_path, name, told):
    (tmp_path / "x.txt").write_text("x")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ConfigError, match=f"^x.yaml: deepspeed: .*{told}.*$"):
        deepspeed_of({"deepspeed": str(tmp_path / name)}, Path("x.yaml"))


# --- options that break resuming ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "save_only_model: true",
        "save_strategy: no",
        "save_strategy: 'no'",
        "enable_jit_checkpoint: true",
        "overwrite_output_dir: true",
        "ignore_data_skip: true",
        "resume_from_checkpoint: runs/x/model/x/checkpoint-8",
    ],
)
def test_an_option_that_breaks_resuming_is_refused_in_a_line_that_names_it(line):
    (fault,) = unresumable({"save_steps": 8} | parse_yaml(line))
    assert fault.startswith(line.partition(":")[0])
    assert "\n" not in fault


def test_no_config_of_ours_breaks_resuming():
    configs = sorted((ROOT / "llamafactory_configs").glob("*.yaml"))
    assert len(configs) >= 5
    assert [fault for path in configs for fault in unresumable(read_yaml(path))] == []
