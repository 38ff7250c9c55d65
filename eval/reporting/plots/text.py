"""Texts of a plot: what a name may hold, how wide it is, where it is cut or goes on in the next line.

    fit("<script>" * 20, pixels=120, size=12)                          -> '<script><scrip…'
    wrapped(["wrong 836", "no answer 1"], pixels=300, size=12, most=2)   -> ['wrong 836 · no answer 1']

Names come out of a run's files and may hold anything. Widths are estimates on the high side, the same on every machine:
which font the reader's browser takes is not known here. Not covered: signs that are drawn as one may be cut apart.
"""

import re
import unicodedata

# What XML 1.0 cannot hold, and unpaired surrogates, which UTF-8 cannot.
_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
NAME = 60  # signs of a name in a sentence


def clean(text: object) -> str:
    """Return text on one line, without what XML cannot hold."""
    return " ".join(_NO_XML.sub("\ufffd", str(text)).split())


def extent(text: str, size: float, bold: bool = False) -> float:
    """Return about how many pixels wide text is, on the high side: fonts differ from machine to machine."""
    ems = 0.0
    for sign in text:
        if unicodedata.combining(sign):
            continue
        if unicodedata.east_asian_width(sign) in "WF":
            ems += 1.0
        elif sign in " .,:;'|!il[]()ftj·":
            ems += 0.35
        else:
            ems += 1.0 if sign in "mwMW@%…" else 0.8 if sign.isupper() or sign in "<>=+~^#$&" else 0.65
    return ems * size * (1.1 if bold else 1.0)


def named(text: object) -> str:
    """Return a name for a sentence: on one line, and no longer than one reads."""
    whole = clean(text)
    return whole if len(whole) <= NAME else whole[: NAME - 1].rstrip() + "…"


def fit(text: object, pixels: float, size: float, bold: bool = False) -> str:
    """Return the text, cut where it is wider than so many pixels. (Vega's own cutting fails on half an emoji.)"""
    whole = clean(text)
    kept = whole[: 2 * NAME]
    if kept == whole and extent(whole, size, bold) <= pixels:
        return whole
    while kept and extent(kept + "…", size, bold) > pixels:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(parts: list[str], pixels: float, size: float, most: int, joint: str = " · ") -> list[str]:
    """Return parts joined, in at most so many lines; the last is cut where there is more."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}{joint}{part}" if lines else part
        if lines and (extent(longer, size) <= pixels or len(lines) == most):
            lines[-1] = longer
        else:
            lines.append(part)
    return [fit(line, pixels, size) for line in lines]


def amount(value: float) -> str:
    """Return a number as one reads it: three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
