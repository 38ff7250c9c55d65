"""Answers that name what they give: "x = 5", "f(x) = 2x", "\\\\frac{4}{6} = \\\\frac{2}{3}", "1/3 \\\\approx 0.33".

named("x = 5")                   -> Named("x", "5")
named("x = \\\\frac13 \\\\approx 0.33")   -> Named("x", "\\\\frac13"): what only approximates is dropped
named("\\\\frac46=\\\\frac23")        -> Named("", "", sides=("\\\\frac46", "\\\\frac23"))
named("2x+3y=5")                 -> the same way: an equation, whose right side is no answer
named("x \\\\approx 5")             -> Named("x", "5", approximate=True)
named("x < 5"), named("5")       -> None
"""

import re
from dataclasses import dataclass

from data_gen.verifiers.notation import TEXT, bare, split_outside

_EQUALS = re.compile(r"\s*=(?!=)")
_ABOUT = re.compile(r"\s*\\(?:approx|simeq|thickapprox|doteq)(?![a-zA-Z])")
_OTHER = re.compile(r"[<>]|\\(?:le|ge|ne|equiv|sim|in|subset|subseteq|Rightarrow|implies|iff|to)(?![a-zA-Z])|!=|==")
_SYMBOL = r"(?:[a-zA-Z]|\\[a-zA-Z]+(?:\s*\{[a-zA-Z ]+\})?)"
_SYMBOL += r"(?:\s*_\s*(?:\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}|\w))?'*(?:\^\{?[*'-]?1?\}?)?"
_NAME = re.compile(
    rf"(?:{_SYMBOL})(?:\([^=<>]*\))?"  # x, x_1, \alpha, f(x), P(A), f^{-1}(x)
    r"|[A-Z]{2,4}|[A-Za-z]{4,}|\|[A-Z]{2}\|"  # AB, Area, |AB|
    r"|" + TEXT + r"\s*\{[^{}]*\}(?:\s*_\{?\w+\}?)?"
    r"|\\(?:angle|triangle|overline|widehat|measuredangle)\s*\{?\s*[A-Z ]+\s*(?:_\{?\d\}?)?\}?"
    rf"|(?:{_SYMBOL})(?:\s*:\s*(?:{_SYMBOL}))+"  # V_1:V_2
)
_NOT_NAMES = re.compile(
    r"\\(?:sin|cos|tan|log|ln|exp|sqrt|frac|pi|infty|cdot|times|pm|boxed|begin|left|max|min)(?![a-zA-Z])"
)
_DENIES = re.compile(
    r"\\(?:not|complement)(?![a-zA-Z])|\\(?:overline|bar)\s*\{?\s*[A-Z]\s*\}?$"  # the complement of A is not A
    r"|\b(?i:not|non|except|excluding|excluded|outside|complement|never|without|other)\b"
)
_CONGRUENCE = re.compile(r"(.+?)\\equiv(?![a-zA-Z])(.+?)\(?\\p?mod\s*\{?\s*(\d{1,300})\s*\}?\)?")


@dataclass(frozen=True)
class Named:
    """`name` = `value`, where the left side is a name; else the `sides` of an equation."""

    name: str
    value: str
    sides: tuple[str, ...] = ()
    approximate: bool = False


def named(text: str) -> Named | None:
    """Take a spelt answer of one part apart at its equal signs, None where it has none."""
    exact, *about = split_outside(text, _ABOUT)
    if _OTHER.search(text):
        return None
    sides = [side.strip() for side in split_outside(exact, _EQUALS)]
    if about and (not exact.strip() or (len(sides) == 1 and is_name(exact))):
        return Named(bare(exact), about[0].strip(), approximate=True)
    if len(sides) == 1:
        return Named("", sides[0]) if about else None
    if not all(sides):
        return None
    if is_name(sides[-2]) and not (len(sides) > 2 and is_name(sides[-1])):  # "x = y = z" gives no value
        return Named(bare(sides[-2]), sides[-1])
    if is_name(sides[0]) and not is_name(sides[-1]):
        return Named(bare(sides[0]), sides[-1], tuple(sides[1:]))
    return Named("", "", tuple(sides))


def is_name(text: str) -> bool:
    """Return whether a text is a name to which a value can be given: a symbol, a function of symbols, a segment, words."""
    text = text.strip()
    return bool(_NAME.fullmatch(text)) and not _NOT_NAMES.match(text) and not _DENIES.search(text)


def same_name(one: str, other: str) -> bool:
    """Return whether two names mean one thing: "Area" and "area", but not R and r, nor \\Delta and \\delta."""
    if one == other:
        return True
    return one.lower() == other.lower() and (one.lower() in tuple("xyzn") or (one.isalpha() and len(one) > 3))


def congruence(text: str) -> tuple[str, str, int] | None:
    """Return (name, residue, modulus) of "x \\equiv 5 \\pmod 7", else None."""
    match = _CONGRUENCE.fullmatch(text.strip())
    if match is None or not is_name(match[1]) or int(match[3]) == 0:
        return None
    return bare(match[1]), match[2].strip(), int(match[3])
