"""Two models on the same problems, by command and in the report: nothing is dropped or hidden."""

import json

import pytest

from eval import compare
from eval.report import summarize
from tests.compared_run import SETTINGS, evaluated

__all__ = ["evaluated"]  # a fixture


def test_the_command_prints_the_difference_and_what_differs_in_the_asking(command, evaluated):
    changed = {"sampling": SETTINGS["sampling"] | {"max_tokens": 16384}, "system_prompt": None}
    run = evaluated(trained=30, base=10, settings={"trained": changed})
    options = [f"--run={run.folder}", "--model=trained", "--baseline=base"]
    done = command("eval.compare", *options)
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[2]
    assert "max_tokens 16384, not 400; another system_prompt |" in line
    assert "| +50.0 [+35.0, +65.0] | <0.001 | 40 " in line
    (row,) = json.loads(command("eval.compare", *options, "--json").stdout)
    assert row["p"] == pytest.approx(2 / 2**20, abs=1e-4)
    assert (row["value"], row["ours"], row["theirs"], row["problems"]) == (0.5, 0.75, 0.25, 40)


def test_models_of_two_runs_are_compared_and_what_one_did_not_answer_is_told(command, evaluated):
    first, second = evaluated(trained=30), evaluated("earlier", n=25, trained=10)
    options = [f"--run={first.folder}", "--model=trained", "--baseline=trained", f"--baseline_run={second.folder}"]
    done = command("eval.compare", *options)
    assert done.returncode == 0, done.stderr
    assert "trained of earlier" in done.stdout
    assert "25 (15 left out: one side has them)" in done.stdout


@pytest.mark.parametrize(("config", "model"), [("lora", "trained-lora"), ("the_recipes_own", "trained")])
def test_the_trained_model_is_the_one_that_config_names(config, model, command, evaluated):
    run = evaluated(trained=30, base=10, **{"trained-lora": 20})
    done = command(
        "eval.compare", f"--run={run.folder}", "--model=trained", "--baseline=base", f"--config={config}", "--json"
    )
    assert [row["model"] for row in json.loads(done.stdout)] == [model]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model=trained", "--baseline=bsae"], "bsae has none in"),
        (["--model=trained", "--baseline=base", "--benchmark=math500"], "eval/trained/math500/verdicts.jsonl: no such file"),
    ],
)
def test_what_was_not_evaluated_is_told_in_one_line(options, told, command, evaluated):
    run = evaluated(trained=30, base=10)
    done = command("eval.compare", f"--run={run.folder}", *options)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_evaluation_that_was_cut_off_is_not_compared(command, evaluated):
    run = evaluated(trained=30, base=10)
    (run.eval("base", "mine") / "scores.json").unlink()
    done = command("eval.compare", f"--run={run.folder}", "--model=trained", "--baseline=base")
    assert done.returncode == 1
    assert "base has none in" in done.stderr
    assert summarize(run)["comparison"] == []


def test_an_older_set_of_questions_is_told():
    ours, theirs = {"questions.benchmarks/mine.jsonl": "1" * 64}, {"questions.benchmarks/mine.jsonl": "2" * 64}
    assert compare.asked_otherwise(ours, theirs) == ["another set of questions"]
    assert compare.asked_otherwise(ours, ours) == []


def cut(verdicts, lines):
    verdicts.write_text("".join(verdicts.read_text().splitlines(keepends=True)[:lines]))


def test_a_grading_that_was_cut_off_is_not_compared_beside_the_score_of_before(command, evaluated, capsys):
    run = evaluated(trained=30, base=10)
    cut(run.eval("trained", "mine") / "verdicts.jsonl", 25)
    done = command("eval.compare", f"--run={run.folder}", "--model=trained", "--baseline=base")
    assert done.returncode == 1
    assert "verdicts.jsonl: 25 verdicts, and a score of 40 x 1" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert compare.within(run) == []
    assert "trained and base on mine are left out" in capsys.readouterr().out


@pytest.mark.parametrize("missing", ["id", "ok"])
def test_a_row_that_is_no_verdict_is_one_line_that_names_the_file(command, evaluated, missing):
    run = evaluated(trained=30, base=10)
    verdicts = run.eval("trained", "mine") / "verdicts.jsonl"
    with verdicts.open("a") as file:
        file.write(json.dumps({name: "x" for name in ("id", "ok") if name != missing}) + "\n")
    done = command("eval.compare", f"--run={run.folder}", "--model=trained", "--baseline=base")
    assert done.returncode == 1
    assert f"{verdicts}: a row without id or ok is no verdict" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_another_wording_is_told_and_one_that_was_not_recorded_is_not():
    ours, theirs = ({"wording.question_math.txt": one * 12} for one in "12")
    assert compare.asked_otherwise(ours, theirs) == ["another question_math.txt"]
    assert compare.asked_otherwise(ours, {}) == compare.asked_otherwise({}, ours) == []
