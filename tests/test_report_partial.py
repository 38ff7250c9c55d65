"""The report of a run that stopped anywhere, or of which a file is broken: a page that says so, or one line."""

import json
import shutil

import pytest

from data_gen.cli import UserError
from data_gen.run_folder import Run
from eval import report
from eval.reporting.summary.one_run import summarize
from tests.reported_run import cells, edited, section, told, written_run


@pytest.fixture
def run(tmp_path):
    return written_run(tmp_path / "run")


STOPPED: dict[str, tuple[tuple[str, ...], str]] = {
    "after collect": (("generate", "rewrite", "verify", "mix", "export", "train c", "eval"), "no answer is verified yet"),
    "before verify": (("verify", "mix", "export", "train c", "eval"), "no answer is verified yet"),
    "before mix": (("mix", "export", "train c", "eval"), "nothing is trained yet"),
    "before training": (("train c", "eval"), "nothing is trained yet"),
    "before evaluation": (("eval",), "no model was evaluated yet"),
}
FILES = {
    "generate": lambda run: [run.traces],
    "verify": lambda run: [run.verdicts, run.verdicts_before],
    "mix": lambda run: [run.mixture],
    "export": lambda run: [run.dataset],
    "train c": lambda run: [run.folder / "model"],
    "eval": lambda run: [run.folder / "eval"],
}


@pytest.mark.parametrize("where", STOPPED)
def test_a_run_that_stopped_early_has_a_report_that_says_what_is_not_there(where, run):
    removed, says = STOPPED[where]
    manifest = json.loads(run.manifest.read_text())
    manifest["stages"] = {name: stage for name, stage in manifest["stages"].items() if name.split()[0] not in removed}
    manifest["stages"] = {name: stage for name, stage in manifest["stages"].items() if name not in removed}
    run.manifest.write_text(json.dumps(manifest))
    funnel = [line for line in json.loads(run.funnel.read_text()) if line["stage"] not in removed]
    run.funnel.write_text(json.dumps(funnel))
    for stage in removed:
        for path in FILES.get(stage, lambda run: [])(run):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    files = told(run)
    for text in (files["index.html"], files["report.md"]):
        assert says in text
    assert len(summarize(run)["not_run"]) >= len(removed) - 1


def test_a_run_of_which_only_the_manifest_is_there_has_a_report(tmp_path):
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    run.manifest.write_text(json.dumps({"run": "run", "stages": {}}))
    assert "Nothing is trained in this run yet" in told(run)["report.md"]


def test_an_unfinished_stage_is_said_before_any_number(run):
    edited(run, **{"train c": {"finished": False}})
    text = told(run)["report.md"]
    assert "Not finished: train c." in text.partition("## Scores")[0]


def test_verdicts_that_are_not_sorted_yet_are_not_counted_and_the_page_says_why(run):
    rows = run.verdicts.read_text().splitlines(keepends=True)
    run.verdicts.write_text("".join([rows[-1], *rows[:-1]]))
    summary = summarize(run)
    assert summary["acceptance"] == {"source": [], "difficulty": []}
    assert "04_verdicts.jsonl is not sorted by id" in told(run)["report.md"].partition("## Scores")[0]


def test_a_row_that_is_being_written_is_left_out(run):
    for path in (run.problems, run.traces, run.verdicts, run.mixture):
        path.write_text(path.read_text() + '{"id": "p-99", "sou')
    assert json.loads(told(run)["summary.json"])["mixture"]["rows"] == 9


def test_a_training_that_diverged_has_a_report_that_is_json(run):
    path = run.model("c") / "train.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"losses": [[1, 2.0], [2, float("nan")]]}))

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    files = told(run)
    loss = json.loads(files["summary.json"], parse_constant=refuse)["losses"]["c"]
    assert (loss["losses"], loss["last"], loss["not_finite"]) == ([[1, 2.0]], None, 1)
    assert cells(section(files["report.md"], "Loss"), "c")[-1] == "not a number"


SCORES = (
    '{"model": "base", "benchmark": "mine", "n": 10, "n_samples": 1, "no_answer": 0.4, "truncated": 0, "undecided": 0, '
    '"date": "2026-01-03", "results": [{"metric": "accuracy", "value": 0.5, "ci95": [0.1, 0.9]}]}'
)
BROKEN = [
    ("manifest.json", "{"),
    ("manifest.json", "[]"),
    ("manifest.json", "{}"),
    ("manifest.json", '{"stages": {"mix": 1}}'),
    ("data/funnel.json", "{"),
    ("data/funnel.json", "{}"),
    ("data/funnel.json", '[{"stage": "mix"}]'),
    ("eval/base/mine/scores.json", "{"),
    ("eval/base/mine/scores.json", "{}"),
    ("eval/base/mine/scores.json", "[]"),
    ("eval/base/mine/scores.json", '{"model": "base", "results": 3}'),
    ("manifest.json", '{"stages": {"mix": {"dollars": Infinity}}}'),
    ("eval/base/mine/scores.json", SCORES.replace("0.5", "NaN")),
    ("eval/base/mine/scores.json", SCORES.replace("0.4", "NaN")),
    ("model/c/train.json", '{"spent": {"seconds": NaN}}'),
    ("model/c/train.json", "{"),
    ("model/c/train.json", "[]"),
    ("model/c/train.json", '{"losses": 3}'),
    ("model/c/train.json", '{"planned": {"seconds": "soon"}}'),
    ("eval/base/mine/verdicts.jsonl", "{\n"),
    ("eval/base/mine/verdicts.jsonl", '{"id": "q0", "sample": 0}\n'),
    ("data/01_problems.jsonl", "no JSON\n"),
    ("data/02_traces.jsonl", '{"id": "x", "usage": 3}\n'),
    ("data/04_verdicts.jsonl", "[]\n"),
    ("data/05_mixture.jsonl", '{"id": "x"}\n'),
    ("data/05_mixture.jsonl", b"\xff\xfe\n"),
]


@pytest.mark.parametrize(("name", "content"), BROKEN)
def test_a_broken_file_is_one_line_that_names_it(name, content, run):
    path = run.folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as raised:
        report.main(run=str(run.folder))
    assert str(path) in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


ODD = [
    ("generate", {"settings": {"teacher": "a name"}}),
    ("generate", {"settings": {"teacher": {"max_tokens": "many", "samples": "few"}}}),
    ("generate", {"planned": {"requests": 0, "completion_tokens": 0, "bound": True}}),
    ("mix", {"settings": {"mix": 3, "training": "x"}}),
    ("mix", {"settings": {"mix": {"max_tokens": "x"}}}),
    ("train c", {"settings": {"training": {"model_name_or_path": 3, "num_train_epochs": "all"}}}),
    ("eval base mine", {"settings": {"samples": "x", "sampling": None}}),
]


@pytest.mark.parametrize(("stage", "change"), ODD)
def test_settings_that_no_stage_wrote_leave_a_figure_out_and_no_report(stage, change, run):
    edited(run, **{stage: change})
    assert cells(section(told(run)["report.md"], "Planned and spent"), stage)


def test_a_run_without_an_environment_says_that_it_is_unknown(run):
    manifest = json.loads(run.manifest.read_text())
    del manifest["environment"]
    run.manifest.write_text(json.dumps(manifest))
    shown = section(told(run)["report.md"], "Where and with what")
    assert [cells(shown, what)[1] for what in ("commit", "Python", "packages")] == ["unknown"] * 3
