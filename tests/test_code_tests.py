"""Programs are right only when every test ended well with the right output."""

import json
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_gen.records import Problem
from data_gen.sandbox.levels import Level
from data_gen.sandbox.outcome import Outcome
from data_gen.verifiers import code_tests
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.finding import Options
from data_gen.verifiers.gold import flagged, gold_fault
from data_gen.verifiers.pool import Grader
from tests.conftest import ROOT, fenced

SUM = "input()\nprint(sum(map(int, input().split())))"
GOLD = {"inputs": ["3\n1 2 3\n", "2\n10 20\n"], "outputs": ["6\n", "30\n"], "time_limit": 2}


class Scripted:
    """A sandbox whose programs end as the test says."""

    level = Level(landlock=True, seccomp=True)

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = iter(outcomes)

    def run(self, *_: object) -> Outcome:
        return next(self.outcomes)

    call = check = run

    def close(self) -> None:
        """Nothing to end."""


OUTCOMES = st.builds(
    Outcome,
    fault=st.sampled_from([None, None, "timeout", "memory", "crash", "output_limit", "infra"]),
    output=st.sampled_from([b"6\n", b"6", b"", b"7\n", b"6 6\n", b"\xff6\n", b"6\x00\n"]),
    reply=st.sampled_from(
        [b'{"result": 6}', b'{"result": 7}', b"", b"6", b'{"result": true}', b'{"result": {"int": "0x6"}}', b"[]"]
    ),
    passed=st.booleans(),
    detail=st.just(""),
    cpu_s=st.just(0.0),
)


@given(st.lists(OUTCOMES, min_size=1, max_size=5), st.sampled_from(["stdin", "call", "asserts"]), st.booleans())
def test_no_sequence_of_outcomes_with_a_failure_in_it_is_correct(outcomes, mode, all_tests):
    count = len(outcomes)
    gold: Any = {
        "stdin": {"inputs": [""] * count, "outputs": ["6"] * count},
        "call": {"fn_name": "f", "inputs": [[]] * count, "outputs": [6] * count},
        "asserts": {"entry_point": "f", "tests": "def check(c): assert c() == 6"},
    }[mode]
    used = outcomes[:1] if mode == "asserts" else outcomes
    right: Any = {
        "stdin": lambda o: o.output.split() == [b"6"],
        "call": lambda o: o.reply in (b'{"result": 6}', b'{"result": {"int": "0x6"}}'),
        "asserts": lambda o: o.passed,
    }[mode]
    code_tests.use(Scripted(outcomes))  # type: ignore[arg-type]
    found = code_tests.grade(fenced("pass"), gold, Options(all_tests=all_tests))
    assert (found.ok is True) == all(outcome.fault is None and right(outcome) for outcome in used)
    assert (found.reason == "correct") == (found.ok is True)
    if all(outcome.fault == "infra" for outcome in used):
        assert (found.ok, found.reason) == (None, "infra")


@pytest.fixture
def grading():
    code_tests.close()
    yield code_tests.grade
    code_tests.close()


def test_the_first_failure_ends_it_unless_all_tests_are_asked_for(grading):
    gold = {"inputs": ["1", "2", "3"], "outputs": ["1", "0", "3"]}
    echo = fenced("print(input())")
    first, whole = grading(echo, gold), grading(echo, gold, Options(all_tests=True))
    assert (first.ok, first.tests_passed, first.tests_total) == (False, 1, 3)
    assert (whole.ok, whole.tests_passed, whole.tests_total) == (False, 2, 3)
    assert first.detail == "test 1: for '2' expected '0', got '2\\n'"


def test_a_wrong_test_outweighs_an_undecided_one(grading):
    gold = {"inputs": ["1", "2"], "outputs": ["2 1", "x"], "checker": "special"}
    assert grading(fenced("print(1, 2)"), gold).ok is None
    assert grading(fenced("print(1, 2)\nassert input() == '1'"), gold).reason == "crash"


def test_assertions_never_share_a_process_with_the_program(grading):
    gold = {
        "entry_point": "f",
        "tests": "EXPECTED = 987654321\ndef check(candidate):\n    assert candidate(0) == EXPECTED\n",
    }
    search = (
        "import gc, sys\ndef f(x):\n    for o in gc.get_objects():\n        if isinstance(o, dict):\n"
        "            for v in list(o.values()):\n                if v == 9 * 109739369: return v\n"
        "    frame = sys._getframe()\n    while frame:\n        for v in frame.f_locals.values():\n"
        "            if v == 9 * 109739369: return v\n        frame = frame.f_back\n    return 0"
    )
    assert grading(fenced(search), gold).reason == "wrong"
    assert grading(fenced("def f(x): return 987654321"), gold).ok


