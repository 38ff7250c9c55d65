"""Rows of each published benchmark become problems, and nothing in a file runs."""

import base64
import csv
import json
import os
import pickle
import zlib
from collections import Counter
from pathlib import Path

import pytest

from data_gen.cli import UserError
from data_gen.dedup import Contamination
from data_gen.verifiers.choice import grade
from tests.benchmark_copies import FIXTURES, local
from tests.conftest import rows


@pytest.mark.parametrize(
    ("name", "path", "golds"),
    [
        ("math500", "math500", {"test/prealgebra/9001.json": "12", "test/algebra/9002.json": "\\frac{1}{2}"}),
        ("aime24", "aime24/train.jsonl", {"900": "016", "901": "99"}),
        ("aime24", "aime24/maxwell.jsonl", {"2024-I-99": "204"}),
        ("aime24", "aime24/expected.jsonl", {"0": "73"}),
        ("aime25", "aime25", {"0": "70"}),
        ("amc23", "amc23/test.jsonl", {"0": "27"}),
        ("olympiadbench", "olympiadbench/rows.jsonl", {"9001": "-3,3", "9002": "4"}),
        ("gsm8k", "gsm8k/test.jsonl", {"0": "1072"}),
    ],
)
def test_the_reference_of_a_mathematics_row(name, path, golds):
    problems = local(name, FIXTURES / path)
    assert {problem.id: problem.gold for problem in problems} == {
        f"{name}-{key}": {"answer": answer} for key, answer in golds.items()
    }
    assert {problem.verifier for problem in problems} == {"math_answer"}


@pytest.mark.parametrize("answer", ["1000", "-5", "12.5", "", "x", 27.5])
def test_an_aime_answer_that_is_no_integer_up_to_999_is_told_by_row(answer, tmp_path):
    row = {"id": 7, "problem": "How many?", "answer": answer}
    (tmp_path / "a.jsonl").write_text(json.dumps({**row, "id": 6, "answer": "016"}) + "\n" + json.dumps(row) + "\n")
    with pytest.raises(UserError, match="aime24: row 2"):
        local("aime24", tmp_path / "a.jsonl")


def test_a_column_of_another_name_is_named_in_the_recipe_and_a_missing_one_is_told(tmp_path):
    (tmp_path / "m.jsonl").write_text(json.dumps({"text": "How many?", "result": "3"}) + "\n")
    with pytest.raises(UserError, match=r"math500: row 1: no problem or .*there are: text, result"):
        local("math500", tmp_path / "m.jsonl")
    columns = {"problem": "text", "answer": "result"}
    assert local("math500", tmp_path / "m.jsonl", columns=columns)[0].gold == {"answer": "3"}
    with pytest.raises(UserError, match="no column txt"):
        local("math500", tmp_path / "m.jsonl", columns={"problem": "txt"})


def test_a_file_without_questions_and_one_with_an_id_twice_are_errors(tmp_path):
    (tmp_path / "m.jsonl").write_text("")
    with pytest.raises(UserError, match="holds no question"):
        local("math500", tmp_path / "m.jsonl")
    (tmp_path / "m.jsonl").write_text((FIXTURES / "math500/test.jsonl").read_text() * 2)
    with pytest.raises(UserError, match="two questions have the id"):
        local("math500", tmp_path / "m.jsonl")


def test_humaneval_asks_with_the_prompt_and_is_graded_by_its_assertions():
    problem = local("humaneval", FIXTURES / "humaneval/test.jsonl")[0]
    assert problem.id == "humaneval-HumanEval/900"
    assert problem.question.startswith("def double(x: int)")
    assert problem.gold["entry_point"] == "double"
    assert "assert candidate(3) == 6" in problem.gold["tests"]
    assert problem.meta["reference_solutions"][0].endswith("return 2 * x\n")


def gpqa(path, count):
    """Write a file in GPQA's columns whose right answers are `right 0`, `right 1`, ..."""
    names = ["Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Record ID"]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        for n in count:
            table.writerow([f"Question {n}?", f"right {n}", f"wrong {n}a", f"wrong {n}b\n", f" wrong {n}c", f"rec{n}"])
    return path


def test_the_letter_of_a_gpqa_answer_names_the_right_choice_and_is_evenly_spread(tmp_path):
    problems = local("gpqa_diamond", gpqa(tmp_path / "g.csv", range(198)))
    for problem in problems:
        number = problem.question.removeprefix("Question ").removesuffix("?")
        assert problem.gold["choices"]["ABCD".index(problem.gold["answer"])] == f"right {number}"
        assert sorted(problem.gold["choices"])[1:] == [f"wrong {number}{letter}" for letter in "abc"]
    assert sorted(Counter(problem.gold["answer"] for problem in problems).values()) == [49, 49, 50, 50]
    first_wrong = Counter(next(c for c in problem.gold["choices"] if "wrong" in c)[-1] for problem in problems)
    assert min(first_wrong.values()) > 40  # of 198: the wrong ones are shuffled too


def test_the_order_of_gpqa_choices_is_decided_by_the_seed_and_by_nothing_else(tmp_path):
    def choices(order, **keys):
        found = local("gpqa_diamond", gpqa(tmp_path / "g.csv", order), **keys)
        return {problem.id: problem.gold for problem in found}

    assert choices(range(40)) == choices(reversed(range(40)))
    assert choices(range(40)) != choices(range(40), shuffle_seed=1)


