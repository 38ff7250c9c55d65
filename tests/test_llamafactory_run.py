"""LLaMA-Factory's end: what is shown of its log when it fails, and what it is started with."""

from pathlib import Path

import pytest

from data_gen import train_env
from data_gen.cli import UserError
from launch.training.llamafactory_run import end_of, environment, run, threads

TORCHRUN = "\n".join(
    [
        "[rank0]: Traceback (most recent call last):",
        '[rank0]:   File "x.py", line 1, in <module>',
        "[rank0]: ValueError: Your setup doesn't support bf16/gpu.",
        *["W1126 torchrun says which process failed"] * 20,
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
    ]
)


def test_under_torchrun_the_error_of_the_training_is_shown_first():
    first, *rest = end_of(TORCHRUN, Path("train.log")).splitlines()
    assert first == "its last error: [rank0]: ValueError: Your setup doesn't support bf16/gpu."
    assert len(rest) == 16


def test_without_an_error_the_end_is_shown():
    assert end_of("Killed", Path("train.log")) == "the end of train.log:\nKilled"


@pytest.mark.parametrize(("ray", "kept"), [("1", True), ("true", True), ("", False), ("0", False)])
def test_rays_key_reaches_llamafactory_with_ray_only(monkeypatch, ray, kept):
    monkeypatch.setenv("USE_RAY", ray)
    monkeypatch.setenv("RAY_AUTH_TOKEN", "x")
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    given = environment({"model_name_or_path": "m"}, {})
    assert ("RAY_AUTH_TOKEN" in given) is kept
    assert "OPENAI_API_KEY" not in given


@pytest.mark.parametrize(
    ("cores", "processes", "gpus", "expected"), [(64, None, 8, 8), (2, None, 0, 2), (64, 4, 8, 16), (2, 4, 0, 1)]
)
def test_the_processes_of_a_node_share_its_cores(cores, processes, gpus, expected):
    assert threads(cores, processes, gpus) == expected


@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
def test_a_path_with_a_space_is_refused_where_torchrun_would_get_it_in_two_parts(tmp_path):
    with pytest.raises(UserError, match="cut at every space"):
        run("train", {"model_name_or_path": "m", "deepspeed": "x.json"}, tmp_path / "my run/train.log")
