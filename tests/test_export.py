"""The dataset: what LLaMA-Factory and `load_dataset` read, all of it or nothing, and a card that says what is in it."""

import json
import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet
import pytest

from data_gen import shards, train_env
from data_gen.manifest import file_hash
from data_gen.sections import thought_solution
from data_gen.sharegpt import text_fault
from tests.conftest import ROOT, rows

SMALL = ROOT / "runs/models/SmolLM2-135M-Instruct"


def mixed(number: int, **keys):
    """Return a row as mix writes it."""
    row = {"id": f"add-{number:06}", "sample": 0, "source": "file", "domain": "math", "license": "MIT", "teacher": "m"}
    row |= {"rewriter": "rules", "ok": True, "reason": "correct", "tier": "number", "difficulty": None, "tokens": None}
    row |= {"user": f"What is {number} + 1?", "pass_rate": 0.5}
    return row | {"assistant": thought_solution(f"I add 1 to {number}.", f"\\boxed{{{number + 1}}}")} | keys


def put(run, mixture, **mix):
    """Write a mixture with the manifest that mix would leave."""
    (run / "data").mkdir(parents=True, exist_ok=True)
    path = run / "data/05_mixture.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in mixture)
    stage = {"settings": {"verify": {"enabled": True}}, "inputs": {}, "finished": True, **mix}
    (run / "manifest.json").write_text(json.dumps({"run": "run", "stages": {"mix": stage}}))
    return path


@pytest.fixture
def export(command, recipe, tmp_path):
    """Return a function that writes a mixture, exports it, and returns the finished process and the dataset's folder."""

    def run(mixture, *options, keys=None, **mix):
        put(tmp_path / "run", mixture, **mix)
        folder = recipe(**(keys or {}))
        done = command("data_gen.export", f"--recipe={folder}", f"--run={tmp_path / 'run'}", *options)
        return done, tmp_path / "run/dataset"

    return run


def test_both_copies_hold_the_same_rows_and_parquet_says_where_they_come_from(export):
    mixture = [mixed(1), mixed(2, license=None, tokens=77, pass_rate=None), mixed(3, user="Ünïcode ∑ 🙂")]
    done, dataset = export(mixture)
    assert done.returncode == 0, done.stderr
    lines = rows(dataset / "recipe.jsonl")
    table = pyarrow.parquet.read_table(dataset / "data/train-00000-of-00001.parquet").to_pylist()
    assert [{key: row[key] for key in ("system", "conversations")} for row in table] == lines
    assert [[turn["value"] for turn in row["conversations"]] for row in lines] == [
        [row["user"], row["assistant"]] for row in mixture
    ]
    for name in ("id", "source", "domain", "sample", "teacher", "rewriter", "tier", "pass_rate", "tokens", "license"):
        assert [row[name] for row in table] == [row[name] for row in mixture], name


def test_load_dataset_reads_the_folder_as_the_hub_would(export, tmp_path):
    _, dataset = export([mixed(number) for number in range(5)])
    script = "import sys, datasets; rows = datasets.load_dataset(sys.argv[1]); print(rows['train'].num_rows, list(rows))"
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", script, dataset], env=offline, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["5", "['train']"]


def test_a_large_dataset_becomes_several_files_that_hold_every_row_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "BATCH_BYTES", 2_000)
    monkeypatch.setattr(shards, "SHARD_BYTES", 4_000)
    with shards.Shards(tmp_path / "data") as writing:
        for number in range(300):
            turns = [{"from": "user", "value": os.urandom(20).hex()}, {"from": "assistant", "value": "b"}]
            writing.add(mixed(number) | {"system": "s", "conversations": turns})
    count = len(writing.names)
    assert count > 2
    assert writing.names == [f"train-{number:05}-of-{count:05}.parquet" for number in range(count)]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == writing.names
    ids = [i for name in writing.names for i in pyarrow.parquet.read_table(tmp_path / "data" / name)["id"].to_pylist()]
    assert ids == [mixed(number)["id"] for number in range(300)]


SOLUTION = thought_solution("a", "b")


@pytest.mark.parametrize(
    ("user", "assistant"),
    [
        ("Q", ""),
        ("Q", "The answer is \\boxed{2}."),
        ("Q", SOLUTION + "\n"),
        ("Q", SOLUTION.replace("\n\n", "\n")),
        ("Q", SOLUTION.replace("<|end_of_thought|>", "")),
        ("Q", SOLUTION + SOLUTION),
        ("Q", thought_solution("", "b")),
        ("Q", thought_solution("a", "")),
        ("Q", thought_solution("a \ud800", "b")),
        ("Q", None),
        ("Q", ["b"]),
        ("", SOLUTION),
        (" \n", SOLUTION),
        (None, SOLUTION),
    ],
)
def test_a_text_that_is_empty_or_out_of_form_may_not_be_trained_on(user, assistant):
    assert text_fault(user, assistant) is not None


def test_a_text_in_the_form_may_be_trained_on():
    assert text_fault("Q ∑", thought_solution("a ∑ 🙂\n\n<b>", "c")) is None


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (mixed(1, assistant="Error code: 429 - rate limit"), "row 2 (add-000001, sample 0): assistant: not a thought"),
        (mixed(1, user=""), "row 2 (add-000001, sample 0): user: an empty text"),
        (mixed(1, ok=None), "row 2 (add-000001, sample 0): not decided right (ok: null)"),
        (mixed(1, ok=False), "row 2 (add-000001, sample 0): not decided right (ok: false)"),
        (mixed(0), "row 2 (add-000000, sample 0): not in its place, or twice"),
        ({key: value for key, value in mixed(1).items() if key != "license"}, "row 2 (add-000001, sample 0): no license"),
        (mixed(1, source=""), "row 2 (add-000001, sample 0): an empty id or source"),
        (mixed(1, sample=None), "row 2 (add-000001, sample None): an empty id or source"),
    ],
)
def test_a_row_that_mix_would_not_write_stops_the_export_by_its_name(export, bad, fault):
    done, dataset = export([mixed(0), bad, mixed(2)])
    assert done.returncode == 1
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not dataset.exists()


