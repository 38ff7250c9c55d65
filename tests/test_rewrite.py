"""The rules rewriter moves text into sections and changes none of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_gen.rewriters.rules import by_rules
from data_gen.sections import split_sections, thought_solution


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


@given(text=st.text())
def test_no_word_is_added_or_lost(text):
    sections = by_rules(text, None)
    if isinstance(sections, tuple) and "think>" not in text:
        assert "".join("".join(sections).split()) == "".join(text.split())
