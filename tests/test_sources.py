"""What published rows become: one problem a row, or the reason why not. Rows of `fixtures/sources` are written for this."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_gen.cli import UserError
from data_gen.records import Problem
from data_gen.sandbox import probe
from data_gen.sources import SOURCES, input_output
from data_gen.sources.source import Difficulty, Dropped, Item, Ready
from data_gen.verifiers import code_tests, gold
from data_gen.verifiers.gold import gold_fault
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.self_test import MOST, references, self_test
from data_gen.yaml_schema import parse
from tests.conftest import SHARED, STRONG

FIXTURES = Path(__file__).parent / "fixtures" / "sources"
NUMINA: dict[str, Any] = {
    "path": str(FIXTURES / "numina.jsonl"),
    "subsets": {"math": {"difficulty": {"min": 4}}, "amc_aime": {}, "olympiads": {}},
    "labels": [
        {"path": str(FIXTURES / "math_levels.jsonl"), "column": "level", "scale": "math_level", "subsets": ["math"]},
        {
            "path": str(FIXTURES / "numina_difficulty.jsonl"),
            "column": "gpt_difficulty_parsed",
            "scale": "llm_1_10",
            "subsets": ["amc_aime", "olympiads"],
        },
    ],
}
STILL2 = ["physics", "biology", "puzzle"]


def read(name: str, **keys: Any) -> list[Item]:
    """Return what a source makes of its fixture, or of `path`."""
    keys.setdefault("path", str(FIXTURES / f"{name}.jsonl"))
    return list(SOURCES[name].read(parse(keys, SOURCES[name].config, name), FIXTURES))


def problems(items: list[Item]) -> dict[str, Problem]:
    """Return the problems by their ids, with the row's number in the place of a hash."""
    found = [item for item in items if isinstance(item, Problem)]
    return {
        f"{re.sub('-[0-9a-f]{16}(-[0-9]+)?$', '', item.id)}-{item.meta['row']}" if "row" in item.meta else item.id: item
        for item in found
    }


def dropped(items: list[Item]) -> dict[str, str]:
    return {item.id: item.reason for item in items if isinstance(item, Dropped)}


@pytest.mark.parametrize(
    ("name", "keys", "reasons"),
    [
        (
            "apps",
            {},
            ["no_tests", "bad_tests", "bad_tests", "huge_integer", "no_question"],
        ),
        ("taco", {"path": str(FIXTURES / "train_taco.jsonl")}, ["no_tests"]),
        (
            "numina",
            NUMINA,
            ["no_box", "several_boxes", "too_long"],
        ),
        ("gsm8k", {}, ["no_mark", "too_long"]),
        ("still2", {"domains": STILL2}, ["no_sections"]),
        ("humaneval", {}, ["bad_prompt"]),
    ],
)
def test_a_row_that_gives_no_problem_is_told_with_its_reason(name, keys, reasons):
    assert list(dropped(read(name, **keys)).values()) == reasons


@pytest.mark.parametrize("name", ["apps", "gsm8k", "humaneval"])
def test_every_problem_of_a_source_holds_what_its_verifier_needs(name):
    found = problems(read(name))
    assert found
    assert {key: fault for key, problem in found.items() if (fault := gold_fault(problem))} == {}


@pytest.mark.parametrize(
    ("key", "tests"),
    [
        ("apps-test-0", {"inputs": ["3\n", "-1\n"], "outputs": ["6\n", "-2\n"]}),
        ("apps-test-4", {"inputs": ["left\nright"], "outputs": ["right\nleft"]}),
        ("apps-test-7", {"fn_name": "triple", "inputs": [[2], [-5]], "outputs": [6, -15]}),
        ("apps-test-9", {"fn_name": "positive", "inputs": [[[4, -4]], [[-1, 9]]], "outputs": [[4], [9]]}),
    ],
    ids=["texts", "lists of lines", "values in a list of one", "lists that the function returns"],
)
def test_published_tests_become_the_tests_that_the_verifier_runs(key, tests):
    assert problems(read("apps"))[key].gold == tests


