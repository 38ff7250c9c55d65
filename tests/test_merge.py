"""Merging an adapter: what is refused before it starts, and which folder is the model to serve."""

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from data_gen.cli import UserError
from data_gen.run_folder import Run as RunFolder
from launch import merge
from launch.training import hardware
from launch.training.trained import whole_model
from tests.conftest import Run
from tests.trained_run import edit, trained_run

RECIPE = "--recipe=recipes/quickstart"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return trained_run(tmp_path / "run", finetuning_type="lora")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"finetuning_type": "full"}, "small is a full fine-tuning: nothing to merge"),
        ({"finetuning_type": "freeze"}, "small is a freeze fine-tuning: nothing to merge"),
        ({"finetuning_type": "oft"}, "finetuning_type: oft: not merged here"),
        ({"finetuning_type": "lora", "pissa_init": True}, "pissa_init: not merged here"),
        ({"finetuning_type": "lora", "adapter_name_or_path": "a"}, "adapter_name_or_path: not merged here"),
    ],
)
def test_what_is_no_plain_lora_is_refused_in_one_line(command: Run, tmp_path, options, fault):
    run = trained_run(tmp_path / "run", **options)
    done = command("launch.merge", RECIPE, f"--run={run}", "--config=small")
    assert done.returncode == 1
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unfinished_training_is_not_merged(command: Run, run):
    edit(run, "train small", finished=False)
    done = command("launch.merge", RECIPE, f"--run={run}", "--config=small")
    assert done.returncode == 1
    assert "train small is not finished: run train first" in done.stderr


Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(("disk", "memory", "fault"), [(9, 99, "disk"), (99, 9, "memory")])
def test_a_model_that_does_not_fit_is_refused_before_it_is_read(tmp_path, monkeypatch, disk, memory, fault):
    (tmp_path / "model.safetensors").write_bytes(b"x" * 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(disk))
    monkeypatch.setattr(hardware, "host_memory", lambda: memory)
    with pytest.raises(UserError, match=f"{fault}: the merged model takes"):
        merge.check_room("base", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (["config.json", "model.safetensors"], "tokenizer_config.json"),
        (["config.json", "tokenizer_config.json"], "model.safetensors"),
        (["config.json", "tokenizer_config.json", "a.safetensors", "model.safetensors.index.json"], "b.safetensors"),
    ],
)
def test_an_export_that_lacks_a_file_is_no_model(tmp_path, files, fault):
    for name in files:
        (tmp_path / name).write_text(json.dumps({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}))
    with pytest.raises(UserError, match=f"wrote no {fault}"):
        merge.check_whole(tmp_path)


def test_the_model_to_serve_is_the_merged_one_of_this_very_adapter(run):
    folder = RunFolder(run)
    assert whole_model(folder, "small") == run / "model/small-merged"
    (run / "model/small/adapter_model.safetensors").write_text("trained anew")
    with pytest.raises(UserError, match="an adapter, not a whole model: merge it first"):
        whole_model(folder, "small")


def test_the_model_to_serve_after_a_full_fine_tuning_is_its_own_folder(tmp_path):
    assert whole_model(RunFolder(trained_run(tmp_path)), "small") == tmp_path / "model/small"
