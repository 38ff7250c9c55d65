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
from data_gen.sandbox.values import AnyOrder, Unknown, decode, encode, plain
from data_gen.verifiers import code_tests
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.checkers import compare, compare_values, same
from data_gen.verifiers.finding import Options
from data_gen.verifiers.gold import flagged, gold_fault
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.program import NotPython, program
from data_gen.verifiers.self_test import self_test
from tests.conftest import ROOT, rows

SUM = "input()\nprint(sum(map(int, input().split())))"
GOLD = {"inputs": ["3\n1 2 3\n", "2\n10 20\n"], "outputs": ["6\n", "30\n"], "time_limit": 2}


def fenced(source: str) -> str:
    return f"Here it is.\n\n```python\n{source}\n```\n"


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


@pytest.mark.parametrize(
    ("checker", "expected", "found", "right"),
    [
        ("tokens", "6", "6", True),
        ("tokens", "1 2\n3", "1  2 3\n\n", True),
        ("tokens", "1000000000", "1000000001", False),
        ("tokens", "1 2", "2 1", False),
        ("tokens", "1 1 2", "1 2", False),
        ("tokens", "1 2", "1 2 3", False),
        ("tokens", "1.0", "1", True),
        ("tokens", "0.333333", "0.3333333333", True),
        ("tokens", "1000000.0", "1000000.5", True),
        ("tokens", "1.0", "1.00001", False),
        ("tokens", "1.0", "nan", False),
        ("tokens", "1.0", "1_0.0", False),
        ("tokens", "1", "1.0", False),
        ("tokens", "5", "+5", False),
        ("tokens", "YES", "yes", False),
        ("tokens", "a b", "a\u00a0b", False),
        ("tokens", "12", "1 2", False),
        ("tokens", "", "", True),
        ("tokens", "6", "", False),
        ("lines", "a b\nc", "a b  \nc\n\n", True),
        ("lines", "a b\nc", "a  b\nc", False),
        ("lines", "a\nb", "b\na", False),
        ("float:1e-3", "1 x", "1.0009 x", True),
        ("float:1e-3", "1 x", "1.002 x", False),
        ("float:1e-3", "1 x", "1 y", False),
        ("nyesno", "YES\nNo", "yes\nNO", True),
        ("nyesno", "YES", "NO", False),
        ("nyesno", "YES Abc", "yes abc", False),
        ("multiset", "1 2\n3 4", "3 4\n1 2", True),
        ("multiset", "3 1 2", "1 2 3", True),
        ("multiset", "1 2\n3 4", "1 4\n3 2", False),
        ("multiset", "1 2 2", "1 1 2", False),
        ("multiset", "1 2", "1 2 2", False),
        ("special", "1 2", "1 2", True),
        ("special", "1 2", "2 1", None),
    ],
)
def test_a_checker_accepts_what_it_says_and_no_more(checker, expected, found, right):
    assert compare(checker, expected, found) is right


