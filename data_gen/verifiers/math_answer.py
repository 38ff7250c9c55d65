"""`math_answer`: is the boxed answer equal to the reference? gold: {"answer": "\\\\frac{1}{2}"}.

    grade("It is \\\\boxed{0.5}.", {"answer": "\\\\frac{1}{2}"})   -> ok, "correct", tier "number"

Tiers, the first that decides; each reads the answers in one spelling (`notation.py`):
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
from data_gen.verifiers.notation import balanced, bare, spell, texts, untexted
from data_gen.verifiers.parts import THOUSANDS, compare_parts, split, spoken, union_of
from data_gen.verifiers.quantity import beside_agrees, clock, quantity, rational
from data_gen.verifiers.relation import congruence, named, same_name

VERSION = "math-5"
LONGEST = 2000  # characters; a longer answer is no answer to a problem that has a short one
DEEPEST = 6  # parts within parts

_INTEGER = re.compile(r"-?[0-9]{1,300}")
_LETTER = re.compile(r"(?:(?i:option|choice|answer)\s+)?(?:\(?([A-Z])\)?[.:]?|\(?([A-Z])\)[\s:.]*(\S.*))", re.DOTALL)
_ANOTHER = re.compile(r"\([A-Z]\)|\b[A-Z]\)|^(?:or|and|is|not)\b|\b(?:or|and) [A-Z]$")  # after a letter: of a second option
_WORDS = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_REAL_WORD = re.compile(r"(?=.*[aeiouy])(?:[A-Z][a-z]{3,}|[a-z]{4,})|[Yy]es|[Oo]dd|[Oo]ne|[Tt]wo|[Tt]en|[Rr]ed|[Aa]ll")
_ARTICLES = re.compile(r"^(?:the|a|an) (?=[^\W\d_]{3})", re.IGNORECASE)
_PLURAL = re.compile(r"(?<=[^\W\d_]{3})s$")
_ROMAN = re.compile(r"M*(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})")

Outcome = tuple[bool | None, str]


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
    for tier in (_letter, _clock, _ratio, _congruence, _parts, _beside, _number, _words, _relation):
        if (outcome := tier(ours, theirs, depth)) is not None:
            return outcome
    return symbolic.equal(ours, theirs)


def _letter(ours: str, theirs: str, depth: int) -> Outcome | None:
    mine, wanted = _LETTER.fullmatch(untexted(ours)), _LETTER.fullmatch(untexted(theirs))
    if mine and mine[3] and _ANOTHER.search(mine[3]) and bare(ours) != bare(theirs):
        return None, "letter"  # "(B) 5 or (C) 6"
    if wanted and mine:
        if (mine[1] or mine[2]) != (wanted[1] or wanted[2]):
            return False, "letter"
        if mine[3] and wanted[3] and _decide(mine[3].strip(" .:"), wanted[3].strip(" .:"), depth - 1)[0] is False:
            return None, "letter"  # "(C) 13" for "(C) 12"
        return True, "letter"
    if mine and mine[3] and not wanted:  # "(B) 5" for 5
        return _decide(mine[3].strip(" .:"), theirs, depth - 1)
    if wanted and wanted[3]:  # "(C) 12" is also 12
        return _decide(ours, wanted[3].strip(" .:"), depth - 1)
    return None


def _clock(ours: str, theirs: str, depth: int) -> Outcome | None:
    mine, wanted = clock(ours), clock(theirs)
    if mine is None and wanted is None:
        return None
    if mine is None or wanted is None:
        return (None, "clock") if (mine or wanted or (0, 0, ""))[2] else None
    if (mine[2] and wanted[2]) or not (mine[2] or wanted[2]):
        return mine == wanted, "clock"
    return (False if mine[:2] != wanted[:2] else None), "clock"


def _parts(ours: str, theirs: str, depth: int) -> Outcome | None:
    mine, wanted = split(ours), split(theirs)
    if mine.kind == wanted.kind == "single":
        return None
    if re.search(r"\\\{[^}]*(?::|\\mid|\|)", ours + " " + theirs):
        return None, "parts"  # a set described by a condition
    if {mine.kind, wanted.kind} == {"list"} and _joined(ours) | _joined(theirs) == {"and", "or"}:
        return None, "parts"  # "x<1 or x>2" is not "x<1 and x>2"
    signs = [re.findall(r"\\(?:pm|mp)(?![a-zA-Z])", text) for text in (ours, theirs)]
    if max(map(len, signs)) > 1 and sorted(signs[0]) != sorted(signs[1]):
        return None, "parts"  # (\pm 1, \pm 2) and (\pm 1, \mp 2)
    if {mine.kind, wanted.kind} == {"list", "union"}:
        mine, wanted = (union_of(p) if _joined(text) == {"or"} else p for p, text in ((mine, ours), (wanted, theirs)))
    single_named = (mine.kind == "single" and named(ours)) or (wanted.kind == "single" and named(theirs))
    if single_named and "list" not in (mine.kind, wanted.kind):
        return None  # "S = A \\cup B" was split already; what is left is an equation
    return compare_parts(mine, wanted, lambda one, other: _decide(one, other, depth - 1)[0]), "parts"


def _joined(text: str) -> set[str]:
    """Return which of "and" and "or" join conditions or names in a text; for plain values it makes no difference."""
    matters = re.search(r"[<>=]|\\(?:le|ge)(?![a-zA-Z])", text) or spoken(split(text))
    return set(re.findall(r"\b(and|or)\b", text)) if matters else set()


def _ratio(ours: str, theirs: str, depth: int) -> Outcome | None:
    """Compare "1:2:3" with "2:4:6" and "1 to 2" with "2:4"; a parser would divide one after the other."""
    if ":" in ours + theirs:
        ours, theirs = (re.sub(r"(?<=\d)\s*\\?(?:text\s*\{\s*)?\bto\b\s*\}?\s*(?=\d)", ":", text) for text in (ours, theirs))
    if ":" not in ours + theirs or re.search(r"[=,;{(]", ours + theirs):
        return None
    if re.search(r":\s*0\d", ours + " " + theirs):
        return None, "ratio"  # "1:02" is a time
    mine, wanted = ([rational(term) for term in text.split(":")] for text in (ours, theirs))
    if None in mine + wanted or 0 in mine + wanted:
        return None, "ratio"
    if len(mine) != len(wanted):
        return (None if 1 in (len(mine), len(wanted)) else False), "ratio"
    factors = {one / other for one, other in zip(mine, wanted, strict=True) if one is not None and other}
    return len(factors) == 1, "ratio"


def _congruence(ours: str, theirs: str, depth: int) -> Outcome | None:
    """Compare "x \\equiv 5 \\pmod 7" with "x \\equiv 12 \\pmod 7"; beside it other moduli or names are left open."""
    mine, wanted = congruence(ours), congruence(theirs)
    if mine is None or wanted is None or mine[0] != wanted[0] or mine[2] != wanted[2]:
        return (None, "congruence") if mine or wanted or r"\equiv" in ours + theirs else None
    one, other = rational(mine[1]), rational(wanted[1])
    return (None if one is None or other is None else (one - other) / mine[2] % 1 == 0), "congruence"


def _beside(ours: str, theirs: str, depth: int) -> Outcome | None:
    """Set aside units, currency, percent and base, where they do not contradict, and compare the rest."""
    mine, wanted = quantity(ours), quantity(theirs)
    if mine.core == ours and wanted.core == theirs:
        return None
    if {mine.unit, wanted.unit} == {"degree", ""} and r"\pi" in mine.core + wanted.core:  # 45^\circ is \pi/4
        turned = [rf"\frac{{({q.core})\pi}}{{180}}" if q.unit else q.core for q in (mine, wanted)]
        return _decide(turned[0], turned[1], depth - 1)
    if ("%" in mine.unit) != ("%" in wanted.unit):
        return _percent(mine.core, wanted.core, mine.unit, wanted.unit, depth)
    if not beside_agrees(mine, wanted):
        return None, "unit"
    if mine.scale != wanted.scale:
        one, other = rational(mine.core), rational(wanted.core)
        return (None if one is None or other is None else one * mine.scale == other * wanted.scale), "unit"
    if not mine.core or not wanted.core:
        return None
    return _decide(mine.core, wanted.core, depth - 1)


def _percent(mine: str, wanted: str, my_unit: str, wanted_unit: str, depth: int) -> Outcome:
    """Compare a percentage with a number: 10 % is 10 and it is 0.1, never 1000."""
    if {my_unit, wanted_unit} != {"%", ""}:
        return None, "unit"
    percent, number = (mine, wanted) if my_unit else (wanted, mine)
    one, other = rational(percent), rational(number)
    if other is None or abs(other) >= 1:  # 0.25 % is not 0.25
        outcome = _decide(mine, wanted, depth - 1)
        if outcome[0] is not False:
            return outcome
    if one is not None and other is not None:
        return one / 100 == other, "unit"
    return _decide(f"\\frac{{{percent}}}{{100}}", number, depth - 1)


def _number(ours: str, theirs: str, depth: int) -> Outcome | None:
    mine, wanted = rational(ours), rational(theirs)
    return None if mine is None or wanted is None else (mine == wanted, "number")


def _words(ours: str, theirs: str, depth: int) -> Outcome | None:
    """Compare two answers in words; None unless both are, or one is words that were marked as text."""
    mine, wanted = untexted(ours), untexted(theirs)
    if not (_WORDS.fullmatch(mine) and _WORDS.fullmatch(wanted)):
        spoken = any(_WORDS.fullmatch(text) and max(map(len, text.split())) > 2 for text in (mine, wanted))
        return (None, "words") if spoken else None
    if mine != wanted and _ROMAN.fullmatch(mine) and _ROMAN.fullmatch(wanted) and re.search("[IVX]", mine + wanted):
        return (None, "words") if sorted(mine) == sorted(wanted) else None  # IV is no I times V
    marked = bool(texts(ours) or texts(theirs))
    if not marked and max(len(mine), len(wanted)) < 3:
        return None  # "xy" and "yx" are products
    one, other = (_PLURAL.sub("", _ARTICLES.sub("", text).casefold()) for text in (mine, wanted))
    if one == other:
        real = marked or all(_REAL_WORD.fullmatch(word) for text in (mine, wanted) for word in re.split("[ '-]", text)[-1:])
        return (True if mine == wanted or real else None), "words"  # "mgh" is not "Mgh"
    products = not marked and sorted(one) == sorted(other)
    return (None if products or " " in one + other else False), "words"


def _relation(ours: str, theirs: str, depth: int) -> Outcome | None:
    if "list" in (split(ours).kind, split(theirs).kind):
        return None, "relation"
    mine, wanted = named(ours), named(theirs)
    if mine is None and wanted is None:
        return None
    if mine and mine.approximate and not (wanted and wanted.approximate):
        return None, "approximate"
    if mine and wanted and not mine.value and not wanted.value:
        return None  # two equations: for the symbolic tier
    if mine and wanted and mine.name and wanted.name and not same_name(mine.name, wanted.name):
        return None, "relation"
    my_sides, wanted_sides = _sides(mine, ours), _sides(wanted, theirs)
    if (mine and not mine.value) or (wanted and not wanted.value):
        if mine and wanted:
            return None  # "y=2x+3" and "2x-y=-3"
        found = [_decide(one, other, depth - 1)[0] for one in my_sides for other in wanted_sides]
        return (True if all(found) else None), "relation"
    if any(_decide(side, my_sides[-1], depth - 1)[0] is False for side in my_sides[:-1]):
        return None, "relation"  # "x = 3 = 5" says two things
    return _decide(my_sides[-1], wanted_sides[-1], depth - 1)


def _sides(relation: Any, text: str) -> tuple[str, ...]:
    if relation is None:
        return (text,)
    return relation.sides or (relation.value,)
