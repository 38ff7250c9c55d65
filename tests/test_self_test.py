"""Problems whose own reference programs fail are set aside."""

import json

from data_gen.records import Problem
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.self_test import self_test
from tests.conftest import rows

SUM = "input()\nprint(sum(map(int, input().split())))"
GOLD = {"inputs": ["3\n1 2 3\n", "2\n10 20\n"], "outputs": ["6\n", "30\n"], "time_limit": 2}


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
