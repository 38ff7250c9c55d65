"""The plan of a training: the published one comes out as published, and what is not known is not guessed."""

import json
import os
import subprocess

import pytest
import yaml

from data_gen import train_env
from data_gen.yaml_schema import read_yaml
from launch.training import plan as training_plan
from launch.training.hardware import Hardware
from launch.training.model_shape import SHAPES, Shape
from launch.training.plan import Price, describe, earlier_share, plan, price
from tests.conftest import ROOT

FAITHFUL = read_yaml(ROOT / "llamafactory_configs/sky_t1_preview.yaml")
QWEN32 = SHAPES["Qwen/Qwen2.5-32B-Instruct"]
ROWS = {"rows": 16401, "tokens": 67_000_000, "packed": None}
H100 = Hardware(gpus=8, gpu_gb=85.0, host_gb=1000.0, disk_gb=3000.0, gpu_name="NVIDIA H100 80GB HBM3")
NO_GPU = Hardware(gpus=0, gpu_gb=0.0, host_gb=16.0, disk_gb=100.0, gpu_name=None)
PUBLISHED = price(ROOT / "recipes/nowhere", H100)


def test_the_published_training_is_planned_as_it_was_published():
    planned = plan(FAITHFUL, ROWS, QWEN32, H100, 1, PUBLISHED)
    assert (planned.steps, planned.rows_a_step) == (513, 96)
    assert planned.seconds == pytest.approx(19 * 3600, rel=0.01)
    assert planned.dollars == pytest.approx(450, rel=0.01)


def test_a_share_that_was_measured_counts_more_than_the_published_one():
    planned = plan(FAITHFUL, ROWS, QWEN32, H100, 1, PUBLISHED, (0.37, "runs/x/model/y"))
    assert planned.seconds == pytest.approx(19 * 3600 * 0.074 / 0.37, rel=0.01)
    assert "measured in runs/x/model/y" in describe(planned, PUBLISHED)[0]


def test_the_line_says_whose_share_and_whose_price_it_is():
    first, second = describe(plan(FAITHFUL, ROWS, QWEN32, H100, 1, PUBLISHED), PUBLISHED)
    assert "19.0 hours" in first
    assert "the published run's share" in first
    assert "$2.96 a GPU-hour (the published run's price" in second


def test_a_resumed_training_is_told_what_is_left():
    planned = plan(FAITHFUL, ROWS, QWEN32, H100, 1, PUBLISHED)
    assert describe(planned, PUBLISHED, 500)[-1] == "of these, 13 steps are left, about 28.9 minutes"  # 19 h x 13 / 513
    assert not any("left" in line for line in describe(planned, PUBLISHED))


@pytest.mark.parametrize(
    ("shape", "gpu", "why"),
    [(QWEN32, "NVIDIA GeForce RTX 3090", "no peak known"), (None, "NVIDIA H100 80GB HBM3", "shape is not known")],
)
def test_what_is_not_known_is_said_and_not_guessed(shape, gpu, why):
    have = Hardware(gpus=8, gpu_gb=24.0, gpu_name=gpu, host_gb=100.0, disk_gb=100.0)
    planned = plan(FAITHFUL, ROWS, shape, have, 1, PUBLISHED)
    assert (planned.seconds, planned.dollars, planned.steps) == (None, None, 513)
    assert why in describe(planned, PUBLISHED)[0]


def test_packing_makes_steps_fewer_and_each_of_more_rows():
    planned = plan(FAITHFUL, ROWS | {"packed": 4100}, QWEN32, H100, 1, PUBLISHED)
    assert planned.steps == 3 * 43
    assert planned.rows_a_step == pytest.approx(96 * 16401 / 4100)


def test_max_steps_bounds_the_tokens_that_are_planned_for():
    planned = plan(FAITHFUL | {"max_steps": 171}, ROWS, QWEN32, H100, 1, PUBLISHED)
    assert planned.tokens == pytest.approx(67e6, rel=0.01)


def test_two_machines_take_half_the_hours_at_the_same_dollars():
    options = FAITHFUL | {"gradient_accumulation_steps": 6}
    one, two = (plan(FAITHFUL, ROWS, QWEN32, H100, 1, PUBLISHED), plan(options, ROWS, QWEN32, H100, 2, PUBLISHED))
    assert one.seconds
    assert two.seconds == pytest.approx(one.seconds / 2)
    assert two.dollars == pytest.approx(one.dollars)
    assert two.steps == one.steps