@pytest.mark.parametrize(
    ("checker", "expected", "found", "right"),
    [
        ("tokens", 6, 6, True),
        ("tokens", 1, True, False),
        ("tokens", True, 1, False),
        ("tokens", 3, 3.0, False),
        ("tokens", 3.0, 3, True),
        ("tokens", 0.3, 0.1 + 0.2, True),
        ("tokens", 0.3, float("nan"), False),
        ("tokens", 0.3, 10**400, False),
        ("tokens", [1, 2], AnyOrder([1, 2]), False),
        ("tokens", [1, 2], [1, 2], True),
        ("tokens", [1, 2], [2, 1], False),
        ("tokens", [3, 7], 3, False),
        ("tokens", "ab", "ab ", False),
        ("tokens", [], None, False),
        ("tokens", {"1": [2]}, {"1": [2]}, True),
        ("tokens", {"1": [2]}, {"1": [2], "2": []}, False),
        ("tokens", 6, Unknown("int"), False),
        ("multiset", [[1, 2], [3]], [[3], [1, 2]], True),
        ("multiset", [1, 1, 2], [1, 2, 2], False),
        ("multiset", [1, 2], AnyOrder([2, 1]), True),
        ("special", [1, 2], [2, 1], None),
        ("nyesno", "Yes", "YES", True),
    ],
)
def test_a_returned_value_is_compared_by_exact_types(checker, expected, found, right):
    assert compare_values(checker, expected, found) is right


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_values_cross_between_processes_unchanged(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(VALUES)
def test_a_judge_holds_no_set_or_foreign_key_of_a_programs_choice(value):
    left = [plain(encode({"a": [value, {1, 2}, {3: (4,)}]}))]
    while left:
        found = left.pop()
        assert type(found) not in (set, frozenset, tuple)
        if isinstance(found, dict):
            assert all(type(key) is str for key in found)
            left += found.values()
        elif isinstance(found, list):
            left += found


def test_what_is_no_builtin_type_crosses_as_unknown():
    class Always(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    for value in (Always(6), object(), iter([])):
        found = decode(json.loads(json.dumps(encode(value))))
        assert type(found) is Unknown
        assert not same(6, found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (fenced("print(1)"), "print(1)\n"),
        ("```python\nprint(1)\n```\nthen\n```py\nprint(2)\n```", "print(2)\n"),
        ("```\nprint(1)\n```\nIts output:\n```\n1\n```", "print(1)\n"),
        ("```python\nprint(1)\n```\nRun it:\n```bash\npython x.py\n```", "print(1)\n"),
        ("```python\nprint(1)\n```\nbroken:\n```python\nprint(\n```", "print(1)\n"),
        ("- a list\n  ```Python3\n  if 1:\n      print(1)\n  ```", "if 1:\n    print(1)\n"),
        ("<think>```python\nprint(1)\n```</think>nothing", None),
        (
            "<|begin_of_thought|>x<|end_of_thought|><|begin_of_solution|>```python\nprint(1)\n```<|end_of_solution|>",
            "print(1)\n",
        ),
        ("```python\r\nprint(1)\r\n```\r\n", "print(1)\n"),
        ('````python\nprint("```")\n````', 'print("```")\n'),
        ("print(1)", None),
        ("```python\nprint(1)\n", None),
        ("```cpp\nint main() {}\n```", None),
        ("```python\nprint(1)\nand again:\n```python\nprint(2)\n```", "print(2)\n"),
        ("~~~~python\nprint(1)\n~~~~", "print(1)\n"),
    ],
)
def test_the_program_is_the_last_block_that_is_python(text, expected):
    assert program(text) == expected


@pytest.mark.parametrize("source", ["print(", "print 1", "x = 1\n  y = 2", "return 1", "print(1)\0", "(" * 5000])
def test_blocks_that_do_not_compile_are_told_from_none(source, grading):
    with pytest.raises(NotPython):
        program(fenced(source))
    assert grading(fenced(source), GOLD).reason == "compile"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["~" * 20_000, "`" * 20_000, "".join("`" * n + "\n" for n in range(3, 1500))])
def test_fences_without_end_do_not_hang(text):
    assert program(text) is None


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


def test_a_problem_whose_own_references_fail_is_quarantined(command, tmp_path):
    good, bad = "n = input()\nprint(sum(map(int, input().split())))", "print(0)"
    problem = {"source": "x", "domain": "code", "question": "?", "verifier": "code_tests", "gold": GOLD}
    solutions = {"fails": [bad], "mixed": [bad, good], "passes": [good], "without": []}
    with (tmp_path / "p.jsonl").open("w") as file:
        for name, programs in solutions.items():
            file.write(json.dumps({**problem, "id": name, "meta": {"reference_solutions": programs}}) + "\n")
    done = command("data_gen.verify", "--self_test", f"--problems={tmp_path}/p.jsonl", f"--output={tmp_path}/s.jsonl")
    assert done.returncode == 0, done.stderr
    found = {row["id"]: (row["ok"], row["accepted"], row["disputed"]) for row in rows(tmp_path / "s.jsonl")}
    assert found == {"fails": (False, 0, 0), "mixed": (True, 1, 1), "passes": (True, 1, 0)}
    assert "3 problems with reference programs, 1 quarantined (wrong 1)" in done.stdout


def test_self_test_keeps_the_order_of_the_problems():
    problems = [
        Problem(
            id=str(n),
            source="x",
            domain="code",
            question="?",
            verifier="code_tests",
            gold=GOLD,
            meta={"reference_solutions": [SUM]},
        )
        for n in range(6)
    ]
    with Grader(2) as grader:
        assert [row["id"] for row in self_test(problems, grader)] == [problem.id for problem in problems]
