"""HumanEval+ and MBPP+: evalplus itself, inside the second profile, on the program that our extractor finds."""

import gzip
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from data_gen.journal import Journal
from data_gen.lines import LineFile
from data_gen.prompts import question
from data_gen.records import Problem, Trace, dumps
from data_gen.sandbox import harness
from data_gen.sections import thought_solution
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.pool import Grader
from eval import evalplus_sets
from eval.benchmarks.evalplus_rows import read
from eval.config import Benchmark
from eval.evalplus_sets import EvalplusGrader, evaluate, mended, metrics
from eval.grading import Grading
from eval.not_run import NotRun
from tests.conftest import SHARED, fenced, rows

MISSING = harness.unavailable()
NEEDS_HARNESS = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
EVALS = SHARED / "evals"
NEEDS_DATA = pytest.mark.skipif(not EVALS.is_dir(), reason="needs the real data sets")

ADD: dict[str, Any] = {
    "task_id": "HumanEval/1000",
    "prompt": 'def add(x):\n    """Add one to x."""\n',
    "entry_point": "add",
    "canonical_solution": "    return x + 1\n",
    "base_input": [[1], [2]],
    "plus_input": [[-5], [10**400], [math.inf]],
    "atol": 0,
    "contract": "",
    "test": "def check(candidate):\n    assert candidate(1) == 2\n",
}
ZERO: dict[str, Any] = ADD | {
    "task_id": "HumanEval/32",
    "prompt": "def find_zero(xs):\n",
    "entry_point": "find_zero",
    "canonical_solution": "    return -xs[0] / xs[1]\n",
    "base_input": [[[2, 4]], [[3, 1]]],
    "plus_input": [[[1, 8]]],
    "atol": 0.0001,
}
SQUARES: dict[str, Any] = {
    "task_id": "Mbpp/8",
    "prompt": "'''\nWrite a function to find squares.\n'''",
    "entry_point": "square_nums",
    "canonical_solution": "\ndef square_nums(nums):\n    return [n * n for n in nums]\n",
    "base_input": [[[1, 2]]],
    "plus_input": [[[]]],
    "atol": 0,
    "contract": "",
    "assertion": "\nassert square_nums([1, 2]) == [1, 4]\nassert square_nums([10]) == [100]",
}

PROGRAMS = [  # task, program, base status, plus status
    ("HumanEval/1000", ADD["prompt"] + ADD["canonical_solution"], "pass", "pass"),
    ("HumanEval/1000", "def add(x):\n    return abs(x) + 1", "pass", "fail"),
    ("HumanEval/1000", "def add(x):\n    return x", "fail", "fail"),
    ("HumanEval/1000", "def add(x: List[int]):\n    return x + 1", "fail", "fail"),
    ("HumanEval/1000", "def subtract(x):\n    return x + 1", "fail", "fail"),
    ("HumanEval/32", ZERO["prompt"] + ZERO["canonical_solution"], "pass", "pass"),
    ("HumanEval/32", "def find_zero(xs):\n    return 0.0", "fail", "fail"),
    ("HumanEval/32", "def find_zero(xs):\n    return None", "fail", "fail"),
    ("HumanEval/1000", "import os\nos._exit(0)\ndef add(x):\n    return x + 1", "timeout", "timeout"),
]


def problem(row: dict[str, Any], name: str = "humaneval_plus") -> Problem:
    return next(read(name, [row], Benchmark()))


def asked(row: dict[str, Any], text: str, sample: int = 0, **more: Any) -> Answer:
    one = problem(row)
    return Answer(one.id, sample, text, one.verifier, one.gold, **more)


@pytest.fixture
def passing(monkeypatch):
    """Let evalplus be something that passes every program that returns; returns the calls."""
    calls: list[list[tuple[str, str]]] = []

    def fake(tasks: dict[str, Any], programs: list[tuple[str, str]], workers: int) -> list[tuple[str, str]]:
        calls.append(programs)
        return [("pass", "pass" if "return x + 1" in text else "fail") for _, text in programs]

    monkeypatch.setattr(evalplus_sets, "evaluate", fake)
    monkeypatch.setattr(harness, "unavailable", lambda: None)
    return calls