# --- prices -----------------------------------------------------------------------------------------------------------


def eval_yaml(folder, gpu_hour):
    (folder / "eval.yaml").write_text(
        yaml.safe_dump({"base": "m", "benchmarks": {"b": {}}, "prices": {"gpu_hour": gpu_hour}})
    )
    return folder


def test_the_recipes_own_price_counts(tmp_path):
    told = price(eval_yaml(tmp_path, 1.5), H100)
    assert (told.gpu_hour, told.own) == (1.5, True)


def test_without_a_price_of_its_own_the_published_one_is_named_as_such(tmp_path):
    told = price(eval_yaml(tmp_path, None), H100)
    assert told.gpu_hour == pytest.approx(2.96, abs=0.01)
    assert not told.own
    assert "published" in told.source


def test_a_machine_without_gpus_has_no_price_by_the_gpu_hour(tmp_path):
    assert price(eval_yaml(tmp_path, 1.5), NO_GPU).gpu_hour is None


# --- what earlier trainings reached -----------------------------------------------------------------------------------

HERE = training_plan.conditions(H100, 1, FAITHFUL)


def trained(runs, run, config, mfu, conditions=HERE, age=0):
    file = runs / run / "model" / config / "train.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"spent": {"mfu": mfu}, "conditions": conditions}))
    os.utime(file, (1e9 - age, 1e9 - age))


def test_the_newest_training_of_the_config_on_such_a_machine_is_asked(tmp_path):
    trained(tmp_path, "old", "x", 0.1, age=100)
    trained(tmp_path, "new", "x", 0.2, age=50)
    trained(tmp_path, "other_config", "y", 0.3)
    trained(tmp_path, "other_machine", "x", 0.4, conditions=HERE | {"gpu": "NVIDIA A100"})
    trained(tmp_path, "other_method", "x", 0.5, conditions=training_plan.conditions(H100, 1, FAITHFUL | {"deepspeed": None}))
    trained(tmp_path, "unknown", "x", None)
    assert earlier_share(tmp_path, "x", HERE) == (0.2, f"{tmp_path.name}/new/model/x")


def test_a_train_json_of_before_shares_were_measured_is_passed_over(tmp_path):
    file = tmp_path / "r/model/x/train.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"rows": 1, "seconds": 2.0, "losses": []}))
    assert earlier_share(tmp_path, "x", HERE) is None


def test_a_train_json_that_is_torn_stops_no_other_training(tmp_path):
    trained(tmp_path, "torn", "x", 0.1)
    (tmp_path / "torn/model/x/train.json").write_text('{"spent": ')
    trained(tmp_path, "whole", "x", 0.2, age=50)
    assert earlier_share(tmp_path, "x", HERE) == (0.2, f"{tmp_path.name}/whole/model/x")


# --- a CPU --------------------------------------------------------------------------------------------------------------


def test_on_a_cpu_the_peak_is_the_rate_that_was_measured(monkeypatch):
    monkeypatch.setattr(training_plan, "peak_here", lambda *_: 2e11)
    small = {"per_device_train_batch_size": 8, "num_train_epochs": 3.0, "finetuning_type": "full"}
    facts = {"rows": 128, "tokens": 21590, "packed": None, "load_seconds": 8.0}
    planned = plan(small, facts, QWEN32, NO_GPU, 1, Price(None, "no GPU"))
    assert planned.peak == 2e11
    assert planned.dollars is None
    assert planned.tokens_per_second
    assert planned.tokens / planned.tokens_per_second + 8.0 * training_plan.STARTS_OF_A_LOAD == pytest.approx(
        planned.seconds
    )


@pytest.mark.parametrize(("layers", "width"), [(30, "1536"), (3, "49152")])
def test_the_product_that_is_measured_is_the_one_that_training_does_most(monkeypatch, layers, width):
    asked = []

    def run(words, **_):
        asked.extend(words)
        return subprocess.CompletedProcess(words, 0, '{"flops": 1e11}', "")

    monkeypatch.setattr("launch.training.plan.subprocess.run", run)
    training_plan.peak_here({}, Shape(576, 1536, layers, 9, 3, 49152, tied=True), NO_GPU, 64)
    assert asked[-1] == width


@pytest.mark.slow
@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
def test_the_matrix_rate_of_this_machine_is_one_that_a_cpu_can_have():
    rate = training_plan.peak_here({"per_device_train_batch_size": 1}, QWEN32, NO_GPU, 64)
    assert rate is not None
    assert 1e9 < rate < 1e14
