"""report_to: wandb: without a key it stays on this disk, without the package nothing starts."""

from pathlib import Path

import pytest

from data_gen import train_env
from data_gen.cli import ConfigError
from launch.training.wandb_mode import environment

LOGS = Path("runs/x/logs")
WANDB = {"report_to": "wandb"}


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(train_env, "has_package", lambda name: name == "wandb")


def test_without_a_key_it_goes_offline_and_says_so(installed, capsys):
    assert environment(WANDB, {}, LOGS)["WANDB_MODE"] == "offline"
    assert "no WANDB_API_KEY, so offline" in capsys.readouterr().out


@pytest.mark.parametrize("given", [{"WANDB_API_KEY": "k"}, {"WANDB_MODE": "online"}, {"WANDB_MODE": "disabled"}])
def test_with_a_key_or_a_mode_of_the_users_own_nothing_is_changed(installed, capsys, given):
    assert "WANDB_MODE" not in environment(WANDB, given, LOGS)
    assert capsys.readouterr().out == ""


def test_an_empty_key_is_no_key(installed):
    assert environment(WANDB, {"WANDB_API_KEY": ""}, LOGS)["WANDB_MODE"] == "offline"


def test_its_files_go_into_the_run_unless_the_user_says_where(installed):
    assert environment(WANDB, {}, LOGS)["WANDB_DIR"] == str(LOGS)
    assert "WANDB_DIR" not in environment(WANDB, {"WANDB_DIR": "elsewhere"}, LOGS)


@pytest.mark.parametrize("told", ["wandb", ["wandb"], ["tensorboard", "wandb"]])
def test_without_the_package_it_is_refused_with_what_to_do(monkeypatch, told):
    monkeypatch.setattr(train_env, "has_package", lambda _: False)
    with pytest.raises(ConfigError, match=r"requirements/train-gpu.txt, or ARGS=\"report_to=none\"") as error:
        environment({"report_to": told}, {}, LOGS)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("told", ["none", None, "tensorboard", []])
def test_who_does_not_report_to_wandb_needs_nothing_of_it(monkeypatch, told):
    monkeypatch.setattr(train_env, "has_package", lambda _: False)
    assert environment({"report_to": told}, {}, LOGS) == {}
