"""The training YAMLs: their heads say what they need, and the figures in them are those of the functions."""

import json
import math
import re
import shlex
import subprocess

import pytest

from data_gen.recipe import load_recipe
from launch.training import hours as training_time
from launch.training.fit import faults
from launch.training.hardware import Hardware
from launch.training.model_shape import SHAPES
from tests.conftest import ROOT
from tests.training_heads import ADAPTERS, GPU_GB, NAMES, ON_GPUS, gpus, head, keys, needed, number, text

ROW = training_time.EPOCH_TOKENS / training_time.ROWS  # 4,085 tokens


def test_there_is_a_config_for_every_base_and_every_machine():
    assert len(NAMES) >= 12
    assert {"sky_t1_preview", "sky_t1_fast", "sky_t1_7b", "sky_t1_14b", "sky_t1_coder14b", "quickstart"} < set(NAMES)
    assert len(ADAPTERS) == 6


@pytest.mark.parametrize("name", NAMES)
def test_a_head_says_what_needs_memory_command_hardware_hours_dollars(name):
    assert list(head(name)) == ["what", "needs", "memory", "command", "hardware", "hours", "dollars"]


@pytest.mark.parametrize("name", NAMES)
def test_the_memory_of_a_head_is_what_the_estimate_says(name):
    told, need = head(name)["memory"], needed(name)
    assert number(told, r"([\d,]+) GB of host memory") == f"{need.host_gb:,.0f}"
    if name == "quickstart":
        disk = need.disk_gb - need.disk.get("base model", 0.0) / 1e9
    else:
        disk = need.disk_gb
        assert number(told, r"([\d,]+) GB of each GPU") == f"{need.gpu_gb:,.0f}"
    assert number(told, r"([\d,]+) GB of disk") == f"{disk:,.0f}"


@pytest.mark.parametrize("name", ON_GPUS)
def test_the_hours_and_dollars_of_a_head_are_those_of_the_published_share_of_peak(name):
    told = head(name)
    rows = re.search(r"for ([\d,]+) rows", told["hours"])
    count = int(rows[1].replace(",", "")) if rows else training_time.ROWS
    training, used = keys(name), gpus(name)
    hours = training_time.hours(
        SHAPES[training["model_name_or_path"]],
        count * ROW * training["num_train_epochs"],
        ROW,
        used,
        training_time.PEAKS["H100 80GB"],
        training_time.published_mfu(),
        lora=training["finetuning_type"] == "lora",
    )
    assert number(told["hours"], r"^(?:about )?([\d.]+)") == f"{hours:.{1 if hours < 10 else 0}f}"
    assert number(told["dollars"], r"^about ([\d,]*\d)") == f"{hours * used * training_time.GPU_HOUR:,.0f}"
    assert "not run" in told["hours"]
    assert "not run" in told["dollars"]


def test_the_hours_of_the_quickstart_are_those_that_were_measured():
    measured = json.loads((ROOT / "docs/quickstart_summary.json").read_text("utf-8"))["seconds"]["train quickstart"]
    assert float(number(head("quickstart")["hours"], r"^([\d.]+) at most")) == math.ceil(measured / 360) / 10


@pytest.mark.parametrize("name", NAMES)
def test_the_batch_is_the_published_96_rows_and_the_comment_beside_it_adds_up(name):
    training, (line,) = keys(name), re.findall(r"^.*# .*\b1 x .*= .*$|^.* 8 x 1 x 1 .*$", text(name), re.MULTILINE)
    factors = line.partition("#")[2].partition("=")[0]
    by_hand = [int(factor) for factor in re.findall(r"\b\d+\b", factors)]
    assert by_hand[:2] == [training["per_device_train_batch_size"], training["gradient_accumulation_steps"]]
    product = int(number(line, r"= (\d+)"))
    assert math.prod(by_hand) == product
    assert product == (8 if name == "quickstart" else 96)
    if name in ADAPTERS:
        assert by_hand[2] == gpus(name)
        if two := re.search(r'ARGS="gradient_accumulation_steps=(\d+)" on two GPUs', head(name)["command"]):
            assert by_hand[0] * int(two[1]) * 2 == 96


@pytest.mark.parametrize("name", ON_GPUS)
def test_a_training_fits_the_hardware_that_its_head_names(name):
    node = Hardware(gpus(name), GPU_GB["H100 80 GB"], "", needed(name).host_gb, needed(name).disk_gb)
    assert faults(needed(name), node) == []
    if "on two GPUs" in head(name)["command"]:
        assert needed(name, 2).gpu_gb < GPU_GB["H100 80 GB"]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_a_head_trains_this_config(name):
    words = shlex.split(number(head(name)["command"], r"^(make train [^;]*?)(?: on two.*| with.*)?$"))
    given = dict(word.split("=", 1) for word in words[2:])
    assert given.get("CONFIG", load_recipe(given["RECIPE"]).training_config) == name
    done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
