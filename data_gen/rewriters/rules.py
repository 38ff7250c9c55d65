"""The rewriter that adds no word and changes none; it only finds where thinking ends.

    "<think>2 + 2 ...</think> It is \\\\boxed{4}."     -> thought "2 + 2 ...", solution "It is \\\\boxed{4}."
    reasoning "2 + 2 ...", text "It is \\\\boxed{4}."   -> the same
    "2 + 2 = 4.\\n\\nThe answer is \\\\boxed{4}."       -> thought "2 + 2 = 4.", solution "The answer is \\\\boxed{4}."

Thinking tags are those of R1 and QwQ style models; a chat template may have written the opening one into the prompt, so
that only the closing one comes back. Text without any is split before its last paragraph; where a program is asked for,
before the paragraph that leads to the last fenced block.
"""

from data_gen.sections import TAGS, split_sections

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
    """Split plain reasoning before its last paragraph; where there is only one, before its last line.

    A fenced block is never cut in two. Where a `program` is asked for, the solution begins with the paragraph that leads to
    the last block.
    """
    lines = text.strip().split("\n")
    blank, opened, inside = [], None, False
    for number, line in enumerate(lines):
        if line.lstrip().startswith("```"):
            inside = not inside
            opened = number if inside else opened
        elif not inside and not line.strip():
            blank.append(number)
    cut = len(lines) - 1
    if opened is not None and (program or inside or lines[-1].lstrip().startswith("```")):
        cut = opened
        blank = [number for number in blank if number < opened]
        if blank and blank[-1] == opened - 1:  # a blank line parts the block from the paragraph that leads to it
            blank.pop()
    if blank:
        cut = blank[-1]
    return "\n".join(lines[:cut]), "\n".join(lines[cut:])
