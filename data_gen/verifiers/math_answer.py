"""`math_answer`: is the boxed answer equal to the reference? gold: {"answer": "\\\\frac{1}{2}"}.

    grade("It is \\\\boxed{0.5}.", {"answer": "\\\\frac{1}{2}"})   -> ok, "correct", tier "number"

Tiers, the first that decides: `string` (equal after white space), `number` (both are plain rationals: decided both ways,
exactly, so 16385 is not 16384 and 3.14 is not pi), `math_verify` (https://github.com/huggingface/Math-Verify, symbolic).
What none of them can read is undecided: never trained on.

It must run in a worker that a parent can kill (`pool.py`): symbolic comparison of hostile input may hang.
"""

import re
from fractions import Fraction
from typing import Any

from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.finding import Finding

VERSION = "math-1"
LONGEST = 2000  # characters; a longer answer is no answer to a problem that has a short one

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?")
_FRACTION = re.compile(r"([+-]?)\\?[dt]?frac\{(\d+)\}\{(\d+)\}|([+-]?)(\d+)/(\d+)")


def grade(text: str, gold: dict[str, Any], exact: bool = False) -> Finding:
    """Compare the boxed answer of `text` with `gold["answer"]`; `exact` stops after the string tier, as the original did."""
    answer = boxed_answer(text)
    if answer is None:
        return Finding(False, "no_answer")
    return compare(answer, str(gold["answer"]), exact)


def compare(answer: str, gold: str, exact: bool = False) -> Finding:
    """Compare two bare answers."""
    if len(answer) > LONGEST:
        return Finding(False, "wrong", answer[:200], "length")
    if _plain(answer) == _plain(gold):
        return Finding(True, "correct", answer, "string")
    if exact:
        return Finding(False, "wrong", answer, "string")
    ours, theirs = rational(answer), rational(gold)
    if ours is not None and theirs is not None:
        return Finding(ours == theirs, "correct" if ours == theirs else "wrong", answer, "number")
    return _symbolic(answer, gold)


def _plain(answer: str) -> str:
    return re.sub(r"\s+", "", answer.strip().strip("$"))


def rational(answer: str) -> Fraction | None:
    """Return the exact value of a plain integer, decimal or fraction ("1,000", "0.5", "\\\\frac{1}{2}"), else None."""
    text = _plain(answer).replace("\\!", "").replace("{,}", ",")
    if fraction := _FRACTION.fullmatch(text):
        sign, top, bottom = (g for g in fraction.groups() if g is not None)
        return Fraction(int(sign + top), int(bottom)) if int(bottom) else None
    number = _NUMBER.fullmatch(text)
    if number is None or not (number[2] or number[3]):
        return None
    return Fraction(f"{number[1]}{(number[2] or '0').replace(',', '')}.{number[3] or '0'}")


def _symbolic(answer: str, gold: str) -> Finding:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify  # 0.7 s, so only where needed

    targets = [LatexExtractionConfig(), ExprExtractionConfig()]
    # Its own alarms work in a main thread only; the pool holds the deadline.
    expected = parse(f"\\boxed{{{gold}}}", extraction_config=targets, parsing_timeout=None)
    found = parse(f"\\boxed{{{answer}}}", extraction_config=targets, parsing_timeout=None)
    if not expected:
        return Finding(None, "bad_gold", answer, "math_verify")
    if not found:
        return Finding(None, "undecided", answer, "math_verify")
    equal = verify(expected, found, timeout_seconds=None)
    return Finding(equal, "correct" if equal else "wrong", answer, "math_verify")
