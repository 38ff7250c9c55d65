"""Pushing to the hub by the real client: a dataset or a model goes whole, and what is old there goes."""

import json

import pytest

from tests.conftest import Run
from tests.push_hub import SHA, TOKEN, Hub, files_of, finished_run, pushed_to
from tests.trained_run import trained_run

LOGS = {"train.json", "trainer_log.jsonl", "training.yaml", "README.md"}
TOKENIZER = {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
WHOLE = {"config.json", "model.safetensors"}
ADAPTER = {"adapter_config.json", "adapter_model.safetensors"}


@pytest.fixture
def hub(tmp_path):
    with pushed_to(tmp_path / "home") as environment:
        yield environment


@pytest.fixture
def run(tmp_path):
    return finished_run(tmp_path / "run")


def test_a_dataset_is_pushed_whole_with_the_token_of_the_environment(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub)
    assert done.returncode == 0, done.stderr
    assert Hub.files == files_of(run / "dataset")
    assert Hub.created[0]["type"] == "dataset"
    sent = {authorization for _, path, authorization in Hub.seen if path.startswith(("/api/repos", "/api/datasets"))}
    assert sent == {f"Bearer {TOKEN}"}
    assert "of-a-login" not in str(Hub.seen)
    assert f"/datasets/o/n/commit/{SHA}" in done.stdout


def test_files_of_an_earlier_push_that_are_gone_here_are_removed_there(command: Run, run, hub):
    kept = {".gitattributes": b"", "notes.md": b"mine"}
    Hub.files = kept | {
        "data/train-00000-of-00002.parquet": b"old",
        "data/train-00001-of-00002.parquet": b"old",
        "y.jsonl": b"old",
    }
    assert command("launch.publish", f"--run={run}", "--repo=o/n", **hub).returncode == 0
    assert Hub.files == files_of(run / "dataset") | kept


def test_pushing_the_same_again_sends_no_commit(command: Run, run, hub):
    for _ in range(2):
        assert command("launch.publish", f"--run={run}", "--repo=o/n", **hub).returncode == 0
    assert sum("/commit/" in path for _, path, _ in Hub.seen) == 1


@pytest.mark.parametrize(
    ("options", "more", "expected"),
    [
        ({}, [], WHOLE),
        ({"finetuning_type": "lora"}, [], WHOLE | {"Modelfile"}),
        ({"finetuning_type": "lora"}, ["--adapter"], ADAPTER),
    ],
    ids=["all weights", "merged", "adapter"],
)
def test_a_model_goes_with_its_card_and_losses_and_with_nothing_to_resume_from(
    command: Run, tmp_path, hub, options, more, expected
):
    run = trained_run(tmp_path / "pushed", hf_hub_token="hf_in_a_yaml", **options)
    record = json.loads((run / "model/small/train.json").read_text())
    record["conditions"] = {"gpus": 0, "cpus": 2, "nodes": 1, "gpu": None, "model_name_or_path": str(tmp_path / "base")}
    (run / "model/small/train.json").write_text(json.dumps(record))
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", *more, **hub)
    assert done.returncode == 0, done.stderr
    assert set(Hub.files) == expected | TOKENIZER | LOGS
    assert Hub.created[0]["type"] == "model"
    sent = b"".join(Hub.files.values())
    assert str(tmp_path).encode() not in sent
    assert b"hf_in_a_yaml" not in sent


def test_an_adapter_names_its_base_on_the_hub_or_is_refused(command: Run, tmp_path, hub):
    (tmp_path / "base").mkdir()
    run = trained_run(tmp_path / "pushed", base=str(tmp_path / "base"), finetuning_type="lora")
    push = ("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--adapter")
    refused = command(*push, **hub)
    assert refused.returncode == 1
    assert "--base=owner/name" in refused.stderr
    assert Hub.seen == []
    assert command(*push, "--base=owner/base", **hub).returncode == 0
    assert json.loads(Hub.files["adapter_config.json"])["base_model_name_or_path"] == "owner/base"


def test_files_of_an_earlier_model_that_are_gone_here_are_removed_there(command: Run, run, hub):
    Hub.files = {"model-00001-of-00002.safetensors": b"old", "model.safetensors.index.json": b"old", "notes.md": b"mine"}
    assert command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--config=small", **hub).returncode == 0
    assert set(Hub.files) == WHOLE | TOKENIZER | LOGS | {"notes.md"}


@pytest.mark.parametrize("private", [False, True])
def test_the_card_of_a_model_links_the_dataset_that_was_pushed_in_public(command: Run, run, hub, private):
    Hub.private = private
    options = ["--private"] if private else []
    assert command("launch.publish", f"--run={run}", "--repo=o/traces", *options, **hub).returncode == 0
    assert command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", **hub).returncode == 0
    assert ("o/traces" in Hub.files["README.md"].decode()) is not private


@pytest.mark.parametrize("token", [TOKEN, ""], ids=["with a token", "without"])
def test_a_dry_run_lists_every_file_and_sends_nothing(command: Run, run, hub, token):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--private", "--dry_run", **hub | {"HF_TOKEN": token})
    assert done.returncode == 0, done.stderr
    for name, content in files_of(run / "dataset").items():
        assert any(line.split()[1:3] == [name, str(len(content))] for line in done.stdout.splitlines())
    assert "dataset o/n, private" in done.stdout
    assert ("HF_TOKEN is not set" in done.stdout) == (not token)
    assert Hub.seen == []
