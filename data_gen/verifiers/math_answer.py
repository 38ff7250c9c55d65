"""`math_answer`: is the boxed answer equal to the reference? gold: {"answer": "\\\\frac{1}{2}"}.

    grade("It is \\\\boxed{0.5}.", {"answer": "\\\\frac{1}{2}"})   -> ok, "correct", tier "number"

Tiers, the first that decides:
`string`       equal once spacing, size and font commands are gone
`number`       both are plain rationals: decided both ways, exactly, so 16385 is not 16384 and 3.14 is not pi
`letter`       a choice's letter: (B), \\\\text{B}, and "(D) Alina" against D
`math_verify`  symbolic (https://github.com/huggingface/Math-Verify). What it calls equal is believed only where
               `digits`, numbers without unknowns, agree to 25 places (it takes 1/2004! for 1/2006!), and where as many
               `parts` are listed (it takes "f(x)=1 or f(x)=x+1" for f(x)=x+1)
What none of them can read is undecided: never trained on.

It must run in a worker that a parent can kill (`pool.py`): symbolic comparison of hostile input may hang.
"""

import re
from fractions import Fraction
from typing import Any

from data_gen.verifiers import announce
from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.finding import Finding

VERSION = "math-2"
LONGEST = 2000  # characters; a longer answer is no answer to a problem that has a short one
DIGITS = 30

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?")
_FRACTION = re.compile(r"([+-]?)\\?frac\{(\d+)\}\{(\d+)\}|([+-]?)\(?(\d+)\)?/\(?(\d+)\)?")
_SPACING = re.compile(r"\\[,;:! ]|\\(?:quad|qquad|displaystyle|left|right|big|Big|bigg|Bigg)(?![a-zA-Z])|~|\s+")
_FONT = re.compile(r"\\(?:text|textbf|textrm|textit|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BASE = re.compile(r"\d\)?_\{?\d")
_LETTER = re.compile(r"\(?([A-Z])\)?[.:]?|\(([A-Z])\)[\s:.]*\S.*", re.DOTALL)


def grade(text: str, gold: dict[str, Any], exact: bool = False) -> Finding:
    """Compare the boxed answer of `text` with `gold["answer"]`; `exact` stops after the string tier, as the original did."""
    answer = boxed_answer(text)
    if gold.get("answer") is None:
        return Finding(None, "bad_gold", answer)
    if answer is None:
        return Finding(False, "no_answer")
    return compare(answer, str(gold["answer"]), exact)


def compare(answer: str, gold: str, exact: bool = False) -> Finding:
    """Compare two bare answers."""
    if exact:
        equal = re.sub(r"\s+", "", answer) == re.sub(r"\s+", "", gold)
        return Finding(equal, "correct" if equal else "wrong", answer, "string")
    if len(answer) > LONGEST:
        return Finding(False, "wrong", answer[:200], "length")
    ours, theirs = plain(answer), plain(gold)
    if not theirs or len(gold) > LONGEST:
        return Finding(None, "bad_gold", answer, "string")
    if not ours:
        return Finding(False, "no_answer", answer, "string")
    if ours == theirs and _alike(answer, gold):
        return Finding(True, "correct", answer, "string")
    if (number := rational(answer)) is not None and (expected := rational(gold)) is not None:
        return _decided(number == expected, answer, "number")
    if (letter := _letter(answer)) is not None and (wanted := _letter(gold)) is not None:
        return _decided(letter == wanted, answer, "letter")
    return _symbolic(answer, gold)


def _decided(equal: bool, answer: str, tier: str) -> Finding:
    return Finding(equal, "correct" if equal else "wrong", answer, tier)


def plain(answer: str) -> str:
    """Return the answer without spacing, size and font commands, dollar signs and a final full stop."""
    text = answer.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac").replace("{,}", ",")
    text = _FONT.sub(r"\1", text.replace("$", ""))
    return _SPACING.sub("", text).rstrip(".")


def rational(answer: str) -> Fraction | None:
    """Return the exact value of a plain integer, decimal or fraction ("1,000", "0.5", "\\\\frac{1}{2}"), else None."""
    text = plain(answer)
    if len(text) > 200 or re.search(r",\s", answer):  # "1, 234" is two numbers, "1,234" one
        return None
    if fraction := _FRACTION.fullmatch(text):
        sign, top, bottom = (g for g in fraction.groups() if g is not None)
        return Fraction(int(sign + top), int(bottom)) if int(bottom) else None
    number = _NUMBER.fullmatch(text)
    if number is None or not (number[2] or number[3]):
        return None
    return Fraction(f"{number[1]}{(number[2] or '0').replace(',', '')}.{number[3] or '0'}")


def _letter(answer: str) -> str | None:
    """Return the capital letter that an answer names, alone or before the choice's text, else None."""
    match = _LETTER.fullmatch(_FONT.sub(r"\1", answer).strip())
    return (match[1] or match[2]) if match else None


# What a parser and a computer algebra system may raise on text that a model wrote: the answer is then undecided.
FOREIGN_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)


