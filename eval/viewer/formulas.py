"""LaTeX in a text, found and turned into MathML that is a tree of plain lists: names, attributes and text, never markup.

    list(found("so \\\\(x^2\\\\) is"))      -> ["$x^2"]           the formula after $, a displayed one after $$
    tree("$x^2")                        -> ["mrow", ["msup", ["mi", "x"], ["mn", "2"]]]
    tree("$\\\\frac{1")                   -> None: the page shows the source

latex2mathml 3.81.1 converts: of 32,093 formulas in public reasoning traces and solutions (MATH, NuminaMath-CoT, answers of
R1 and Qwen) 28 did not come through these rules; KaTeX 0.16.22 fails on as few and would be a library in the page. Only
elements and attributes that MathML Core draws pass, and those that the page's styles draw, so a command that makes a link
or a style leaves its content alone. What is longer or deeper than real formulas are is left as it is.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from itertools import chain
from typing import Any
from xml.etree.ElementTree import Element

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

LONGEST, DEEPEST, MOST_NODES = 4000, 40, 4000
# What the page cuts a text into: 1 fenced code, 2 code in a line, 3 4 6 displayed formulas, 5 8 9 formulas in a line. The
# page's markup.js reads this pattern too, so it says nothing that Python and JavaScript read differently. Every part stops
# where another of its kind opens: text full of openings is read in linear time.
CUTS = (
    r"(?<![^\n]) {0,3}(`{3,}|~{3,})[^\n]*(?:\n[\s\S]*?(?:(?<![^\n]) {0,3}\1[`~]*[ \t]*(?![^\n])|(?![\s\S]))|(?![\s\S]))"
    r"|(?<!`)(`)(?!`)[^`\n]{1,1000}`(?!`)"
    r"|\\\$"
    r"|\$\$((?:(?!\$\$)[\s\S]){1,4000})\$\$"
    r"|\\\[((?:(?!\\\[|\\\])[\s\S]){1,4000})\\\]"
    r"|\\\(((?:(?!\\\(|\\\))[\s\S]){1,4000})\\\)"
    r"|(\\begin\{((?:align|equation|gather)\*?)\}"
    r"(?:(?!\\begin\{(?:align|equation|gather)\*?\}|\\end\{\7\})[\s\S]){1,4000}\\end\{\7\})"
    r"|\$(?![ \t\n\r$])((?:\\[^\n]|[^\\$\n]){1,400})\$(?![0-9])"
    r"|(\\boxed\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,200}\}){0,200}\}){1,200}\})"
)
ELEMENTS = frozenset(
    "mrow mi mn mo mtext mspace mstyle mpadded mphantom msup msub msubsup mfrac msqrt mroot mover munder munderover "
    "mmultiscripts mprescripts mtable mtr mtd menclose".split()
)
CHILDREN = {"mfrac": 2, "mroot": 2, "msup": 2, "msub": 2, "msubsup": 3, "mover": 2, "munder": 2, "munderover": 3}
ATTRIBUTES = frozenset(
    "stretchy fence form mathvariant displaystyle scriptlevel columnalign notation linethickness width height depth accent "
    "accentunder lspace rspace minsize maxsize separator largeop movablelimits symmetric".split()
)
# Words, and lengths that shift nothing out of its place: none below zero, none of three digits.
_VALUE = re.compile(r"[a-z]{1,30}(?:[ -][a-z]{1,30}){0,9}|[0-9]{1,2}(?:\.[0-9]{1,4})?(?:em|ex|px|pt|mm|cm|mu|%)?")
# Definitions, of which a few lines can make megabytes; and @{} of arrays, for which latex2mathml 3.81.1 loses rows.
_UNWELCOME = re.compile(r"\\(?:(?:re)?new|provide)(?:command|environment)|\\[egx]?def\b|\\DeclareMath|@\{")
_UNKNOWN = re.compile(r"\\[A-Za-z]")  # a command that latex2mathml passes on as text
# What latex2mathml raises for TeX that it does not understand: its own exceptions have no base.
FAULTS: tuple[type[Exception], ...] = (
    *(kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    *(ValueError, LookupError, TypeError, AttributeError, StopIteration, RuntimeError),
)


def found(text: str) -> Iterator[str]:
    """Yield the formulas of a text that are not in code, each with $ or $$ before it."""
    for match in re.finditer(CUTS, text):
        displayed, inline = match[3] or match[4] or match[6], match[5] or match[8] or match[9]
        if displayed is not None:
            yield "$$" + displayed
        elif inline is not None and not (match[8] and inline[-1] in " \t\r"):  # "$5 and 6 $" is money
            yield "$" + inline


@lru_cache(maxsize=20_000)
def tree(formula: str) -> list[Any] | None:
    """Return a formula's MathML as [name, attributes?, child, ...], or None where it does not convert."""
    displayed = formula.startswith("$$")
    latex = formula[2 if displayed else 1 :]
    if len(latex) > LONGEST or _depth(latex) > DEEPEST or _UNWELCOME.search(latex):
        return None
    try:
        math = convert_to_element(latex, display="block" if displayed else "inline")
    except FAULTS:
        return None
    nodes = list(math.iter())
    if len(nodes) > MOST_NODES or any(_UNKNOWN.search(node.text or "") for node in nodes):
        return None
    return _listed(math[0], 0) if len(math) == 1 else None


def _depth(latex: str) -> int:
    """Return how deep groups, environments and delimiters are nested, at most: openings without an end count too."""
    depth = deepest = 0
    for opening in re.finditer(r"\\[{}]|([{\[]|\\left\b|\\begin\b)|([}\]]|\\right\b|\\end\b)|[\^_]", latex):
        if opening[1]:
            depth += 1
        elif opening[2]:
            depth = max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _listed(node: Element, depth: int) -> list[Any] | None:
    """Return an element as a list. One that is not known gives its content in a row; None is too deep a tree, or half
    of a fraction."""
    if depth > 2 * DEEPEST or len(node) != CHILDREN.get(node.tag, len(node)):
        return None
    name = node.tag if node.tag in ELEMENTS else "mrow"
    attributes = {key: value for key, value in node.attrib.items() if key in ATTRIBUTES and _VALUE.fullmatch(value)}
    children = [_listed(child, depth + 1) for child in node]
    if any(child is None for child in children):
        return None
    text = [unescape(node.text)] if node.text and node.text.strip() else []
    return list(chain([name], [attributes] if attributes else [], text, children))
