"""A rewrite is used only where it says what the trace said."""

import pytest

from data_gen.rewriters.fidelity import fault, kept
from data_gen.sections import thought_solution
from tests.conftest import fenced
from tests.rewrites import CHOICE, CODE, MATH, THOUGHT, TRACE

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


def test_a_box_in_the_thinking_is_no_answer():
    trace = f"{THOUGHT} Perhaps \\boxed{{41}}.\n\nThe answer is 42."
    reply = thought_solution(THOUGHT, "The answer is \\boxed{41}.")
    assert fault(reply, trace, MATH, 0.5) is None
    assert fault(reply, trace, MATH, 0.5, "The answer is 42.") == "answer_changed"
    assert fault(reply.replace("41", "42"), trace, MATH, 0.5, "The answer is 42.") is None


MENDED = [
    (f"{THOUGHT}\n\n**Final Answer: 42**", THOUGHT, "Seven times six:\n\n$\\boxed{42}$", MATH),
    (TRACE, TRACE.replace("\n\n", "\n"), "So the number is $\\boxed{42}$.", MATH),
    (TRACE, THOUGHT.partition("\n\n")[2], f"{THOUGHT.partition(chr(10))[0]}\n\nSo it is \\boxed{{42}}.", MATH),
    (f"{THOUGHT}\n\nAnswer: (C)", THOUGHT, "The answer is $\\boxed{C}$.", CHOICE),
    (CODE_TRACE, CODE_TRACE.partition("\n")[0], f"It loops over range of n.\n\n{fenced(PROGRAM)}", CODE),
    (CODE_TRACE.replace(PROGRAM, fenced(PROGRAM)), CODE_TRACE.partition("\n")[0], fenced(PROGRAM), CODE),
]


@pytest.mark.parametrize(("trace", "thought", "solution", "problem"), MENDED)
def test_an_honest_rewrite_passes(trace, thought, solution, problem):
    assert fault(thought_solution(thought, solution), trace, problem, 0.5) is None


def test_kept_is_the_share_of_the_traces_own_runs_of_words():
    assert kept("a b c d", "A b  c d") == 1.0
    assert kept("a b c d", "a b c x") == 0.5
    assert kept("a b c d", "d c b a") == 0.0