@pytest.mark.slow
@NEEDS_HARNESS
def test_evalplus_itself_gives_each_program_its_statuses_in_order():
    tasks = {"HumanEval/1000": ADD, "HumanEval/32": ZERO, "HumanEval/1": ADD | {"task_id": "HumanEval/1"}}
    found = evaluate(tasks, [(task, program) for task, program, _, _ in PROGRAMS], workers=1)
    assert found == [(base, plus) for _, _, base, plus in PROGRAMS]


@pytest.mark.slow
@NEEDS_HARNESS
def test_the_pinned_evalplus_fails_right_answers_to_humaneval_32_so_the_mending_is_still_needed(monkeypatch):
    monkeypatch.setattr(evalplus_sets, "mended", lambda task, solution: (task, solution))
    right = ZERO["prompt"] + ZERO["canonical_solution"]
    assert evaluate({"HumanEval/32": ZERO}, [("HumanEval/32", right)], workers=1) == [("fail", "fail")]


@pytest.mark.slow
@NEEDS_HARNESS
def test_mbpp_goes_to_evalplus_as_mbpp():
    given = [("Mbpp/8", SQUARES["canonical_solution"]), ("Mbpp/8", "def square_nums(nums):\n    return [1, 4]")]
    assert evaluate({"Mbpp/8": SQUARES}, given, workers=1) == [("pass", "pass"), ("pass", "fail")]


def test_only_the_task_with_a_check_of_its_own_is_mended():
    assert mended(ADD, "program") == (ADD, "program")
    task, program = mended(ZERO, "def find_zero(xs): return 0.0")
    assert (task["entry_point"], task["task_id"]) != (ZERO["entry_point"], None)
    names: dict[str, Any] = {}
    exec(program, names)
    assert names[task["entry_point"]]([1, 1]) is False
    exec(ZERO["prompt"] + ZERO["canonical_solution"], names)
    assert names[task["entry_point"]]([2, 4]) is True


def test_without_the_profile_nothing_is_run_and_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(harness, "unavailable", lambda: "bubblewrap is not installed")
    with pytest.raises(NotRun, match="bubblewrap is not installed"):
        with EvalplusGrader():
            pytest.fail("entered")


@pytest.mark.parametrize(
    ("text", "ok", "reason"),
    [
        (thought_solution(fenced("def add(x): return 0"), fenced("def add(x):\n    return x + 1")), True, "correct"),
        (thought_solution(fenced("def add(x):\n    return x + 1"), fenced("def add(x): return 0")), False, "wrong"),
        (thought_solution(fenced("def add(x):\n    return x + 1"), "As above."), False, "no_answer"),
        ("<think>" + fenced("def add(x):\n    return x + 1"), False, "no_answer"),
        (fenced("def add(x:\n    return x + 1"), False, "compile"),
    ],
)
def test_what_is_graded_is_the_program_of_the_solution(passing, text, ok, reason):
    (verdict,) = EvalplusGrader().grade([asked(ADD, text)])
    assert (verdict.ok, verdict.reason) == (ok, reason)


def test_samples_of_one_problem_keep_their_verdicts(passing):
    texts = ["return 0", "return x + 1", "no program", "return x + 1"]
    given = [asked(ADD, fenced(f"def add(x):\n    {text}") if "return" in text else text, n) for n, text in enumerate(texts)]
    found = {verdict.sample: verdict.ok for verdict in EvalplusGrader().grade(given)}
    assert found == {0: False, 1: True, 2: False, 3: True}
    assert len(passing) == 1


def test_a_program_that_was_too_slow_is_run_once_more_alone(monkeypatch):
    answers = [[("timeout", "timeout"), ("pass", "pass"), ("timeout", "fail")], [("pass", "pass"), ("timeout", "timeout")]]
    workers = []

    def fake(tasks: Any, programs: Any, count: int) -> list[tuple[str, str]]:
        workers.append(count)
        return answers.pop(0)

    monkeypatch.setattr(evalplus_sets, "evaluate", fake)
    given = [asked(ADD, fenced(f"def add(x):\n    return x + {n}"), n) for n in range(3)]
    found = {verdict.sample: verdict.reason for verdict in EvalplusGrader(workers=4).grade(given)}
    assert found == {0: "correct", 1: "correct", 2: "timeout"}
    assert workers == [4, 1]


