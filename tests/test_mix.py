"""Mix: what is drawn, that it needs the files of the stages before as they are, and that it holds no texts."""

import json
import subprocess
import sys

import pytest

from data_gen import train_env
from data_gen.cli import UserError
from data_gen.tally import Tally
from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint
from tests.stages import STAGES, run_stages, solve


@pytest.fixture
def graded(command, recipe, tmp_path):
    """Return a recipe and a run with verdicts: of 20 problems, two answers each, about half of them right."""
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, tmp_path / "run", STAGES[:4])
    return folder, tmp_path / "run"


def mixed(command, folder, run, status=0):
    done = command("data_gen.mix", f"--recipe={folder}", f"--run={run}")
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize("name", ["03_rewritten", "04_verdicts", "01_problems"])
def test_a_file_that_is_out_of_order_is_told_and_nothing_is_mixed(command, graded, name):
    folder, run = graded
    path = run / f"data/{name}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[-1], *lines[:-1]]))
    done = mixed(command, folder, run, 1)
    assert "not in its place" in done.stderr or "no verdict" in done.stderr or "no such problem" in done.stderr
    assert not (run / "data/05_mixture.jsonl").exists()


def test_a_row_that_comes_twice_is_told(command, graded):
    folder, run = graded
    path = run / "data/03_rewritten.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines]))
    assert "not in its place" in mixed(command, folder, run, 1).stderr


def test_a_text_that_was_edited_after_grading_is_not_mixed(command, graded):
    folder, run = graded
    path = run / "data/03_rewritten.jsonl"
    path.write_text(path.read_text().replace("The answer is", "The answer is surely"))
    assert "run verify again" in mixed(command, folder, run, 1).stderr


def test_the_funnel_counts_every_answer_once_by_source_too(command, graded):
    folder, run = graded
    mixed(command, folder, run)
    line = next(line for line in json.loads((run / "data/funnel.json").read_text()) if line["stage"] == "mix")
    right = [row["id"] for row in rows(run / "data/04_verdicts.jsonl") if row["ok"]]
    kept = len(set(right))
    reasons = {"wrong": 40 - len(right), "not_picked": len(right) - kept}
    assert (line["in"], line["kept"], line["reasons"]) == (40, kept, reasons)
    assert line["by_source"] == {"file": {"in": 40, "kept": kept, "reasons": reasons}}
    rates = {row["id"]: row["pass_rate"] for row in rows(run / "data/05_mixture.jsonl")}
    assert rates == {one: right.count(one) / 2 for one in set(right)}


@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
def test_rows_are_not_measured_without_the_students_folder_which_is_named(tmp_path):
    keys = {"model_name_or_path": str(tmp_path / "nothing"), "template": "qwen", "cutoff_len": 1024}
    with pytest.raises(UserError, match="nothing: no model there"):
        train_env.count_lengths(train_env.Training(tmp_path / "x.yaml", keys), "", tmp_path / "rows", tmp_path / "lengths")


def test_a_tally_adds_up():
    tally = Tally()
    tally.keep("a", 3)
    tally.keep("a", -1)
    tally.drop("wrong", "a")
    tally.drop("wrong", "b", 2)
    assert (tally.kept, tally.total, tally.reasons) == (2, 5, {"wrong": 3})
    assert tally.by_source["b"] == {"in": 2, "kept": 0, "reasons": {"wrong": 2}}


@pytest.mark.slow
def test_four_times_the_rows_take_hardly_more_memory():
    """At most 400 bytes a row are held, of rows of 2,000: places, hashes and counts, and no text."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.mixing", "--rows=20000,80000"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    few, many = [line.split("|") for line in done.stdout.splitlines()[-2:]]
    for column in (4, 6):
        grown = int(many[column].split()[0].replace(",", "")) - int(few[column].split()[0].replace(",", ""))
        assert grown * 2**20 < 60_000 * 400
