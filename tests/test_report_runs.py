"""Runs beside each other: the same numbers as each has alone, paired differences, what was set otherwise."""

import json
import shutil
import subprocess

import pytest

from data_gen.cli import ConfigError, UserError
from eval import compare, report
from eval.reporting.reading.records import manifest
from eval.reporting.summary.settings import changed
from eval.reporting.summary.several_runs import summarize_runs
from tests.conftest import ROOT
from tests.reported_run import cells, edited, section, written_run


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Return three runs in runs/ of a folder that is the current one: their trained models solve 6, 8 and 2 of 10."""
    monkeypatch.chdir(tmp_path)
    return [written_run(tmp_path / "runs" / name, solved) for name, solved in (("a", 6), ("b", 8), ("c", 2))]


def compared(names: str) -> dict[str, str]:
    """Write a comparison and return its three files."""
    report.main(runs=names)
    folder = report.compared_folder(names.replace(" ", ",").split(","))
    return {name: (folder / name).read_text() for name in ("index.html", "report.md", "summary.json")}


def test_each_benchmark_is_one_table_with_the_models_of_all_runs(runs):
    text = section(compared("a,b")["report.md"], "Scores")
    lines = [line.split("|")[1:5] for line in text.splitlines() if line.startswith("| trained")]
    assert [[cell.strip() for cell in line] for line in lines] == [
        ["trained", "a", "accuracy", "60.0 % [10.0, 90.0]"],
        ["trained", "b", "accuracy", "80.0 % [10.0, 90.0]"],
    ]


def test_the_command_prints_the_tables_of_scores_and_differences(runs, capsys):
    report.main(runs="a,b")
    printed = capsys.readouterr().out
    assert "| trained | b   | accuracy | 80.0 % [10.0, 90.0] |" in printed
    assert "| trained | b   | a       | mine      | +20.0 [" in printed
    assert "runs/compared/a,b/report/index.html" in printed


def test_differences_are_those_that_compare_tells_against_the_first_run(runs):
    found = json.loads(compared("a b c")["summary.json"])["differences"]
    trained = {row["run"]: row for row in found if row["model"] == "trained"}
    assert trained.keys() == {"b", "c"}
    for run, name in ((runs[1], "b"), (runs[2], "c")):
        alone = compare.row(run, "trained", runs[0], "trained", "mine")
        assert (trained[name]["value"], trained[name]["p"]) == (alone["value"], alone["p"])
    assert [row["value"] for row in trained.values()] == [pytest.approx(0.2), pytest.approx(-0.4)]


def test_runs_that_were_asked_other_problems_have_no_difference_and_it_says_why(runs):
    verdicts = runs[1].eval("trained", "mine") / "verdicts.jsonl"
    verdicts.write_text(verdicts.read_text().replace('"q', '"other-'))
    shown = section(compared("a,b")["report.md"], "Paired differences")
    assert "no problem that both answered: the two were asked other questions" in shown


def test_changed_settings_are_told_by_key_and_equal_ones_are_not(runs):
    training = {"model_name_or_path": "owner/base", "learning_rate": 5e-5, "packing": True}
    edited(runs[1], mix={"settings": {"mix": {"pick": "longest"}, "training": {"cutoff_len": 1024}}})
    edited(runs[1], **{"train c": {"settings": {"config": "c", "training": training}}})
    prompt = {"settings": {"student": {"system_prompt": "Think. " * 20}}}
    edited(runs[1], collect=prompt)
    shown = section(compared("a,b")["report.md"], "What was set otherwise")
    assert cells(shown, "mix.mix.pick")[1:] == ["shortest", "longest"]
    assert cells(shown, "train.learning_rate")[1:] == ["1e-05", "5e-05"]
    assert cells(shown, "train.packing")[1:] == ["not set", "true"]
    assert cells(shown, "collect.student.system_prompt")[2].startswith("140 characters, sha256 ")
    assert "cutoff_len" not in shown
    assert "eval." not in shown


def test_a_stage_that_one_run_has_not_run_is_one_line(runs):
    edited(runs[1], **{"train c": None})
    rows = changed([(run.name, manifest(run)) for run in runs[:2]])
    assert rows == [{"key": "train", "values": {"a": "run", "b": "not run"}}]


def test_the_first_screen_says_of_each_run_what_was_trained_and_what_it_cost(runs):
    edited(runs[1], generate={"dollars": 3.5}, **{"train c": {"settings": {}}})
    first = compared("a,b")["report.md"].partition("## Scores")[0]
    assert "LoRA of owner/base, 2 epochs on 9 rows; all stages took 6.2 min; $1.25" in first
    assert "all stages took 6.2 min; $3.50" in first


def test_equal_runs_have_nothing_that_was_set_otherwise(runs):
    assert summarize_runs(runs)["settings"] == []


def test_funnels_and_costs_stand_side_by_side(runs):
    edited(runs[1], generate={"dollars": 3.5, "seconds": 60.0})
    funnel = json.loads(runs[1].funnel.read_text())
    runs[1].funnel.write_text(json.dumps(funnel[:2]))
    text = compared("a,b")["report.md"]
    assert cells(section(text, "From problems to rows"), "generate")[1:] == ["40 of 43 traces", "40 of 43 traces"]
    assert cells(section(text, "From problems to rows"), "mix")[1:] == ["9 of 38 rows", "not run"]
    assert cells(section(text, "What they took"), "generate")[1:] == ["30.0 s", "60.0 s"]
    dollars = section(text, "What they took").partition("*Dollars*")[2]
    assert cells(dollars, "all")[1:] == ["$1.25", "$3.50"]


def test_a_run_without_evaluation_stands_beside_one_that_has_it(runs):
    shutil.rmtree(runs[1].folder / "eval")
    files = compared("a,b")
    assert "b: not run" in files["report.md"]
    assert 'id="differences"' in files["index.html"]


@pytest.mark.parametrize(
    ("names", "error", "told"),
    [
        ("a,nope", UserError, r"runs/nope: no run there"),
        ("a", ConfigError, "two runs or more"),
        ("a,a", ConfigError, "each once"),
        ("", ConfigError, "two runs or more"),
    ],
)
def test_a_name_that_is_not_there_or_comes_twice_is_one_line(names, error, told, runs):
    with pytest.raises(error, match=told) as raised:
        report.main(runs=names)
    assert len(str(raised.value).splitlines()) == 1


def test_a_broken_file_of_one_run_is_told_by_its_name(runs):
    (runs[1].model("c") / "train.json").write_text("{")
    with pytest.raises(UserError, match=r"runs/b/model/c/train\.json"):
        report.main(runs="a,b")


def test_nothing_of_the_runs_themselves_is_written(runs):
    before = sorted(path for run in runs for path in run.folder.rglob("*"))
    compared("a,b,c")
    assert sorted(path for run in runs for path in run.folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["RUN=x"], "--run=runs/x"), (["RUNS=a b"], '--runs="a b"'), (["RUNS= a  b c "], '--runs="a b c"')],
)
def test_make_passes_one_run_or_several(words, expected):
    done = subprocess.run(["make", "--dry-run", "report", *words], cwd=ROOT, capture_output=True, text=True)
    assert expected in done.stdout