def test_gpqa_rows_in_the_published_columns_are_graded_by_letter():
    problems = local("gpqa_diamond", FIXTURES / "gpqa")
    assert len(problems) == 10
    first = problems[0]
    assert first.id == "gpqa_diamond-rec900"
    assert first.meta == {"High-level domain": "Physics", "Subdomain": "Classical mechanics"}
    assert [grade(f"\\boxed{{{letter}}}", first.gold).ok for letter in "ABCD"].count(True) == 1


def test_livecodebench_tests_are_public_and_private_ones_in_order():
    problems = {problem.id: problem for problem in local("livecodebench", FIXTURES / "livecodebench")}
    assert {key: problem.gold for key, problem in problems.items()} == {
        "livecodebench-abc900_a": {"inputs": ["3\n", "5\n", "-1\n"], "outputs": ["6\n", "10\n", "-2\n"]},
        "livecodebench-9001": {"fn_name": "total", "inputs": [[[1, 2], 4], [[], 0]], "outputs": [7, 0]},
        "livecodebench-abc901_b": {"inputs": ["a\n", "b\n"], "outputs": ["a\n", "b\n"]},
    }
    assert problems["livecodebench-9001"].meta["difficulty"] == "medium"


@pytest.mark.parametrize(("release", "count"), [("v1", 2), ("v2", 3), ("release_v2", 3), (None, 3)])
def test_a_livecodebench_release_holds_those_before_it(release, count):
    assert len(local("livecodebench", FIXTURES / "livecodebench", release=release)) == count


def test_starter_code_in_common_is_no_contamination():
    problem = next(p for p in local("livecodebench", FIXTURES / "livecodebench") if p.meta.get("starter_code"))
    other = "Count the primes among nums below k.\n\n" + problem.meta["starter_code"].replace("total", "primes")
    assert Contamination({"lcb": [problem.question]}, 13).of(other) is None


class Touch:
    """What a pickle does when it is loaded: run a command."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def hostile(folder):
    text = json.dumps([{"input": "1", "output": "1", "testtype": "stdin"}])
    return {
        "command": packed(pickle.dumps(Touch(folder / "executed"))),
        "text and command": packed(pickle.dumps([text, Touch(folder / "executed")])),
        "old protocol": packed(pickle.dumps(Touch(folder / "executed"), protocol=0)),
        "list": packed(pickle.dumps([text])),
        "bytes": packed(pickle.dumps(text.encode())),
        "no pickle": packed(b"not a pickle"),
        "cut": packed(pickle.dumps(text)[:-20]),
        "no zlib": base64.b64encode(b"plain").decode(),
        "no base64": "%%%",
        "no tests": packed(pickle.dumps("[]")),
        "no JSON": packed(pickle.dumps("os")),
        "another kind": json.dumps([{"input": "1", "output": "1", "testtype": "functional"}]),
        "null": None,
    }


@pytest.mark.parametrize("kind", hostile(Path()))
def test_private_tests_that_are_no_text_run_nothing_and_name_their_problem(kind, tmp_path):
    row = rows(FIXTURES / "livecodebench/test.jsonl")[0]
    row |= {"question_id": "bad_1", "private_test_cases": hostile(tmp_path)[kind]}
    row |= {"public_test_cases": "[]"} if kind == "no tests" else {}
    (tmp_path / "test.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=r"livecodebench: row 1 \(bad_1\)"):
        local("livecodebench", tmp_path / "test.jsonl")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("dates", "ids"),
    [
        ({"from": "2023-09-01"}, ["abc900_a", "9001", "abc901_b"]),
        ({"to": "2023-09-01"}, ["abc900_a", "9001", "abc901_b"]),
        ({"from": "2023-09-02", "to": "2024-08-31"}, ["abc902_a"]),
    ],
)
def test_a_window_of_days_holds_both_of_its_ends(dates, ids, tmp_path):
    old = [row for name in ("test", "test2") for row in rows(FIXTURES / f"livecodebench/{name}.jsonl")]
    new = old[0] | {"question_id": "abc902_a", "contest_date": "2024-08-31T21:00:00"}
    late = old[0] | {"question_id": "abc903_a", "contest_date": "2024-09-01T00:00:00"}
    broken = old[0] | {"question_id": "early", "contest_date": "2023-08-31T00:00:00", "private_test_cases": "%%%"}
    outside = [broken] if "from" in dates else []
    kept = [*old, new, late] if "to" in dates else old
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*outside, *kept]))
    assert [p.id.removeprefix("livecodebench-") for p in local("livecodebench", tmp_path / "test.jsonl", dates=dates)] == ids


def test_an_empty_window_and_a_problem_without_a_day_are_told(tmp_path):
    with pytest.raises(UserError, match="no question from 2030-01-01 to None"):
        local("livecodebench", FIXTURES / "livecodebench", dates={"from": "2030-01-01"})
    row = rows(FIXTURES / "livecodebench/test.jsonl")[0] | {"contest_date": "soon"}
    (tmp_path / "test.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match="row 1: contest_date"):
        local("livecodebench", tmp_path / "test.jsonl", dates={"from": "2023-01-01"})
