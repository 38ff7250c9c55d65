"""The comparison of bench/faults.py can fail: every difference between two runs is found, dates and seconds are none."""

import json
import shutil
import time

import pytest

from bench.faults_compare import differences, kept, lost
from data_gen.run_folder import Run

KEYS = [("a", 0), ("a", 1), ("b", 0), ("c", 0)]
LOSSES = {"losses": [[1, 2.5], [2, 2.25]], "steps": 2}
SCORES = {"results": [{"value": 0.5}], "n": 2, "n_samples": 1, "no_answer": 0.0, "truncated": 0.0, "undecided": 0.0}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def whole_run(folder):
    """Write the files of a run, with seconds that differ from run to run."""
    run = Run(folder)
    for number, path in enumerate((run.traces, run.rewritten, run.verdicts)):
        rows = [{"id": one, "sample": sample, "text": f"{one}{sample}", "seconds": time.monotonic()} for one, sample in KEYS]
        write(path, [row | {"number": number} for row in rows])
    for path in (
        run.problems,
        run.removed_problems,
        run.mixture,
        run.dataset / "x.jsonl",
        run.dataset / "dataset_info.json",
    ):
        write(path, [{"id": "a"}, {"id": "b"}])
    write(run.model("quickstart") / "train.json", [LOSSES])
    (run.model("quickstart") / "model.safetensors").write_bytes(b"weights")
    place = run.eval("trained", "heldout")
    for name in ("samples.jsonl", "verdicts.jsonl"):
        write(place / name, [{"id": one, "sample": sample, "ok": True, "request": folder.name} for one, sample in KEYS])
    write(place / "scores.json", [SCORES | {"harness": {}, "date": folder.name}])
    summary = {key: [{"value": 0.5, "date": folder.name}] for key in ("results", "funnel", "verification", "comparison")}
    write(run.report / "summary.json", [summary])
    (run.report / "index.html").write_text("page")
    return run


def edit(path, change):
    path.write_text(change(path.read_text()))


def last_row_first(text):
    lines = text.splitlines(keepends=True)
    return "".join([lines[-1], *lines[:-1]])


def trained(run):
    return run.model("quickstart") / "train.json"


def weights(run):
    return run.model("quickstart") / "model.safetensors"


def verdicts(run):
    return run.eval("trained", "heldout") / "verdicts.jsonl"


def scores(run):
    return run.eval("trained", "heldout") / "scores.json"


EDITS = {
    "a row is missing": (lambda run: run.traces, lambda text: text.partition("\n")[2], "1 row missing (a, sample 0)"),
    "a row too many": (lambda run: run.traces, lambda text: text + '{"id": "z", "sample": 0}\n', "1 row too many (z"),
    "a row twice": (lambda run: run.traces, lambda text: text + text.splitlines(keepends=True)[-1], "1 rows twice"),
    "not sorted": (lambda run: run.verdicts, last_row_first, "04_verdicts: not sorted"),
    "another text": (lambda run: run.rewritten, lambda text: text.replace("b0", "b9"), "1 rows of other content"),
    "another problem": (lambda run: run.problems, lambda text: text.replace("b", "c"), "01_problems.jsonl: other bytes"),
    "the mixture's bytes": (lambda run: run.mixture, lambda text: text + "\n", "05_mixture.jsonl: other bytes"),
    "the dataset's bytes": (lambda run: run.dataset / "x.jsonl", lambda text: text[:-1], "x.jsonl: other bytes"),
    "a loss": (trained, lambda text: text.replace("2.25", "2.26"), "losses"),
    "a weight": (weights, lambda text: "weighty", "other weights"),
    "a verdict": (verdicts, lambda text: text.replace("true", "null", 1), "other content"),
    "a score": (scores, lambda text: text.replace("0.5", "0.6"), "other results"),
    "the funnel": (lambda run: run.report / "summary.json", lambda text: text.replace("0.5", "0.6"), "other results"),
}


def test_two_runs_that_differ_in_seconds_and_dates_alone_are_the_same(tmp_path):
    assert differences(whole_run(tmp_path / "one"), whole_run(tmp_path / "two"), "report") == []


@pytest.mark.parametrize("name", EDITS)
def test_every_difference_is_found(tmp_path, name):
    run, other = whole_run(tmp_path / "one"), whole_run(tmp_path / "two")
    place, change, expected = EDITS[name]
    edit(place(run), change)
    assert any(expected in found for found in differences(run, other, "report"))


@pytest.mark.parametrize("stage", ["collect", "generate", "rewrite", "verify", "mix", "export", "train", "eval", "report"])
def test_a_file_that_is_missing_is_a_difference(tmp_path, stage):
    run, other = whole_run(tmp_path / "one"), whole_run(tmp_path / "two")
    for folder in ("data", "dataset", "model", "eval", "report"):
        shutil.rmtree(run.folder / folder)
    assert differences(run, other, stage, since=stage)


def test_an_answer_that_is_gone_or_changed_is_lost_and_a_torn_one_was_never_there(tmp_path):
    path = tmp_path / "02_traces.jsonl"
    rows = [{"id": "a", "sample": sample, "text": str(sample), "seconds": 1.0} for sample in range(4)]
    write(path, rows)
    with path.open("a") as file:
        file.write('{"id": "a", "sample": 4')
    before = kept(path)
    assert list(before) == [("a", sample) for sample in range(4)]
    write(path, [rows[0] | {"seconds": 2.0}, rows[1] | {"text": "other"}, rows[2]])
    assert lost(before, path) == 2
