"""bench/faults.py: its faults have names and change what they damage, and its table stays a table."""

import json
from dataclasses import replace

import pytest

from bench import faults, faults_table
from bench.faults_corruption import DAMAGES
from bench.faults_table import Line
from data_gen.cli import ConfigError


def test_faults_are_chosen_by_name_and_by_how_names_begin():
    assert [fault.name for fault in faults.choose("429")] == ["429"]
    assert len(faults.choose("kill-train")) == 5
    with pytest.raises(ConfigError, match="no such fault"):
        faults.choose("429,nothing")


def test_every_fault_has_a_name_of_its_own():
    names = [fault.name for fault in faults.FAULTS]
    assert len(names) == len(set(names)) > 100


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_changes_the_file(name):
    content = b"".join(json.dumps({"id": str(number)}).encode() + b"\n" for number in range(9))
    damage, _ = DAMAGES[name]
    assert damage(content) != content


def line(name="500", saw=("a | b\nc",), broken=()):
    return Line(name, "endpoint", "HTTP 500", list(saw), ["nothing", ""], ["exit 0"], list(broken), 2.0)


def test_what_a_command_said_cannot_break_the_table():
    rows = faults_table.table([line(saw=["a | b", "c\nd", "`e`"])]).splitlines()
    assert rows[-1] == "| HTTP 500 | `a \\| b`<br>`c d`<br>`'e'` | nothing | exit 0 |"
    assert {row.replace("\\|", "").count("|") for row in rows[2:]} == {5}


def test_a_broken_promise_is_in_its_row_and_in_the_head():
    told = faults_table.section([line(), line(name="503", broken=["1 answer is gone"])], "9 problems")
    assert "2 faults, 1 not as promised (503)" in told
    assert "**not as promised: 1 answer is gone** exit 0" in told


def test_rows_of_several_calls_say_the_commits_that_they_are_of():
    rows = [replace(line(), commit=commit) for commit in ("1a", "2b", "1a")]
    assert "at commit `1a`, `2b`, on" in faults_table.section(rows, "9 problems")


def test_what_was_not_run_is_named():
    assert "Not run: 429, html." in faults_table.section([line()], "9 problems", ["429", "html"])
    assert "Not run" not in faults_table.section([line()], "9 problems")


def test_the_section_is_replaced_and_the_rest_of_the_page_stays():
    page = f"# Reliability\n\nbefore\n\n{faults_table.BEGIN}old\n{faults_table.END}\nafter\n"
    once = faults_table.put(page, "new\n")
    assert once == page.replace("old", "new")
    assert faults_table.put(once, "new\n") == once


@pytest.mark.parametrize("page", ["", "# Reliability\n\nother words\n"])
def test_a_page_without_the_section_gets_it(page):
    made = faults_table.put(page, "new\n")
    assert f"{faults_table.BEGIN}new\n{faults_table.END}" in made
    assert made.startswith(page.strip() or "# Reliability")
