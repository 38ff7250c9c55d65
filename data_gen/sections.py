"""The one form that is trained on: a thought and a solution between four tags.

thought_solution("1/4 + ...", "It is \\\\boxed{1/2}.")   -> "<|begin_of_thought|>\\n\\n1/4 + ...\\n\\n<|end_of_thought|>..."
split_sections("<|begin_of_thought|> ...")           -> ("1/4 + ...", "It is \\\\boxed{1/2}."), or None
"""

import re

BEGIN_THOUGHT, END_THOUGHT = "<|begin_of_thought|>", "<|end_of_thought|>"
BEGIN_SOLUTION, END_SOLUTION = "<|begin_of_solution|>", "<|end_of_solution|>"
TAGS = (BEGIN_THOUGHT, END_THOUGHT, BEGIN_SOLUTION, END_SOLUTION)

_SECTIONS = re.compile(
    rf"\A\s*{re.escape(BEGIN_THOUGHT)}(.*){re.escape(END_THOUGHT)}\s*"
    rf"{re.escape(BEGIN_SOLUTION)}(.*){re.escape(END_SOLUTION)}\s*\Z",
    re.DOTALL,
)


def thought_solution(thought: str, solution: str) -> str:
    """Return the assistant's turn as it is trained on, exactly."""
    return (
        f"{BEGIN_THOUGHT}\n\n{thought.strip()}\n\n{END_THOUGHT}\n\n{BEGIN_SOLUTION}\n\n{solution.strip()}\n\n{END_SOLUTION}"
    )


def split_sections(text: str) -> tuple[str, str] | None:
    """Return (thought, solution) of a text with the four tags once and in order, else None."""
    match = _SECTIONS.match(text)
    if match is None or any(text.count(tag) != 1 for tag in TAGS):
        return None
    return match[1].strip(), match[2].strip()
