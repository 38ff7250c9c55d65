"""Slips of a user: each is told in one line that names the place, or is no fault at all; none gives a traceback."""

import json

import pytest

from data_gen.cli import ConfigError, UserError, parse
from data_gen.sources import file as own
from tests.conftest import addition


def stage(recipe: str, run: str, config: str | None = None) -> None:
    """Stand for a stage."""


def told(done):
    """Return the one line that a refused command says."""
    assert done.returncode in (1, 2), done.stdout
    (line,) = done.stderr.splitlines()
    return line


def test_a_needed_option_that_is_empty_is_refused_for_it_would_mean_the_folder_one_is_in():
    with pytest.raises(ConfigError, match="--run= is empty"):
        parse(stage, ["--recipe=x", "--run="])
    assert parse(stage, ["--recipe=x", "--run=y", "--config="])["config"] == ""


def test_a_folder_in_the_place_of_a_file_is_told(command, tmp_path):
    problems, traces = tmp_path / "p.jsonl", tmp_path / "t.jsonl"
    problems.write_text(json.dumps(addition(1)[0]) + "\n")
    traces.write_text(json.dumps({"id": "add-0000", "text": "1"}) + "\n")
    done = command("data_gen.verify", f"--problems={problems}", f"--traces={traces}", f"--output={tmp_path}")
    assert f"a folder is in the way: name another file ({tmp_path})" in told(done)


def test_a_template_that_is_not_utf_8_is_told_by_its_name(command, recipe, tmp_path):
    folder = recipe(teacher={"system_prompt": "prompt.txt"})
    (folder / "prompt.txt").write_bytes("café".encode("latin-1"))
    done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert "prompt.txt: not UTF-8" in told(done)


def problems_of(folder, *questions):
    """Return what the source `file` makes of questions without ids."""
    kept = {key: value for key, value in addition(1)[0].items() if key not in ("id", "question")}
    rows = "".join(json.dumps(kept | {"question": question}) + "\n" for question in questions)
    (folder / "p.jsonl").write_text(rows)
    return list(own.read(own.FileConfig(path="p.jsonl"), folder))


def test_a_question_that_comes_twice_without_an_id_is_another_row_and_the_first_keeps_its_id(tmp_path):
    once = problems_of(tmp_path, "What is 0 + 1?")
    twice = problems_of(tmp_path, "What is 0 + 1?", "What is 0 + 1?")
    assert [problem.id for problem in twice] == [once[0].id, f"{once[0].id}-2"]


def test_half_of_a_character_pair_in_a_question_is_told_by_its_row(tmp_path):
    with pytest.raises(UserError, match="row 2 is not a Problem: question"):
        problems_of(tmp_path, "What?", "What \ud800?")