def _symbolic(answer: str, gold: str) -> Finding:
    try:
        return _by_math_verify(answer, gold)
    except FOREIGN_ERRORS as error:
        return Finding(None, "undecided", answer, type(error).__name__)


def _by_math_verify(answer: str, gold: str) -> Finding:
    announce.slow()
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify  # 0.7 s, so only where needed

    targets = [LatexExtractionConfig(), ExprExtractionConfig()]
    # Its own alarms work in a main thread only; the pool holds the deadline.
    expected = parse(f"\\boxed{{{gold}}}", extraction_config=targets, parsing_timeout=None)
    found = parse(f"\\boxed{{{answer}}}", extraction_config=targets, parsing_timeout=None)
    if not expected:
        return Finding(None, "bad_gold", answer, "math_verify")
    if not found:
        return Finding(None, "undecided", answer, "math_verify")
    if not verify(expected, found, timeout_seconds=None):
        return Finding(False, "wrong", answer, "math_verify")
    if not _numbers_agree(expected, found, percent="%" in answer + gold):
        return Finding(False, "wrong", answer, "digits")
    if not _alike(answer, gold):
        return Finding(None, "undecided", answer, "parts")
    return Finding(True, "correct", answer, "math_verify")


def _alike(answer: str, gold: str) -> bool:
    """Return whether two answers list as many parts and name the same base, which math-verify overlooks."""
    if bool(_BASE.search(answer)) != bool(_BASE.search(gold)):
        return False
    between = any(
        sign in answer + gold for sign in ("<", ">", "\\le", "\\ge", "\\lt", "\\gt")
    )  # an interval, said otherwise
    return between or count_parts(answer) == count_parts(gold)


def count_parts(answer: str) -> int:
    """Return how many answers a text lists: "1, 2" 2, "(1,2)" 2, "(1,2),(3,4)" 2, "x=1 or x=2" 2, "\\pm 2" 2, "x>1" 1."""
    text = _FONT.sub(r" \1 ", answer.strip().strip("$").replace("{,}", ","))
    text = _SPACING.sub(" ", text.replace("\\{", "(").replace("\\}", ")")).strip()
    if _THOUSANDS.fullmatch(text):
        return 1
    text = re.sub(r"^[^=]*=\s*(?=[(\[])", "", text)  # (p,q)=(3,2)
    pieces = _top_level(text, ";" if ";" in text else ",")
    if len(pieces) == 1 and text[:1] in ("(", "[") and text[-1:] in (")", "]"):
        pieces = _top_level(text[1:-1], ",")
    count = len([piece for piece in pieces if piece.strip()])
    return max(1, count) * (2 if "\\pm" in text or "\\mp" in text else 1)


def _top_level(text: str, separator: str) -> list[str]:
    """Split at `separator`, "and" and "or" where no bracket is open."""
    pieces, depth, start = [], 0, 0
    for match in re.finditer(r"[({\[]|[)}\]]|\b(?:and|or)\b|(?<=\d)or(?=[a-z])|" + re.escape(separator), text):
        if match[0] in "({[":
            depth += 1
        elif match[0] in ")}]":
            depth -= 1
        elif depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def _numbers_agree(expected: list[Any], found: list[Any], percent: bool) -> bool:
    """Return False when both sides are numbers that differ within the first 25 digits (or by 100, with a percent sign)."""
    import sympy

    def value(parsed: list[Any]) -> Any:
        numbers = [p for p in parsed if isinstance(p, sympy.Expr) and p.is_number and p.is_finite]
        return numbers[0] if numbers else None

    ours, theirs = value(found), value(expected)
    if ours is None or theirs is None:
        return True
    for factor in (1, 100, sympy.Rational(1, 100)) if percent else (1,):
        difference = sympy.N(ours * factor - theirs, DIGITS)
        scale = max(abs(sympy.N(ours * factor, DIGITS)), abs(sympy.N(theirs, DIGITS)))
        if difference == 0 or abs(difference) <= scale * sympy.Float(10) ** -(DIGITS - 5):
            return True
    return False
