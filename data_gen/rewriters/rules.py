"""The rewriter that adds no word and changes none; it only finds where thinking ends.

    "<think>2 + 2 ...</think> It is \\\\boxed{4}."     -> thought "2 + 2 ...", solution "It is \\\\boxed{4}."
    reasoning "2 + 2 ...", text "It is \\\\boxed{4}."   -> the same
    "2 + 2 = 4.\\n\\nThe answer is \\\\boxed{4}."       -> thought "2 + 2 = 4.", solution "The answer is \\\\boxed{4}."

Thinking tags are those of R1 and QwQ style models; a chat template may have written the opening one into the prompt, so
that only the closing one comes back. Text without any is split before the paragraph that holds the boxed answer, or leads to
the program; what the verifier finds in the solution is what it finds in the whole text.
"""

from data_gen.sections import TAGS, split_sections
from data_gen.verifiers.extract import answer_place
from data_gen.verifiers.program import NotPython, blocks, chosen, fenced

THINK, UNTHINK = "<think>", "</think>"


def by_rules(text: str, reasoning: str | None, program: bool = False) -> tuple[str, str] | str:
    """Return (thought, solution), or why there is none: `malformed` tags, `no_thought`, or `empty`.

    `program` says that the answer is a program, so that the solution has to hold the last fenced block.
    """
    sections = split_sections(text)
    if sections is None and any(tag in text for tag in TAGS):
        return "malformed"
    if sections is None and reasoning and reasoning.strip():
        sections = reasoning, text.rpartition(UNTHINK)[2]
    if sections is None and UNTHINK in text:
        thought, _, solution = text.rpartition(UNTHINK)
        sections = thought.replace(THINK, "", 1), solution
    elif sections is None and THINK in text:
        return "malformed"  # the thinking never ended
    if sections is None:
        sections = _split_plain(text, program)
    thought, solution = sections[0].strip(), sections[1].strip()
    if any(tag in part for tag in TAGS for part in (thought, solution)):
        return "malformed"
    if not solution:
        return "empty"
    return (thought, solution) if thought else "no_thought"


def _split_plain(text: str, program: bool) -> tuple[str, str]:
    """Split plain reasoning before the paragraph that answers, where it has one paragraph only before the line.

    What answers is the program, with the paragraph that leads to it, or the box; else the last paragraph. No fenced block
    and no displayed formula is cut in two.
    """
    lines = text.strip().replace("\r\n", "\n").split("\n")
    text = "\n".join(lines)
    inside = {number for block in fenced(text) for number in range(block.first, block.last + 1)}
    blank = [number for number, line in enumerate(lines) if not line.strip() and number not in inside]
    answer = _line_of_answer(text, program)
    if answer is None:
        answer = len(lines) - 1
    elif program and answer - 1 in blank:  # parts the program from the paragraph that leads to it
        answer -= 1
    paragraphs = [number for number in reversed(blank) if number < answer]
    whole_lines = [number for number in range(answer, 0, -1) if not {number - 1, number} <= inside]
    places = paragraphs + whole_lines
    cut = next((place for place in places if not _in_a_formula(lines[:place])), 0)
    return "\n".join(lines[:cut]), "\n".join(lines[cut:])


def _line_of_answer(text: str, program: bool) -> int | None:
    """Return the number of the line on which the answer begins, or None where none is found."""
    if not program:
        place = answer_place(text)
        return None if place is None else text.count("\n", 0, place)
    try:
        block = chosen(text)
    except NotPython:
        block = next(reversed(list(blocks(text))), None)
    return block.first if block else None


def _in_a_formula(lines: list[str]) -> bool:
    """Return whether a displayed formula is open at the end of some lines."""
    text = "\n".join(lines)
    return text.count("\\[") != text.count("\\]") or bool(text.count("$$") % 2)
