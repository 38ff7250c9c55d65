"""`math_answer`: is the boxed answer equal to the reference? gold: {"answer": "\\\\frac{1}{2}"}.

    grade("It is \\\\boxed{0.5}.", {"answer": "\\\\frac{1}{2}"})   -> ok, "correct", tier "number"

Tiers (`tiers.py`), the first that decides; each reads the answers in one spelling (`notation.py`):
`string`    equal once spacing, size and font commands are gone
`letter`    a choice's letter: (B), \\\\text{B}, and "(D) Alina" against D
`clock`     a time of day: 5 pm is not 5 am
`ratio`     1:2:3 is 2:4:6
`parts`     as many parts, each compared with its own (`parts.py`): sets, tuples, intervals, "x=1 or x=2"
`unit`      what stands beside numbers must not contradict (`quantity.py`): 5 cm is not 5 m, 10 % is 0.1 or 10
`number`    both are rationals: decided both ways, exactly, so 16385 is not 16384 and 3.14 is not pi
`words`     both are words: compared as such; a parser would take "dog" for d*o*g, and so for "god"
`relation`  "x=5" is 5, "f(x)=2x" is 2x, but "x+1=5" is not 5 (`relation.py`)
`digits`, `math_verify`, `points`   symbolic, with guards (`symbolic.py`)
What none of them can read is undecided: never trained on.

It must run in a worker that a parent can kill (`pool.py`): symbolic comparison of hostile input may hang.
"""

import re
from typing import Any

from data_gen.verifiers import symbolic
from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.finding import Finding
from data_gen.verifiers.notation import balanced, bare, spell
from data_gen.verifiers.parts import THOUSANDS, split
from data_gen.verifiers.tiers import TIERS, Outcome

VERSION = "math-5"
LONGEST = 2000  # characters; a longer answer is no answer to a problem that has a short one
DEEPEST = 6  # parts within parts

_INTEGER = re.compile(r"-?[0-9]{1,300}")


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
    if _INTEGER.fullmatch(answer) and _INTEGER.fullmatch(gold):  # most answers, and fourteen times as fast
        equal = int(answer) == int(gold)
        return Finding(equal, "correct" if equal else "wrong", answer, "number")
    ours, theirs = spell(answer), spell(gold)
    if not theirs or len(gold) > LONGEST or not balanced(theirs):
        return Finding(None, "bad_gold", answer, "string")
    if not ours:
        return Finding(False, "no_answer", answer, "string")
    if not balanced(ours):
        return Finding(None, "undecided", answer, "braces")
    ok, tier = _decide(ours, theirs, DEEPEST)
    return Finding(ok, "undecided" if ok is None else "correct" if ok else "wrong", answer, tier)


def readable(answer: str) -> Finding:
    """Return whether an answer equals itself by more than its spelling, as a reference has to."""
    spelt = spell(answer)
    if not spelt or len(answer) > LONGEST or not balanced(spelt):
        return Finding(False, "bad_gold", answer, "string")
    ok, tier = _by_meaning(spelt, spelt, DEEPEST)
    return Finding(ok, "correct" if ok else "bad_gold", answer, tier)


def _decide(ours: str, theirs: str, depth: int) -> Outcome:
    """Return what the first tier that can tell finds, and its name."""
    if bare(ours) == bare(theirs):
        return True, "string"
    if depth == 0:
        return None, "depth"
    return _by_meaning(ours, theirs, depth)


def _by_meaning(ours: str, theirs: str, depth: int) -> Outcome:
    thousands = [THOUSANDS.fullmatch(text) is not None for text in (ours, theirs)]
    if any(thousands):
        if not all(thousands) and split(theirs if thousands[0] else ours).kind == "list":
            return None, "parts"  # "1,000" is no "0, 1"; "1, 000" was the same string
        ours, theirs = (text.replace(",", "") if one else text for text, one in zip((ours, theirs), thousands, strict=True))
    for tier in TIERS:
        if (outcome := tier(ours, theirs, lambda one, other: _decide(one, other, depth - 1))) is not None:
            return outcome
    return symbolic.equal(ours, theirs)