def test_kept_responses_are_graded_to_rows_with_both_statuses(passing, tmp_path):
    """The whole way of evaluation after the asking: eval.grading with evalplus in the place of our verifiers."""
    questions = tmp_path / "humaneval_plus.jsonl"
    questions.write_text(dumps(problem(ADD).row()) + "\n")
    texts = [fenced("def add(x):\n    return x + 1"), fenced("def add(x):\n    return 0"), "so so. " * 200]
    whole = [
        Trace(id="humaneval_plus-HumanEval/1000", sample=n, text=text, finish_reason="stop") for n, text in enumerate(texts)
    ]
    whole.append(whole[0].model_copy(update={"sample": 3, "finish_reason": "length"}))
    with LineFile(questions) as file, Journal(tmp_path / "verdicts.jsonl", tag="graded") as journal:
        grading = Grading(file, journal, EvalplusGrader(), None, 4)
        graded = grading.grade(lambda key: whole[key[1]], "grading")
    assert [one.reason for one in graded] == ["correct", "wrong", "no_answer", "truncated"]
    assert [one.repeating for one in graded] == [False, False, True, False]
    written = rows(tmp_path / "verdicts.jsonl")
    assert [row.get("base_status") for row in written] == ["pass", "pass", None, None]
    found = {row["metric"]: row["value"] for row in metrics("humaneval_plus", written)}
    assert found == {"humaneval": 0.5, "humaneval_plus": 0.25}


def test_the_row_reaches_evalplus_as_it_was_whatever_numbers_it_holds():
    gold = Problem.model_validate_json(dumps(problem(ADD).row())).gold
    assert json.loads(gold["evalplus"]) == ADD


@pytest.mark.parametrize(("row", "name"), [(ADD, "humaneval_plus"), (SQUARES, "mbpp_plus")])
def test_the_question_names_the_function_and_asks_for_a_program_that_runs_by_itself(row, name):
    text = question(problem(row, name))
    assert row["entry_point"] in text.split("The program is run by itself")[0]
    assert "'''" not in text


@pytest.mark.slow
@NEEDS_DATA
@pytest.mark.parametrize(
    ("file", "name", "count", "contradicted"),
    [
        ("HumanEvalPlus.jsonl.gz", "humaneval_plus", 164, []),
        ("MbppPlus_v0.1.jsonl.gz", "mbpp_plus", 399, ["mbpp_plus-Mbpp/164", "mbpp_plus-Mbpp/295"]),
    ],
)
def test_every_reference_solution_that_its_own_assertions_do_not_contradict_passes_our_own_harness(
    file, name, count, contradicted
):
    """The two of MBPP can be read in two ways; evalplus takes both (`_special_oracle.py`)."""
    with gzip.open(EVALS / file, "rt") as lines:
        problems = list(read(name, map(json.loads, lines), Benchmark()))
    given = [Answer(one.id, 0, fenced(one.meta["reference_solutions"][0]), one.verifier, one.gold) for one in problems]
    with Grader(os.cpu_count() or 1) as grader:
        refused = sorted(verdict.id for verdict in grader.grade(given) if verdict.ok is not True)
    assert (len(problems), refused) == (count, contradicted)


@pytest.mark.slow
@NEEDS_HARNESS
@NEEDS_DATA
def test_a_sample_of_published_evalplus_labels_is_what_evalplus_finds_here():
    def read_gz(path: Path) -> list[dict[str, Any]]:
        with gzip.open(path, "rt") as lines:
            return list(map(json.loads, lines))

    tasks = {row["task_id"]: row for row in read_gz(EVALS / "HumanEvalPlus.jsonl.gz")}
    labelled = [row for row in read_gz(SHARED / "code/evalplus_labelled.jsonl.gz") if row["task_id"] in tasks][::20]
    found = evaluate(tasks, [(row["task_id"], row["solution"]) for row in labelled], workers=1)
    agree = [
        (one == ("pass", "pass")) == (row["base_status"] == row["plus_status"] == "pass")
        for row, one in zip(labelled, found, strict=True)
    ]
    assert len(agree) == 27
    assert sum(agree) >= 0.9 * len(agree)
