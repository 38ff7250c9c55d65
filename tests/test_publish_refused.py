"""What is not pushed: a run that is not whole, what would tell too much, and a hub that refuses or cannot be reached."""

import json

import pytest

from tests.conftest import Run
from tests.push_hub import TOKEN, Hub, finished_run, pushed_to
from tests.trained_run import trained_run, write


@pytest.fixture
def hub(tmp_path):
    with pushed_to(tmp_path / "home") as environment:
        yield environment


@pytest.fixture
def run(tmp_path):
    return finished_run(tmp_path / "run")


def test_an_adapter_that_is_not_merged_or_was_trained_anew_since_is_refused(command: Run, tmp_path):
    run = trained_run(tmp_path / "pushed", finetuning_type="lora")
    (run / "model/small/adapter_model.safetensors").write_text("trained anew")
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--dry_run")
    assert done.returncode == 1
    assert "merge it first" in done.stderr


def test_a_model_without_weights_is_refused(command: Run, run):
    (run / "model/small/model.safetensors").unlink()
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--config=small", "--dry_run")
    assert done.returncode == 1
    assert "no weights there" in done.stderr


def test_a_file_that_names_the_runs_folder_is_refused(command: Run, run):
    (run / "model/small/config.json").write_text(json.dumps({"_name_or_path": f"{run}/base"}))
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--config=small", "--dry_run")
    assert done.returncode == 1
    assert "config.json names" in done.stderr


def test_a_public_repository_gets_nothing_that_was_to_be_private(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--private", **hub)
    assert done.returncode == 1
    assert "o/n: it is there and public" in done.stderr
    assert Hub.files == {}
    Hub.private = True
    assert command("launch.publish", f"--run={run}", "--repo=o/n", "--private", **hub).returncode == 0
    assert Hub.created[-1]["visibility"] == "private"


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, "o/n: the hub does not know this HF_TOKEN"),
        (403, "o/n: this HF_TOKEN may not write there"),
        (500, "o/n: the hub refuses (500)"),
    ],
)
def test_a_hub_that_refuses_is_one_line_without_the_token(command: Run, run, hub, status, fault):
    Hub.refuse = status
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub)
    assert done.returncode == 1
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert TOKEN not in done.stdout + done.stderr


def test_a_hub_that_cannot_be_reached_is_one_line(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub | {"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert done.returncode == 1
    assert "o/n: the hub cannot be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_token_nothing_is_asked_of_the_hub(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub | {"HF_TOKEN": ""})
    assert done.returncode == 1
    assert "HF_TOKEN is not set" in done.stderr
    assert Hub.seen == []


@pytest.mark.parametrize(
    ("change", "options", "status", "fault"),
    [
        ({"export": {"finished": False}}, [], 1, "export is not finished"),
        ({}, [], 1, "export has not run"),
        ({"export": {"finished": True}}, ["--what=model"], 1, "which model? --config=other or --config=small"),
        ({"export": {"finished": True}}, ["--what=model", "--config=none"], 1, "no model there; there are: small"),
        ({"train killed": {"finished": False}}, ["--what=model", "--config=killed"], 1, "train killed is not finished"),
        ({"export": {"finished": True}}, ["--what=logs"], 2, "it is dataset or model"),
        ({"export": {"finished": True}}, ["--repo=name"], 2, "owner/name is expected"),
    ],
)
def test_what_is_not_whole_is_refused_in_one_line_a_dry_run_too(command: Run, run, change, options, status, fault):
    if options == ["--what=model"]:
        write(run / "model/other", {"config.json": "{}", "train.json": "{}"})
    (run / "manifest.json").write_text(json.dumps({"run": "run", "stages": change}))
    repo = [] if any(option.startswith("--repo") for option in options) else ["--repo=o/n"]
    done = command("launch.publish", f"--run={run}", *repo, *options, "--dry_run")
    assert done.returncode == status
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_dataset_that_lost_a_file_is_refused(command: Run, run):
    (run / "dataset/README.md").unlink()
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--dry_run")
    assert done.returncode == 1
    assert "README.md missing" in done.stderr
