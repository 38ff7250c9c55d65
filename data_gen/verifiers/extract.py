"""Finding the answer that a text gives: the last box after the thinking part, or nothing.

    boxed_answer("First \\\\boxed{3}. Wait: \\\\boxed{5}.")                   -> "5"
    boxed_answer("<think>maybe \\\\boxed{4}</think> It is \\\\boxed{8}.")     -> "8"
    boxed_answer("\\\\boxed{2} and \\\\boxed{3}")                            -> "2, 3"
    boxed_answer("so \\\\boxed{12")                                         -> None: cut off
    boxed_answer("$x=-\\\\boxed{5}$")                                      -> None: a part of an answer
    boxed_answer("The answer is 7.")                                       -> None: the last number is never taken

Prose is not read: an answer that is not boxed is no answer. `last_number` exists for one purpose, to report how much of
a score is format; nothing that it finds is ever trained on.
"""

import itertools
import re

from data_gen.sections import BEGIN_SOLUTION, BEGIN_THOUGHT, END_SOLUTION, END_THOUGHT

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?:\{|(?=[^\s{\\a-zA-Z]))")
_JOINED = re.compile(r"(?:[\s,;.$&]|\\[,;:! ]|\\\\|\\(?:quad|qquad)|\band\b|\bor\b|\\text\s*\{\s*(?:and|or|,)?\s*\})*")
# What makes a box an operand, so that the answer is more than the box. A dash between spaces, "**" and a final "!" are prose
_BEFORE = re.compile(
    r"(?:[=(,$&{]\s*-|[\d)}][-+/]|[\d)}]\s\+|[a-zA-Z\d)}][_^]|\\(?:pm|mp|cdot|times|div|log|ln)(?![a-zA-Z]))\s*\{?\s*$"
)  # not digits or a root: "the last three are 1\boxed{245}"
_AFTER = re.compile(
    r"\s*(?:!\s*\$|\^(?!\s*\{?\s*\\circ)|_\s*\{?\d|\\(?:cdot|times|div|sqrt|pi|frac)(?![a-zA-Z])|[/+]\s*[\w\\(]|-\s*\d)|\d|[.,]\d"
    r"|[xyznke](?![a-zA-Z])|\s*\$?\s*(?:\\text\s*\{\s*)?(?:hundred|thousand|million|billion|trillion|dozen)\b"
)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def after_thinking(text: str) -> str | None:
    """Return the part of `text` that answers, or None when the thinking never ended."""
    if BEGIN_SOLUTION in text:
        return text.rpartition(BEGIN_SOLUTION)[2].partition(END_SOLUTION)[0]
    for begin, end in ((BEGIN_THOUGHT, END_THOUGHT), ("<think>", "</think>")):
        if end in text:
            return text.rpartition(end)[2]
        if begin in text:
            return None
    return text


def boxed_answer(text: str) -> str | None:
    """Return the content of the last box; of several that only punctuation, "and" or "or" joins, all, comma-joined."""
    answer_part = after_thinking(text)
    if answer_part is None:
        return None
    boxes = _last_boxes(answer_part)
    if not boxes:
        return None
    contents = [content for _, _, content in boxes]
    if len(contents) > 1 and len(set(contents)) == 1:
        contents = contents[:1]  # the same box said twice is one answer
    if _is_operand(answer_part, boxes[-len(contents)][0], boxes[-1][1]):
        return None
    answers = [content.strip().strip("$").strip() for content in contents]
    return ", ".join(answers) if all(answers) else None


def answer_place(text: str) -> int | None:
    """Return where the boxed answer of a text without thinking begins, or None where it has none."""
    boxes = _last_boxes(text)
    return boxes[0][0] if boxes else None


def _last_boxes(text: str) -> list[tuple[int, int, str]]:
    """Return the last box, and those before it that only punctuation, "and" or "or" parts from it."""
    boxes = closed_boxes(text)
    joined = boxes[-1:]
    for before, after in reversed(list(itertools.pairwise(boxes))):
        if not _JOINED.fullmatch(text, before[1], after[0]):
            break
        joined.insert(0, before)
    return joined


def _is_operand(text: str, start: int, end: int) -> bool:
    """Return whether the box from `start` to `end` is only a part of what the text calls its answer."""
    before = text[max(0, start - 20) : start].rstrip(" {")
    if before and (before[-1] in "-+/_^" or before[-1].isalpha()) and _BEFORE.search(text[max(0, start - 20) : start]):
        return True
    return text[end : end + 2] not in ("", "$", "$.", ".", "$\n", ".\n") and _AFTER.match(text, end) is not None


def closed_boxes(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, content) of every closed box that is not inside another; a box cut off at the end voids all.

    A text whose last box never closes was cut off in the middle of its answer: what stood before it is not the answer.
    """
    found: list[tuple[int, int, str]] = []
    position = 0
    while match := _BOX.search(text, position):
        if not match[0].endswith("{"):
            token = re.match(r"-?[\w./]*\w|\S", text[match.end() :])
            end = match.end() + (token.end() if token else 0)
            found.append((match.start(), end, text[match.end() : end]))
        else:
            end = _closing_brace(text, match.end())
            if end < 0:
                return []
            found.append((match.start(), end + 1, text[match.end() : end]))
        position = max(end, match.end())
    return found


def _closing_brace(text: str, start: int) -> int:
    """Return the index of the brace that closes the one before `start`, or -1; `\\{` and `\\}` are no braces."""
    depth, index = 1, start
    while index < len(text):
        character = text[index]
        if character == "\\":
            index += 2
            continue
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return index
        index += 1
    return -1


def last_number(text: str) -> str | None:
    """Return the last number of a text, without thousands commas. For the report's format column only."""
    numbers = _NUMBER.findall(text)
    return numbers[-1].replace(",", "") if numbers else None
