"""The command itself, as a node that is not the first: it only trains, and only when there is something to train."""

import pytest

from data_gen import train_env
from launch import train
from tests.conftest import ROOT

RECIPE = str(ROOT / "recipes/quickstart")


@pytest.fixture
def second_node(tmp_path, monkeypatch):
    """Return a function that trains a config as the second node of two, and returns the logs of what was launched."""
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/quickstart.jsonl").write_text("{}\n")
    (tmp_path / "dataset/dataset_info.json").write_text("{}")
    monkeypatch.setenv("NNODES", "2")
    monkeypatch.setenv("NODE_RANK", "1")
    monkeypatch.setattr(train_env, "PYTHON", ROOT / "pyproject.toml")
    logs = []
    monkeypatch.setattr(train, "launch", lambda options, log, output: logs.append(log))

    def start(config):
        train.main(RECIPE, str(tmp_path), config)
        return logs

    return start


def test_two_configs_of_a_run_share_no_log_and_no_file_of_options(second_node):
    logs = [second_node(config)[-1] for config in ("quickstart", "sky_t1_7b_lora")]
    assert len({log.with_suffix(".yaml") for log in logs}) == 2


def test_a_node_does_not_wait_for_a_first_one_that_finds_all_done(second_node, tmp_path):
    (tmp_path / "model/quickstart").mkdir(parents=True)
    (tmp_path / "model/quickstart/train.json").write_text("{}")
    assert second_node("quickstart") == []
