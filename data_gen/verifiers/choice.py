"""`choice`: which option does the boxed answer name? gold: {"answer": "B", "choices": ["4 m", "5 m", "6 m", "7 m"]}.

    grade("\\\\boxed{B}", gold)                  -> ok
    grade("\\\\boxed{\\\\text{(b) 5 m}}", gold)    -> ok
    grade("\\\\boxed{5 \\\\text{ m}}", gold)       -> ok: an option's text, and of one option only
    grade("\\\\boxed{B \\\\text{ or } C}", gold)   -> wrong
    grade("\\\\boxed{(B) 6 m}", gold)            -> undecided: letter and text name different options

A letter that is itself the text of another option is undecided too. Prose is not read.
"""

import re
import string
from typing import Any

from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.finding import Finding
from data_gen.verifiers.math_answer import compare
from data_gen.verifiers.notation import bare, spell, untexted
from data_gen.verifiers.parts import split

VERSION = "choice-2"
_LETTER = re.compile(r"(?:option|choice|answer)?\s*\(?\s*([A-Za-z])\s*\)?\s*(?:[.:)\-]\s*)?", re.IGNORECASE)
_ANOTHER_LETTER = re.compile(r"\(\s*[A-Z]\s*\)|\b[A-Z]\)")
_LETTER_AND_TEXT = re.compile(r"\(?\s*([A-Za-z])\s*(?:\)\s*[.:]?|[.:])\s*(\S.*)", re.DOTALL)


def grade(text: str, gold: dict[str, Any], exact: bool = False) -> Finding:
    """Compare the boxed letter or option of `text` with `gold["answer"]`, a letter; `exact` takes letters only."""
    choices = [str(choice) for choice in gold.get("choices") or []]
    right = str(gold.get("answer") or "").strip().upper()
    if len(choices) < 2 or right not in list(string.ascii_uppercase[: len(choices)]):
        return Finding(None, "bad_gold", None)
    answer = boxed_answer(text)
    if answer is None:
        return Finding(False, "no_answer")
    named, tier = _named(answer, choices, exact)
    if named is None:
        return Finding(None, "undecided", answer, tier)
    return Finding(named == right, "correct" if named == right else "wrong", answer, tier)


def _named(answer: str, choices: list[str], exact: bool) -> tuple[str | None, str]:
    """Return the letter of the option that an answer names ("" for none of them), None where that is open."""
    said = untexted(spell(answer))
    if match := _LETTER.fullmatch(said):
        letter = match[1].upper()
        by_text = set() if exact else _options_saying(said, choices)
        return (None if by_text - {letter} else letter), "letter"
    if exact:
        return "", "letter"
    if match := _LETTER_AND_TEXT.fullmatch(said):
        letter, by_text = match[1].upper(), _options_of(match[2], choices)
        if not by_text:  # no option's text: but perhaps that of several, or another letter
            by_text = set().union(*(_options_of(part, choices) for part in split(spell(match[2])).items))
        return (letter if by_text <= {letter} and not _ANOTHER_LETTER.search(match[2]) else None), "letter"
    found = _options_of(answer, choices)
    sure = len(found) == 1 and (_options_saying(answer, choices) or _equals(answer, choices[ord(min(found)) - ord("A")]))
    return (found.pop() if sure else "" if not found else None), "text"


def _options_of(text: str, choices: list[str]) -> set[str]:
    """Return the letters of the options whose text this is, in words or in value; the same words win over the value."""
    same = _options_saying(text, choices)
    return same or {letter for letter, choice in _lettered(choices) if compare(text, choice).ok is not False}


def _equals(text: str, choice: str) -> bool:
    return compare(text, choice).ok is True


def _options_saying(text: str, choices: list[str]) -> set[str]:
    wanted = _in_one_case(text)
    return {letter for letter, choice in _lettered(choices) if _in_one_case(choice) == wanted}


def _in_one_case(text: str) -> str:
    """Return a text without fonts and spaces, words in small letters; "5 M" is not "5 m"."""
    plain = bare(spell(text))
    return plain if any(character.isdigit() for character in plain) else plain.casefold()


def _lettered(choices: list[str]) -> list[tuple[str, str]]:
    return list(zip(string.ascii_uppercase, choices, strict=False))