@pytest.mark.parametrize(
    ("source", "tests", "right"),
    [
        ("def f(x): return x + 1", "assert f(1) == 2\nassert f(2) == 3", True),
        ("def f(x): return x + 1", "assert f(1) == 2\nassert f(2) == 4", False),
        ("def f(x): return (x, {x: [x]})", "def check(c): assert c(1) == (1, {1: [1]})\ncheck(f)", True),
        ("def f(x): return [x]", "def check(c): assert c(1) == (1,)", False),
        ("def f(x): raise ValueError('no')", "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False", True),
        ("def f(x): raise SystemExit(0)", "def check(c): c(1)", False),
        ("import os\ndef f(x): os._exit(0)", "def check(c): c(1)", False),
        ("def f(x): x.sort()", "a = [3, 1]\nf(a)\nassert a == [1, 3]", True),
        ("def f(x): return helper(x)\ndef helper(x): return 2 * x", "assert f(1) == helper(1)", True),
        ("def g(x): return 1", "assert f(1) == 1", False),
        ("def f(x): return 1", "pass", False),
        ("def f(x): return 1", "assert True", False),
        ("class A:\n    def __eq__(self, o): return True\ndef f(x): return A()", "assert f(1) == 1", False),
        ("def f(x): return 10 ** 6000", "assert f(1) == 10 ** 6000", True),
        ("def f(x): raise StopIteration", "assert all(map(lambda x: f(x) == x, [1, 2]))", False),
    ],
)
def test_assertions_see_what_the_function_does(source, tests, right, grading):
    assert (grading(fenced(source), {"entry_point": "f", "tests": tests, "time_limit": 2}).ok is True) == right


@pytest.mark.parametrize(
    "gold",
    [
        {},
        {"inputs": [], "outputs": []},
        {"inputs": ["1"], "outputs": []},
        {"inputs": ["1"], "outputs": [1]},
        {"inputs": ["1"], "outputs": ["1"], "checker": "none such"},
        {"inputs": ["1"], "outputs": ["1"], "time_limit": 0},
        {"fn_name": "f", "inputs": [1], "outputs": [1]},
        {"entry_point": "f", "tests": "def check("},
        {"entry_point": "", "tests": "pass"},
    ],
)
def test_a_gold_that_tests_nothing_is_bad_and_never_correct(gold, grading):
    found = grading(fenced("print(1)\ndef f(x=1): return 1"), gold)
    assert (found.ok, found.reason) == (None, "bad_gold")
    problem = Problem(id="a", source="x", domain="code", question="?", verifier="code_tests", gold=gold)
    assert gold_fault(problem)


def test_a_statement_that_allows_several_answers_changes_the_checker():
    gold = {"inputs": ["1"], "outputs": ["1"]}
    problem = Problem(id="a", source="x", domain="code", question="Print any of them.", verifier="code_tests", gold=gold)
    assert flagged(problem).gold["checker"] == "special"
    assert flagged(problem).meta["statement_rules"] == ["any_answer"]
    assert flagged(problem.model_copy(update={"gold": gold | {"checker": "lines"}})).gold["checker"] == "lines"
    assert flagged(problem.model_copy(update={"question": "Print the sum."})).gold == gold


def test_equal_programs_of_a_problem_are_run_once_and_others_in_their_turn():
    slow = fenced("import time\ntime.sleep(0.4)\n" + SUM)
    answers = [Answer("a", n, slow, "code_tests", GOLD) for n in range(20)] + [
        Answer("b", 0, fenced(SUM), "code_tests", GOLD)
    ]
    with Grader(1) as grader:
        verdicts = list(grader.grade(answers))
    assert all(verdict.ok for verdict in verdicts)
    assert sum(verdict.seconds > 0.3 for verdict in verdicts) == 1
    assert {verdict.sandbox for verdict in verdicts} == {verdicts[0].sandbox}
    assert verdicts[0].sandbox


def test_a_verify_that_is_killed_leaves_no_process(tmp_path):
    gold = {"inputs": ["1"], "outputs": ["1"], "time_limit": 300}
    problem = {"id": "a", "source": "x", "domain": "code", "question": "?", "verifier": "code_tests", "gold": gold}
    (tmp_path / "p.jsonl").write_text(json.dumps(problem) + "\n")
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": "a", "sample": 0, "text": fenced("while True: pass")}) + "\n")
    files = [f"--{name}={tmp_path}/{name[0]}.jsonl" for name in ("problems", "traces")] + [f"--output={tmp_path}/v.jsonl"]
    verify = subprocess.Popen([sys.executable, "-m", "data_gen.verify", *files], cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline, family = time.monotonic() + 30, list[psutil.Process]()
    while len(family) < 4 and time.monotonic() < deadline:  # workers, the zygote, its child
        time.sleep(0.5)
        family = psutil.Process(verify.pid).children(recursive=True)
    verify.kill()
    verify.wait()
    assert len(family) >= 4
    assert psutil.wait_procs(family, timeout=10)[1] == []