def test_reference_programs_are_python_3_and_none_comes_twice():
    assert problems(read("apps"))["apps-test-0"].meta["reference_solutions"] == [
        "print(2 * int(input()))",
        "n = int(input())\nprint(n + n)\n",
    ]


def test_no_more_reference_programs_are_kept_than_the_self_test_runs():
    assert len(input_output.programs_of([f"print({number})" for number in range(MOST + 3)])) == MOST


def test_starter_code_stands_in_the_question_once():
    found = problems(read("apps"))
    assert found["apps-test-7"].question.count("def triple(n):") == 1
    assert "Starter code" not in found["apps-test-0"].question


def test_min_tests_drops_problems_with_fewer():
    assert dropped(read("apps", min_tests=2))["apps-test-4"] == "few_tests"


def test_difficulties_of_apps_choose_rows_and_are_kept():
    found = problems(read("apps", difficulties=["interview"]))
    assert {key: problem.meta["difficulty"] for key, problem in found.items()} == {"apps-test-4": "interview"}


def test_taco_takes_the_wanted_difficulties_of_train_and_numbers_rows_of_the_whole_split():
    found = problems(read("taco", path=str(FIXTURES / "train_taco.jsonl"), train_difficulties=["MEDIUM", "HARD"]))
    assert {key: problem.meta["difficulty"] for key, problem in found.items()} == {
        "taco-train-1": "MEDIUM",
        "taco-train-3": "HARD",
    }


@pytest.mark.parametrize(("test", "ids"), [(True, ["taco-train-1", "taco-test-0"]), (False, ["taco-train-1"])])
def test_taco_reads_its_test_split_where_it_is_wanted(test, ids):
    assert list(problems(read("taco", path=str(FIXTURES), files=["train_taco.jsonl", "test_taco.jsonl"], test=test))) == ids


def test_numina_cuts_a_subset_before_it_drops_rows():
    subsets = {"olympiads": {"first": 2}}
    items = read("numina", **NUMINA | {"subsets": subsets})
    assert [type(item) for item in items] == [Dropped, Problem]
    assert list(problems(items)) == ["numina-olympiads-1"]


@pytest.mark.parametrize(
    ("key", "difficulty", "scale"),
    [
        ("numina-math-0", 5, "math_level"),
        ("numina-math-1", None, None),
        ("numina-olympiads-1", 9, "llm_1_10"),
        ("numina-olympiads-2", None, None),
    ],
    ids=["a level", "no level, and the other table is not for this subset", "a label", "a label without a number"],
)
def test_numina_joins_difficulties_on_the_problem(key, difficulty, scale):
    problem = problems(read("numina", **NUMINA))[key]
    assert (problem.difficulty, problem.meta.get("difficulty_scale")) == (difficulty, scale)


def test_equal_problems_of_numina_have_ids_of_their_own():
    found = problems(read("numina", **NUMINA))
    first, again = found["numina-math-0"], found["numina-math-2"]
    assert (again.question, again.id) == (first.question, f"{first.id}-2")


def test_bounds_of_numina_are_those_of_the_subset_and_else_those_of_the_source():
    config = parse(NUMINA | {"difficulty": {"max": 7}}, SOURCES["numina"].config, "numina")
    found = problems(read("numina", **NUMINA))
    assert config.bounds(found["numina-math-0"]) == Difficulty(min=4)
    assert config.bounds(found["numina-olympiads-1"]) == Difficulty(max=7)


def test_still2_comes_with_its_answers_in_the_wanted_domains():
    ready = [item for item in read("still2", domains=STILL2) if isinstance(item, Ready)]
    assert [(item.problem.meta["row"], item.problem.domain) for item in ready] == [(0, "science"), (3, "puzzle")]
    assert ready[1].traces[0].text.endswith("A knave.<|end_of_solution|>")
    assert {(item.problem.verifier, *item.problem.gold) for item in ready} == {("none",)}


