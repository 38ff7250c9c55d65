"""The rules rewriter moves text into sections and changes none of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_gen.rewriters.rules import by_rules
from data_gen.sections import split_sections, thought_solution
from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.program import NotPython, program
from tests.conftest import fenced


@pytest.mark.parametrize(
    ("text", "reasoning", "expected"),
    [
        ("<think>2 + 2</think>\n\nIt is \\boxed{4}.", None, ("2 + 2", "It is \\boxed{4}.")),
        ("2 + 2</think>It is \\boxed{4}.", None, ("2 + 2", "It is \\boxed{4}.")),
        ("It is \\boxed{4}.", "2 + 2", ("2 + 2", "It is \\boxed{4}.")),
        ("2 + 2 = 4.\n\nIt is \\boxed{4}.", None, ("2 + 2 = 4.", "It is \\boxed{4}.")),
        ("2 + 2 = 4.\nIt is \\boxed{4}.", None, ("2 + 2 = 4.", "It is \\boxed{4}.")),
        (thought_solution("a", "b"), None, ("a", "b")),
        ("\\boxed{4}", None, "no_thought"),
        ("<think>never ends", None, "malformed"),
        ("<think>a</think>", None, "empty"),
        ("<|begin_of_thought|> a <|end_of_thought|> b", None, "malformed"),
        ("fine", "hidden <|end_of_thought|> tag", "malformed"),
    ],
)
def test_sections(text, reasoning, expected):
    assert by_rules(text, reasoning) == expected


@given(thought=st.text(min_size=1), solution=st.text(min_size=1))
def test_what_is_written_is_read_back(thought, solution):
    if thought.strip() and solution.strip():
        assert split_sections(thought_solution(thought, solution)) == (thought.strip(), solution.strip())


PROGRAM = fenced("n = int(input())\n\nprint(n * n)").partition("\n\n")[2]
PROGRAMS = {
    "alone": f"Squares.\n\nHere it is:\n\n{PROGRAM}",
    "with its output": f"Squares.\n\n{PROGRAM}\nExample:\n\n```\n4\n```\n",
    "with a shell block": f"Squares.\n\n{PROGRAM}\nRun it:\n\n```bash\npython a.py\n```\n",
    "then prose": f"Squares.\n\n{PROGRAM}\nIt reads n.\n\nIt prints n squared.",
    "tildes": "Squares.\n\n" + PROGRAM.replace("```", "~~~"),
    "tildes, then prose": "Squares.\n\n" + PROGRAM.replace("```", "~~~") + "\nDone.",
    "after one that never closes": f"Try:\n\n```python\nx = 1\n\nNo, rather:\n\n{PROGRAM}",
    "after marks in a line": f"Not ```print(1)``` but\n```print(1)```\n\n{PROGRAM}",
    "longer marks": "So:\n\n````python\ndef f():\n    '''\n\n    ```\n    '''\n\nprint(1)\n````\n",
    "twice": f"First:\n\n{PROGRAM}\nBetter:\n\n{PROGRAM.replace('n * n', 'n ** 2')}\nGood.",
    "in one paragraph": "Squares, so\n" + PROGRAM,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_of_a_plain_answer_is_in_its_solution(name):
    sections = by_rules(PROGRAMS[name], None, True)
    assert isinstance(sections, tuple)
    assert program(sections[1]) == program(PROGRAMS[name]) is not None


BOXES = {
    "closing words": "2 + 2.\n\nSo \\boxed{4}.\n\nI hope this helps!",
    "a line": "2 + 2.\n\nSo \\boxed{4}.\n\n---",
    "displayed": "2 + 2.\n\nSo\n\n\\[\n\nx = \\boxed{4}\n\n\\]",
    "dollars": "2 + 2.\n\nSo\n\n$$\n\n\\boxed{4}\n\n$$",
    "two in two paragraphs": "Two roots.\n\n\\boxed{2}\n\nand\n\n\\boxed{3}",
    "over lines": "2 + 2.\n\n\\boxed{\n\n4\n\n}",
    "two lines": "2 + 2 = 4.\nIt is \\boxed{4}.\nGood.",
}


@pytest.mark.parametrize("name", BOXES)
def test_the_box_of_a_plain_answer_is_in_its_solution(name):
    sections = by_rules(BOXES[name], None)
    assert isinstance(sections, tuple)
    assert boxed_answer(sections[1]) == boxed_answer(BOXES[name]) is not None
    assert sections[0].count("\\[") == sections[0].count("\\]")


PARTS = [
    "word",
    "\n",
    "\n\n",
    "```python\nprint(1)\n```",
    "```\n4\n```",
    "~~~\nx = f()\n\n~~~",
    "```",
    "\\[",
    "\\]",
    "\\boxed{4}",
    "$$",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), st.booleans())
def test_what_a_verifier_finds_in_a_text_it_finds_in_the_solution(text, asks_for_program):
    sections = by_rules(text, None, asks_for_program)
    if isinstance(sections, tuple):
        find = program if asks_for_program else boxed_answer
        assert _found(find, sections[1]) == _found(find, text)


def _found(find, text):
    try:
        return find(text)
    except NotPython:
        return NotPython


@given(text=st.text())
def test_no_word_is_added_or_lost(text):
    sections = by_rules(text, None)
    if isinstance(sections, tuple) and "think>" not in text:
        assert "".join("".join(sections).split()) == "".join(text.split())