def test_a_mixture_that_is_another_than_mix_wrote_is_refused_though_every_row_is_in_form(export, tmp_path):
    digest = file_hash(put(tmp_path / "run", [mixed(0)]))
    done, dataset = export([mixed(0, assistant=thought_solution("I guess.", "\\boxed{7}"))], sha256=digest)
    assert done.returncode == 1
    assert "changed since it was made; run mix again" in done.stderr
    assert not dataset.exists()
    done, dataset = export([mixed(0)], sha256=digest)
    assert done.returncode == 0, done.stderr


def test_rows_that_nothing_decided_pass_where_the_recipe_switches_verification_off(export):
    off = {"verify": {"enabled": False}}
    done, dataset = export([mixed(0, ok=None), mixed(1, ok=False)], keys=off, settings=off)
    assert done.returncode == 0, done.stderr
    assert "**Answers were not verified**" in (dataset / "README.md").read_text()
    assert "decided right" not in (dataset / "README.md").read_text().split("|")[0]


def test_an_export_that_fails_or_is_killed_leaves_no_dataset_and_the_next_one_is_whole(command, export, recipe, tmp_path):
    _, dataset = export([mixed(number) for number in range(3)])
    assert dataset.exists()
    put(tmp_path / "run", (mixed(number) for number in range(60_000)))
    words = [sys.executable, "-m", "data_gen.export", f"--recipe={recipe()}", f"--run={tmp_path / 'run'}"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)
    partial = tmp_path / "run/.dataset.partial/.recipe.jsonl.partial"
    deadline = time.monotonic() + 60
    while not (partial.is_file() and partial.stat().st_size > 100_000) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not dataset.exists()
    assert not json.loads((tmp_path / "run/manifest.json").read_text())["stages"]["export"]["finished"]
    done = command(*words[2:])
    assert done.returncode == 0, done.stderr
    assert len(rows(dataset / "recipe.jsonl")) == 60_000
    assert sorted(path.name for path in dataset.parent.iterdir() if "dataset" in path.name) == ["dataset"]


def test_the_same_export_again_is_done_already_and_byte_for_byte_the_same_when_done_anew(export, command, tmp_path):
    mixture = [mixed(number) for number in range(50)]
    _, dataset = export(mixture)
    files = ("recipe.jsonl", "dataset_info.json", "data/train-00000-of-00001.parquet")
    before = [(dataset / file).read_bytes() for file in files]
    done = command("data_gen.export", f"--recipe={tmp_path / 'recipe'}", f"--run={tmp_path / 'run'}")
    assert "done already" in done.stdout
    (dataset / "README.md").unlink()
    _, dataset = export(mixture)
    assert [(dataset / file).read_bytes() for file in files] == before


def test_the_manifest_beside_the_rows_says_what_made_them(export):
    _, dataset = export([mixed(0)])
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["stages"]["export"]["finished"]
    assert (
        manifest["stages"]["export"]["settings"]["student"]["system_prompt"] == rows(dataset / "recipe.jsonl")[0]["system"]
    )
    assert manifest["environment"]["packages"]["datasets"]


def test_what_is_published_tells_no_folder_of_this_machine(export, tmp_path):
    settings = {"verify": {"enabled": True}, "adopt": {"name": "x.json", "revision": None}, "model": f"{tmp_path}/models/Q"}
    _, dataset = export([mixed(0)], settings=settings, inputs={f"{tmp_path}/x.json": "0" * 64})
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["stages"]["mix"]["settings"]["model"] == "Q"
    assert manifest["stages"]["mix"]["inputs"] == {"x.json": "0" * 64}
    assert str(tmp_path) not in (dataset / "manifest.json").read_text() + (dataset / "README.md").read_text()


@pytest.mark.parametrize("off_by", [0, 1], ids=["the tokens of mix", "one more"])
@pytest.mark.slow
@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
@pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here")
def test_llamafactory_must_load_the_tokens_that_mix_measured(export, recipe, tmp_path, off_by):
    training = train_env.read_training("quickstart")
    assert training is not None
    mixture = [mixed(number) for number in range(3)]
    mixture[0]["user"] = "Which of 0, 1 and ? is no digit ?"  # a decoder that tidies up would join the sign to the word
    path, counted_ = put(tmp_path / "run", mixture), tmp_path / "lengths"
    system = (ROOT / "data_gen/templates/thought_solution.txt").read_text().strip()
    train_env.count_lengths(training, system, path, counted_)
    for row, length in zip(mixture, counted_.read_text().split(), strict=True):
        row["tokens"] = int(length)
    mixture[1]["tokens"] += off_by
    settings = {"verify": {"enabled": True}, "training": training.measures}
    done, dataset = export(mixture, keys={"student": {"config": "quickstart"}}, settings=settings)
    if off_by:
        assert done.returncode == 1
        assert "tokens and LLaMA-Factory loads" in done.stderr
        assert not dataset.exists()
    else:
        assert done.returncode == 0, done.stderr
        loaded = json.loads((tmp_path / "run/manifest.json").read_text())["stages"]["export"]["loaded"]
        assert loaded["tokens"] == sum(row["tokens"] for row in mixture)
        assert loaded["rows"] == 3
