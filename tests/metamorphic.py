"""Rewritings of a reference that must not change a verdict, and changes that must."""

import re

SAME = {
    "dfrac": lambda gold: gold.replace("\\frac", "\\dfrac").replace("\\tfrac", "\\dfrac"),
    "dollars": lambda gold: f"${gold}$" if "$" not in gold else gold,
    "parenthesised": lambda gold: f"\\( {gold} \\)" if "$" not in gold else gold,
    "full stop": lambda gold: f"{gold}.",
    "displaystyle": lambda gold: f"\\displaystyle {gold}",
    "left right": lambda gold: (
        re.sub(r"(?<!left)\(", r"\\left(", re.sub(r"(?<!right)\)", r"\\right)", gold))
        if gold.count("(") == gold.count(")") and "[" not in gold
        else gold
    ),
    "no left right": lambda gold: re.sub(r"\\(left|right)(?![a-z])", "", gold),
    "thousands": lambda gold: f"{int(gold):,}" if re.fullmatch(r"\d{4,}", gold) else gold,
    "thousands in braces": lambda gold: f"{int(gold):,}".replace(",", "{,}") if re.fullmatch(r"\d{4,}", gold) else gold,
    "slash": lambda gold: re.sub(r"\\d?frac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", gold),
    "short fraction": lambda gold: re.sub(r"\\frac\{(\d)\}\{(\d)\}", r"\\frac\1\2", gold),
    "short root": lambda gold: re.sub(r"\\sqrt\{(\d)\}", r"\\sqrt \1", gold),
    "root sign": lambda gold: re.sub(r"\\sqrt\{(\d+)\}", r"√\1", gold),
    "braced power": lambda gold: re.sub(r"\^(\d)", r"^{\1}", gold),
    "spaced": lambda gold: re.sub(r"(?<=[\d)}])([+=])(?=[\d(\\])", r" \1 ", gold),
    "spaced commas": lambda gold: re.sub(r",(?=[^!\d ])", r",\\ ", gold) if "$" not in gold else gold,
    "decimal": lambda gold: f"{gold}.0" if re.fullmatch(r"-?\d+", gold) else gold,
    "leading zero": lambda gold: f"0{gold}" if re.fullmatch(r"\d+", gold) else gold,
    "named": lambda gold: f"x = {gold}" if re.fullmatch(r"-?[\d./]+|\\frac\{\d+\}\{\d+\}", gold) else gold,
    "pi sign": lambda gold: gold.replace("\\pi", "π"),
    "degree sign": lambda gold: re.sub(r"\^\{?\\circ\}?", "°", gold),
    "no degrees": lambda gold: re.sub(r"\^\{?\\circ\}?$", "", gold),
    "minus sign": lambda gold: gold.replace("-", "−"),
    "text": lambda gold: f"\\text{{{gold}}}" if re.fullmatch(r"[A-Za-z ]{2,}", gold) else gold,
    "roman": lambda gold: gold.replace("\\text{", "\\mathrm{"),
}


def same(gold: str) -> dict[str, str]:
    """Return the rewritings that say the same, by name; those that change nothing are left out."""
    return {name: text for name, rewrite in SAME.items() if (text := rewrite(gold)) != gold}


def changed(gold: str) -> list[str]:
    """Return the answers with one integer of the reference one higher."""
    return [gold[: m.start()] + str(int(m[0]) + 1) + gold[m.end() :] for m in re.finditer(r"\d+", gold)]
