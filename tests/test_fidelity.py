"""A rewrite is used only where it says what the trace said."""

import pytest

from data_gen.records import Problem
from data_gen.rewriters.fidelity import fault, kept
from data_gen.sections import thought_solution
from tests.conftest import fenced

MATH = Problem(id="m", source="t", domain="math", question="?", verifier="math_answer", gold={"answer": "42"})
GOLD = {"inputs": ["1"], "outputs": ["2"]}
CODE = Problem(id="c", source="t", domain="code", question="?", verifier="code_tests", gold=GOLD)

TRACE = (
    "There are seven groups, and every group holds six people, so I multiply seven by six.\n\n"
    "Wait, is the leader of each group counted too? The text says that six includes the leader.\n\n"
    "So the number is \\boxed{42}."
)
THOUGHT = TRACE.rpartition("\n\n")[0]
PROGRAM = "n = int(input())\nfor i in range(n):\n    print(i * i)"
CODE_TRACE = f"I read n and print the squares below it, one a line, with a loop over range of n.\n\nSolution:\n{PROGRAM}\n"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (thought_solution(THOUGHT, "So the number is \\boxed{42}."), None),
        (thought_solution(THOUGHT.upper(), "So the number is \\boxed{ 42 }."), None),
        (thought_solution(THOUGHT, "So the number is \\boxed{43}."), "answer_changed"),
        (thought_solution(THOUGHT, "So the number is 42."), "answer_changed"),
        (thought_solution(THOUGHT, "So it is \\boxed{42} or \\boxed{43}."), "answer_changed"),
        (thought_solution("Seven times six.", "\\boxed{42}"), "too_little_kept"),
        ("Here it is:\n" + thought_solution(THOUGHT, "\\boxed{42}"), "tags"),
        (thought_solution(THOUGHT, "\\boxed{42}").replace("<|end_of_thought|>", ""), "tags"),
        (thought_solution(THOUGHT, "\\boxed{42}") + thought_solution(THOUGHT, "\\boxed{42}"), "tags"),
        (thought_solution("", TRACE), "empty_section"),
        (thought_solution(TRACE, ""), "empty_section"),
        (TRACE, "tags"),
        ("", "tags"),
    ],
)
def test_a_rewrite_of_a_math_trace(reply, expected):
    assert fault(reply, TRACE, MATH, 0.5) == expected


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        (fenced(PROGRAM), None),
        (f"It loops.\n{fenced(PROGRAM)}It takes n steps.", None),
        (PROGRAM, "code_block"),
        (fenced(PROGRAM) + fenced(PROGRAM), "code_block"),
        (f"```cpp\n{PROGRAM}\n```", "code_block"),
        (f"```python\n{PROGRAM}\n", "code_block"),
        (fenced("import sys\nprint(sum(map(int, sys.stdin)))\nprint(1)"), "code_changed"),
    ],
)
def test_a_rewrite_of_a_programming_trace(solution, expected):
    assert fault(thought_solution(CODE_TRACE, solution), CODE_TRACE, CODE, 0.5) == expected


def test_an_answer_that_had_no_box_may_be_boxed_but_not_invented():
    trace = THOUGHT + "\n\nFinal answer: 42"
    assert fault(thought_solution(THOUGHT, "Final answer: \\boxed{42}"), trace, MATH, 0.5) is None
    assert fault(thought_solution(THOUGHT, "Final answer: \\boxed{17}"), trace, MATH, 0.5) == "answer_changed"


def test_kept_is_the_share_of_the_traces_own_runs_of_words():
    assert kept("a b c d", "A b  c d") == 1.0
    assert kept("a b c d", "a b c x") == 0.5
    assert kept("a b c d", "d c b a") == 0.0