def test_gsm8k_takes_the_number_without_its_commas():
    assert problems(read("gsm8k"))["gsm8k-train-0"].gold == {"answer": "2400"}


def test_ids_of_a_subset_do_not_hang_on_what_else_is_read():
    alone = read("numina", path=NUMINA["path"], subsets={"math": {}})
    ids = [problem.id for problem in problems(read("numina", **NUMINA)).values() if "math" in problem.id]
    assert ids == [problem.id for problem in problems(alone).values()]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(fn_name=st.none() | st.just("f") | JSON, inputs=JSON, outputs=JSON)
def test_whatever_the_tests_column_holds_gives_a_usable_gold_or_a_reason(fn_name, inputs, outputs):
    column = json.dumps({"fn_name": fn_name, "inputs": inputs, "outputs": outputs})
    try:
        tests = input_output.tests_of(column, "", 1)
    except gold.Dropped:
        return
    assert code_tests.gold_fault(tests) is None


@pytest.mark.parametrize("column", [None, "", "null", "[]", "{}", "7", "[" * 100_000, '{"inputs": 1, "outputs": 1}'])
def test_a_tests_column_of_another_shape_is_dropped(column):
    with pytest.raises(gold.Dropped, match=r"no_tests|bad_tests"):
        input_output.tests_of(column, "", 1)


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in ("file", "reasoning_gym")])
def test_a_missing_column_is_told_with_file_and_columns(name, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"other": 1}\n', encoding="utf-8")
    needed: dict[str, dict[str, Any]] = {"still2": {"domains": ["math"]}, "numina": {"subsets": {"math": {}}}}
    with pytest.raises(UserError, match=r"rows\.jsonl: no column .*; there are: other"):
        read(name, path=str(tmp_path / "rows.jsonl"), **needed.get(name, {}))


needs_sandbox = pytest.mark.skipif(not STRONG, reason="no sandbox holds here")


def self_tested(found: dict[str, Problem]) -> Counter[bool]:
    """Run the problems' own reference programs; return how many problems passed."""
    probe.require(False)
    with Grader(1, False) as grader:
        return Counter(
            row["ok"] for row in self_test([problem for problem in found.values() if references(problem)], grader)
        )


@needs_sandbox
def test_reference_programs_of_every_form_of_test_pass_our_grading():
    found = problems(read("apps")) | problems(read("humaneval"))
    assert self_tested(found) == {True: 6}


@needs_sandbox
@pytest.mark.skipif(not SHARED.is_dir(), reason="the published rows are not here")
@pytest.mark.parametrize(
    ("name", "path", "passed"),
    [
        ("apps", "code/apps_5_labelled_generations.jsonl", 5),
        ("humaneval", "evals/HumanEval.jsonl.gz", 164),
        ("humaneval", "code/humanevalpack_python.jsonl.gz", 70),
    ],
)
def test_published_reference_programs_pass_our_grading(name, path, passed):
    assert self_tested(problems(read(name, path=str(SHARED / path)))) == {True: passed}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published rows are not here")
@pytest.mark.parametrize(
    ("name", "path", "keys", "kept", "reasons"),
    [
        ("gsm8k", "sources/gsm8k_train.jsonl.gz", {}, 7473, {}),
        ("apps", "sources/apps_10.jsonl", {}, 10, {}),
        ("apps", "sources/apps_2625_no_solutions.jsonl.gz", {"min_tests": 5}, 1528, {"few_tests": 1097}),
        (
            "numina",
            "sources/numina_like_7409.jsonl.gz",
            {"subsets": {"math": {}, "amc_aime": {}, "olympiads": {}, "synthetic_math": {}}},
            6643,
            {"no_box": 685, "several_boxes": 81},
        ),
    ],
)
def test_published_rows_give_the_problems_that_the_docs_say(name, path, keys, kept, reasons):
    items = read(name, path=str(SHARED / path), **keys)
    assert (len(problems(items)), Counter(dropped(items).values())) == (kept, reasons)
