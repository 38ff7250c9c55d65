"""The card of a model: every number was measured in its run on its weights, and nothing else is claimed."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from data_gen.cli import UserError
from data_gen.run_folder import Run as RunFolder
from launch.card.header import Stated
from launch.model_card import card, sections
from launch.training.hardware import Hardware
from launch.training.plan import conditions
from tests.conftest import Run
from tests.trained_run import edit, trained_run, write


def text_of(run: Path, model: str = "small", **stated: str) -> str:
    return card(RunFolder(run), "small", run / "model" / model, Stated(**stated))


def header_of(text: str) -> dict[str, object]:
    parts = text.split("---\n")
    header: dict[str, object] = yaml.safe_load(parts[1])
    return header


def row_of(text: str, *words: str) -> str:
    """Return the only line of a table that has these words."""
    found = [line for line in text.splitlines() if line.startswith("|") and all(word in line for word in words)]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return trained_run(tmp_path / "run")


def test_a_score_has_its_interval_its_count_its_date_and_its_origin(run):
    text = text_of(run)
    ours = row_of(text, "heldout", "**this model**")
    for part in ("40.0 % [35.0, 45.0]", "263 x 1", "2.0 %", "temperature 0, at most 400 tokens", "2026-01-03", "measured"):
        assert part in ours
    assert "10.0 % [5.0, 15.0]" in row_of(text, "| base |")


def test_a_benchmark_of_the_recipe_that_was_not_evaluated_says_so(run):
    assert "not run" in row_of(text_of(run), "math500", "**this model**")


@pytest.mark.parametrize(
    ("stage", "change"),
    [
        ("eval trained heldout", {"finished": False}),
        ("eval trained heldout", {"settings": {"weights": "runs/x/model/other", "origin": None, "sampling": {}}}),
        (
            "train small",
            {"settings": {"training": {"model_name_or_path": "o/b", "cutoff_len": 8}, "dataset_sha256": "other"}},
        ),
    ],
    ids=["unfinished", "of other weights", "of an earlier training"],
)
def test_a_score_that_is_not_of_these_weights_is_not_on_the_card(run, stage, change):
    edit(run, stage, **change)
    text = text_of(run)
    assert "40.0 %" not in text
    assert "not run" in row_of(text, "heldout", "**this model**")


def test_the_base_of_the_evaluation_counts_only_where_it_is_the_base_of_the_training(tmp_path):
    run = trained_run(tmp_path / "run")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["stages"]["eval base heldout"]["settings"]["weights"] = "owner/another"
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert "10.0 %" not in text_of(run)


@pytest.mark.parametrize(
    ("files", "stated", "expected"),
    [
        ({"README.md": "---\nlicense: apache-2.0\n---\n# b\n"}, None, {"license": "apache-2.0"}),
        (
            {"README.md": "---\nlicense: other\nlicense_name: qwen\nlicense_link: https://x/LICENSE\n---\n"},
            None,
            {"license": "other", "license_name": "qwen", "license_link": "https://x/LICENSE"},
        ),
        ({"LICENSE": "\n                  Apache License\n    Version 2.0\n"}, None, {"license": "apache-2.0"}),
        ({"LICENSE": "My own terms\n"}, None, {"license": "unknown"}),
        ({"README.md": "# licence: mit\n"}, None, {"license": "unknown"}),
        ({"README.md": "---\nlicense: [\n---\n"}, None, {"license": "unknown"}),
        ({}, None, {"license": "unknown"}),
        ({"README.md": "---\nlicense: mit\n---\n"}, "gemma", {"license": "gemma"}),
    ],
)
def test_the_licence_is_stated_or_read_beside_the_base_and_never_guessed(tmp_path, files, stated, expected):
    write(tmp_path / "base", {"config.json": "{}", **files})
    run = trained_run(tmp_path / "run", base=str(tmp_path / "base"))
    header = header_of(text_of(run, license=stated))
    assert {key: value for key, value in header.items() if key.startswith("license")} == expected


def test_a_base_is_linked_by_its_name_on_the_hub_and_never_by_a_folder(tmp_path):
    (tmp_path / "base").mkdir()
    local = trained_run(tmp_path / "local", base=str(tmp_path / "base"))
    assert "base_model" not in header_of(text_of(local))
    assert header_of(text_of(local, base="owner/name"))["base_model"] == "owner/name"
    assert header_of(text_of(trained_run(tmp_path / "hub")))["base_model"] == "owner/base"


def test_a_licence_file_of_the_base_is_linked_there(tmp_path):
    write(tmp_path / "base", {"README.md": "---\nlicense: other\nlicense_link: LICENSE\n---\n"})
    run = trained_run(tmp_path / "run", base=str(tmp_path / "base"))
    assert "license_link" not in header_of(text_of(run))
    linked = header_of(text_of(run, base="owner/name"))["license_link"]
    assert linked == "https://huggingface.co/owner/name/blob/main/LICENSE"


@pytest.mark.parametrize(
    ("model", "more"),
    [("small", "This is the adapter alone."), ("small-merged", "these are whole weights.")],
)
def test_the_first_line_says_what_was_made_of_what(tmp_path, model, more):
    run = trained_run(tmp_path / "run", finetuning_type="lora", quantization_bit=4)
    first = text_of(run, model).split("\n\n")[2]
    assert first.startswith(
        "[owner/base](https://huggingface.co/owner/base) after 4-bit QLoRA (rank 8) on 32 reasoning traces:"
    )
    assert first.endswith(more)


def test_a_dataset_that_the_run_pushed_is_linked(run):
    assert "datasets" not in header_of(text_of(run))
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"published": {"dataset": "me/traces"}}))
    assert header_of(text_of(run))["datasets"] == ["me/traces"]


def test_the_options_are_those_that_trained_without_keys_and_folders(tmp_path):
    secrets = {"hf_hub_token": "hf_secret", "swanlab_api_key": "secret", "cache_dir": f"{tmp_path}/cache"}
    run = trained_run(tmp_path / "run", base=str(tmp_path / "base"), learning_rate=2e-5, **secrets)
    text = text_of(run)
    options = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])  # type: ignore[index]
    assert options["learning_rate"] == 2e-5
    assert options["model_name_or_path"] == "base"
    assert "secret" not in text
    assert str(tmp_path) not in text


def test_the_composition_is_the_datasets_own_and_unknown_where_that_is_another_one_now(run):
    text = text_of(run)
    assert "### Composition\n\n32 rows of numina" in text
    (run / "dataset/x.jsonl").write_text("another\n")
    assert "32 rows" not in text_of(run)
    assert "Composition: unknown" in text_of(run)


def test_a_heading_inside_a_fence_is_no_section():
    assert set(sections("a\n## One\n````\n```\n## Two\n````\n## Three\nx")) == {"", "One", "Three"}


@pytest.mark.parametrize(
    ("rank", "model", "library", "line"),
    [
        (8, "small", "peft", "vllm serve owner/base --enable-lora --max-lora-rank 8 --lora-modules m=me/m"),
        (20, "small", "peft", "vllm serve owner/base --enable-lora --max-lora-rank 32 --lora-modules m=me/m"),
        (8, "small-merged", "transformers", "vllm serve me/m"),
    ],
)
def test_an_adapter_is_served_upon_its_base_and_a_merged_model_alone(tmp_path, rank, model, library, line):
    run = trained_run(tmp_path / "run", finetuning_type="lora", lora_rank=rank)
    text = text_of(run, model, repo="me/m")
    assert f"\n{line}\n" in text
    assert header_of(text)["library_name"] == library


@pytest.mark.parametrize(
    ("gpus", "nodes", "expected"),
    [
        (0, 1, "| hardware | 4 CPU cores |"),
        (8, 1, "| hardware | 8 x NVIDIA H100 |"),
        (8, 2, "| hardware | 8 x NVIDIA H100 a node, 2 nodes |"),
    ],
)
def test_the_hardware_is_what_the_training_recorded(run, monkeypatch, gpus, nodes, expected):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    recorded = conditions(Hardware(gpus, 85.0, "NVIDIA H100", 100.0, 100.0), nodes, {})  # as record writes it
    path = run / "model/small/train.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"conditions": recorded}))
    assert expected in text_of(run)


def test_a_training_of_before_the_hardware_was_recorded_says_so(run):
    assert "2 CPU cores; GPUs: not recorded" in row_of(text_of(run), "| hardware")


def test_a_training_whose_losses_and_speed_are_not_known_has_a_card_without_them(run):
    path = run / "model/small/train.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"first_loss": None, "tokens_per_second": None}))
    text = text_of(run)
    assert "| loss" not in text
    assert "| tokens/s" not in text


@pytest.mark.parametrize("content", [None, "", '{"rows": '])
def test_a_train_json_that_cannot_be_read_is_told_in_one_line(run, content):
    path = run / "model/small/train.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=r"^\S+train\.json: not readable; .*$"):
        text_of(run)


def test_the_prompt_that_the_rows_have_is_on_the_card_word_for_word(run):
    prompt = "Think.\n\n\n\nThen ```answer``` for $1."
    edit(run, "export", settings={"student": {"system_prompt": prompt}})
    assert f"````text\n{prompt}\n````" in text_of(run)


def test_a_training_that_is_not_finished_has_no_card(run):
    edit(run, "train small", finished=False)
    with pytest.raises(UserError, match="train small is not finished"):
        text_of(run)


def test_the_command_replaces_llamafactorys_card_in_both_folders_and_names_no_folder_of_the_machine(command: Run, tmp_path):
    run = trained_run(tmp_path / "run", finetuning_type="lora", quantization_bit=4)
    done = command("launch.model_card", f"--run={run}")
    assert done.returncode == 0, done.stderr
    for folder in ("small", "small-merged"):
        text = (run / "model" / folder / "README.md").read_text()
        assert text.startswith("---\n")
        assert "4-bit QLoRA (rank 8)" in text
        assert str(tmp_path) not in text
    assert "licence of the base: unknown; state it with --license" in done.stdout
