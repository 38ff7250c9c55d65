"""The tiers of `math_answer` that need no computer algebra, each a function of two answers in one spelling.

    _ratio("1:2:3", "2:4:6", decide)   -> True, "ratio"
    _ratio("1/2", "0.5", decide)       -> None: not this tier's

A tier returns None where the answers are none of its kind; else whether they are equal (None: it cannot tell, and nobody
after it may) and the name that the verdict shows. Parts of an answer go back to `decide`, which begins at the first tier.
"""

import re
from collections.abc import Callable
from typing import Any

from data_gen.verifiers.notation import bare, texts, untexted
from data_gen.verifiers.parts import compare_parts, split, spoken, union_of
from data_gen.verifiers.quantity import beside_agrees, clock, quantity, rational
from data_gen.verifiers.relation import congruence, named, same_name

Outcome = tuple[bool | None, str]
Decide = Callable[[str, str], Outcome]

_LETTER = re.compile(r"(?:(?i:option|choice|answer)\s+)?(?:\(?([A-Z])\)?[.:]?|\(?([A-Z])\)[\s:.]*(\S.*))", re.DOTALL)
_ANOTHER = re.compile(r"\([A-Z]\)|\b[A-Z]\)|^(?:or|and|is|not)\b|\b(?:or|and) [A-Z]$")  # after a letter: of a second option
_WORDS = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_REAL_WORD = re.compile(r"(?=.*[aeiouy])(?:[A-Z][a-z]{3,}|[a-z]{4,})|[Yy]es|[Oo]dd|[Oo]ne|[Tt]wo|[Tt]en|[Rr]ed|[Aa]ll")
_ARTICLES = re.compile(r"^(?:the|a|an) (?=[^\W\d_]{3})", re.IGNORECASE)
_PLURAL = re.compile(r"(?<=[^\W\d_]{3})s$")
_ROMAN = re.compile(r"M*(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})")


def _letter(ours: str, theirs: str, decide: Decide) -> Outcome | None:
    mine, wanted = _LETTER.fullmatch(untexted(ours)), _LETTER.fullmatch(untexted(theirs))
    if mine and mine[3] and _ANOTHER.search(mine[3]) and bare(ours) != bare(theirs):
        return None, "letter"  # "(B) 5 or (C) 6"
    if wanted and mine:
        if (mine[1] or mine[2]) != (wanted[1] or wanted[2]):
            return False, "letter"
        if mine[3] and wanted[3] and decide(mine[3].strip(" .:"), wanted[3].strip(" .:"))[0] is False:
            return None, "letter"  # "(C) 13" for "(C) 12"
        return True, "letter"
    if mine and mine[3] and not wanted:  # "(B) 5" for 5
        return decide(mine[3].strip(" .:"), theirs)
    if wanted and wanted[3]:  # "(C) 12" is also 12
        return decide(ours, wanted[3].strip(" .:"))
    return None


def _clock(ours: str, theirs: str, decide: Decide) -> Outcome | None:
    mine, wanted = clock(ours), clock(theirs)
    if mine is None and wanted is None:
        return None
    if mine is None or wanted is None:
        return (None, "clock") if (mine or wanted or (0, 0, ""))[2] else None
    if (mine[2] and wanted[2]) or not (mine[2] or wanted[2]):
        return mine == wanted, "clock"
    return (False if mine[:2] != wanted[:2] else None), "clock"


def _parts(ours: str, theirs: str, decide: Decide) -> Outcome | None:
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
    return compare_parts(mine, wanted, lambda one, other: decide(one, other)[0]), "parts"


def _joined(text: str) -> set[str]:
    """Return which of "and" and "or" join conditions or names in a text; for plain values it makes no difference."""
    matters = re.search(r"[<>=]|\\(?:le|ge)(?![a-zA-Z])", text) or spoken(split(text))
    return set(re.findall(r"\b(and|or)\b", text)) if matters else set()


def _ratio(ours: str, theirs: str, decide: Decide) -> Outcome | None:
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


def _congruence(ours: str, theirs: str, decide: Decide) -> Outcome | None:
    """Compare "x \\equiv 5 \\pmod 7" with "x \\equiv 12 \\pmod 7"; beside it other moduli or names are left open."""
    mine, wanted = congruence(ours), congruence(theirs)
    if mine is None or wanted is None or mine[0] != wanted[0] or mine[2] != wanted[2]:
        return (None, "congruence") if mine or wanted or r"\equiv" in ours + theirs else None
    one, other = rational(mine[1]), rational(wanted[1])
    return (None if one is None or other is None else (one - other) / mine[2] % 1 == 0), "congruence"


def _beside(ours: str, theirs: str, decide: Decide) -> Outcome | None:
    """Set aside units, currency, percent and base, where they do not contradict, and compare the rest."""
    mine, wanted = quantity(ours), quantity(theirs)
    if mine.core == ours and wanted.core == theirs:
        return None
    if {mine.unit, wanted.unit} == {"degree", ""} and r"\pi" in mine.core + wanted.core:  # 45^\circ is \pi/4
        turned = [rf"\frac{{({q.core})\pi}}{{180}}" if q.unit else q.core for q in (mine, wanted)]
        return decide(turned[0], turned[1])
    if ("%" in mine.unit) != ("%" in wanted.unit):
        return _percent(mine.core, wanted.core, mine.unit, wanted.unit, decide)
    if not beside_agrees(mine, wanted):
        return None, "unit"
    if mine.scale != wanted.scale:
        one, other = rational(mine.core), rational(wanted.core)
        return (None if one is None or other is None else one * mine.scale == other * wanted.scale), "unit"
    if not mine.core or not wanted.core:
        return None
    return decide(mine.core, wanted.core)


def _percent(mine: str, wanted: str, my_unit: str, wanted_unit: str, decide: Decide) -> Outcome:
    """Compare a percentage with a number: 10 % is 10 and it is 0.1, never 1000."""
    if {my_unit, wanted_unit} != {"%", ""}:
        return None, "unit"
    percent, number = (mine, wanted) if my_unit else (wanted, mine)
    one, other = rational(percent), rational(number)
    if other is None or abs(other) >= 1:  # 0.25 % is not 0.25
        outcome = decide(mine, wanted)
        if outcome[0] is not False:
            return outcome
    if one is not None and other is not None:
        return one / 100 == other, "unit"
    return decide(f"\\frac{{{percent}}}{{100}}", number)


def _number(ours: str, theirs: str, decide: Decide) -> Outcome | None:
    mine, wanted = rational(ours), rational(theirs)
    return None if mine is None or wanted is None else (mine == wanted, "number")


def _words(ours: str, theirs: str, decide: Decide) -> Outcome | None:
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


def _relation(ours: str, theirs: str, decide: Decide) -> Outcome | None:
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
        found = [decide(one, other)[0] for one in my_sides for other in wanted_sides]
        return (True if all(found) else None), "relation"
    if any(decide(side, my_sides[-1])[0] is False for side in my_sides[:-1]):
        return None, "relation"  # "x = 3 = 5" says two things
    return decide(my_sides[-1], wanted_sides[-1])


def _sides(relation: Any, text: str) -> tuple[str, ...]:
    if relation is None:
        return (text,)
    return relation.sides or (relation.value,)


# In the order in which they are asked.
TIERS: tuple[Callable[[str, str, Decide], Outcome | None], ...] = (
    _letter,
    _clock,
    _ratio,
    _congruence,
    _parts,
    _beside,
    _number,
    _words,
    _relation,
)
