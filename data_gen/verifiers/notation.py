"""One spelling for the many ways of writing an answer, before anything compares it.

    spell("$\\\\dfrac{√3}{2}$.")      -> "\\\\frac{\\\\sqrt{3}}{2}"
    spell("1{,}000 \\\\text{ m}²")     -> "1,000 \\\\text{ m}^{2}"
    bare("\\\\text{ east}")            -> "east"
    balanced("\\\\frac{1}{")           -> False

Spelling never changes what is said: words stay, and so does a space between two digits, because "1 2" is not 12.
"""

import re
from collections.abc import Callable

_SIGNS = {
    "−": "-", "–": "-", "—": "-", "﹣": "-", "－": "-", "＋": "+", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ",
    "∗": r"\cdot ", "÷": r"\div ", "∕": "/", "⁄": "/", "±": r"\pm ", "∓": r"\mp ", "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ",
    "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ", "∞": r"\infty ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
    "∅": r"\emptyset ", "ø": r"\emptyset ", "°": r"^\circ ", "′": "'", "’": "'", "…": r"\ldots ", "⌊": r"\lfloor ", "⌋": r"\rfloor ",
    "⌈": r"\lceil ", "⌉": r"\rceil ", "∠": r"\angle ", "△": r"\triangle ", "％": r"\%", "＄": r"\$", "，": ",", "：": ":", "；": ";",
    "（": "(", "）": ")", "［": "[", "］": "]", "＝": "=", "＜": "<", "＞": ">", "→": r"\to ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "",
}  # fmt: skip
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
_VULGAR = {
    "½": "12", "⅓": "13", "⅔": "23", "¼": "14", "¾": "34", "⅕": "15", "⅖": "25", "⅗": "35", "⅘": "45", "⅙": "16", "⅚": "56", "⅛": "18",
    "⅜": "38", "⅝": "58", "⅞": "78",
}  # fmt: skip
_TABLE = str.maketrans(
    _SIGNS
    | {letter: f"\\{name} " for letter, name in _GREEK.items()}
    | {sign: f"\\frac{{{digits[0]}}}{{{digits[1]}}}" for sign, digits in _VULGAR.items()}
    | dict(zip("０１２３４５６７８９", "0123456789", strict=True))
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
TEXT = r"\\(?:text|textbf|textrm|textit|textsf|mathrm|mathbf|mathit|mathsf|mbox|hbox|operatorname)"
_REPLACED: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+"), lambda m: f"^{{{m[0].translate(_RAISED)}}}"),
    (re.compile(r"[₀-₉]+"), lambda m: f"_{{{m[0].translate(_LOWERED)}}}"),
    (re.compile(r"[√]\s*(?:\(([^()]*)\)|(\d+|[a-zA-Z]))"), lambda m: f"\\sqrt{{{m[1] or m[2]}}}"),
    (re.compile(r"(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\a-zA-Z])(pi|infty)(?![a-zA-Z])"), r"\\\1 "),
    (re.compile(r"\\[dtc]frac(?![a-zA-Z])"), r"\\frac"),
    (re.compile(r"\\frac\s*(\d)\s*(\d)(?!\d)"), r"\\frac{\1}{\2}"),  # \frac123 stays: nobody knows what it says
    (re.compile(r"\\frac\s*\{([^{}]*)\}\s*(\d)(?!\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s*(\d)\s*\{"), r"\\frac{\1}{"),
    (re.compile(r"_\s*(\d)(?!\d)"), r"_{\1}"),
    (re.compile(r"\\sqrt\s*(\d(?!\d)|[a-zA-Z])"), r"\\sqrt{\1}"),  # \sqrt12 stays, likewise
    (re.compile(r"\^\s*\{?\s*\\(?:circ|degree)(?![a-zA-Z])\s*\}?|\\degree(?![a-zA-Z])"), r"^\\circ "),
    (re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\s*\.?"), ""),
    (re.compile(r"\\(?:displaystyle|textstyle|limits|nolimits|rm|bf|it)(?![a-zA-Z])"), ""),
    (re.compile(r"\\(?:mathrm|text)\s*\{([eid])\}"), r"\1"),
    (re.compile(r"\\(?:leq|leqslant|leqq)(?![a-zA-Z])"), r"\\le "),
    (re.compile(r"\\(?:geq|geqslant|geqq)(?![a-zA-Z])"), r"\\ge "),
    (re.compile(r"\\neq(?![a-zA-Z])"), r"\\ne "),
    (re.compile(r"\\(?:lt|gt)(?![a-zA-Z])"), lambda m: "<" if m[0] == r"\lt" else ">"),
    (re.compile(r"\\(?:varnothing|O)(?![a-zA-Z])"), r"\\emptyset "),
    (re.compile(r"\\(?:ldots|cdots|dots|dotsc|dotsb)(?![a-zA-Z])|\.\.\."), r"\\ldots "),
    (re.compile(r"\\l(?:brace|brack)(?![a-zA-Z])"), lambda m: r"\{" if m[0] == r"\lbrace" else "["),
    (re.compile(r"\\r(?:brace|brack)(?![a-zA-Z])"), lambda m: r"\}" if m[0] == r"\rbrace" else "]"),
    (re.compile(r"\\prime(?![a-zA-Z])"), "'"),
    (re.compile(r"\^\s*\{?\s*('+)\s*\}?"), r"\1"),
    (re.compile(r"(?<!\\)\\[!()\[\]]|(?<!\\)\$"), ""),
    (re.compile(r"(?<!\\)\\\\(?=\s*[$%])"), r"\\"),
    (re.compile(r"^\s*~\s*(?=[\d.\\-])"), r"\\sim "),  # "~5" is about 5; elsewhere a tilde is a space
    (re.compile(r"(?<!\\)\\(?:[,;:> ]|q?quad(?![a-zA-Z])|hspace\s*\{[^{}]*\}|text\s*\{\s*\})|(?<!\\)~|(?<!\\)\s+"), " "),
    (re.compile(r"(\d)\s*\{,\}\s*(\d)"), r"\1,\2"),
    (re.compile(r"\\\{\s*\\\}"), r"\\emptyset "),
    (re.compile(r" {2,}"), " "),
]  # fmt: skip
_DIGIT_GROUPS = re.compile(r"(?<![\d.,])(\d{1,3}(?: \d{3})+)(?![\d ])")
_FONT = re.compile(TEXT + r"\s*\{([^{}]*)\}")
_FINAL = re.compile(r"(?:(?<!\\ldots)[.;]|(?<!\\),|\s)+$")


def spell(answer: str) -> str:
    """Return `answer` in one spelling: Unicode signs as LaTeX, no sizes, dollar signs or final full stop."""
    text = answer.translate(_TABLE) if not answer.isascii() else answer
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    text = _DIGIT_GROUPS.sub(lambda m: m[1].replace(" ", ""), text)
    return _FINAL.sub("", text.strip())


def bare(text: str) -> str:
    """Return a spelt answer without fonts and without spaces but those between two digits."""
    while (plain := _FONT.sub(r"\1", text)) != text:
        text = plain
    return re.sub(r"(?<!\d) +| +(?!\d)", "", text.strip())


def texts(text: str) -> list[str]:
    """Return the words inside \\text{...} and its like, in small letters."""
    return [content.strip().lower() for content in _FONT.findall(text) if content.strip()]


def untexted(text: str) -> str:
    """Return a spelt answer with \\text{...} and its like replaced by what they hold."""
    while (plain := _FONT.sub(r" \1 ", text)) != text:
        text = plain
    return " ".join(text.split())


def balanced(text: str) -> bool:
    """Return whether every brace that opens also closes, which a cut answer does not manage."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", text, re.DOTALL):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            return False
    return depth == 0


def split_outside(text: str, separator: re.Pattern[str]) -> list[str]:
    """Split at `separator` where no bracket is open."""
    pieces, depth, start, position = [], 0, 0, 0
    while position < len(text):
        if text[position] in "([{":
            depth += 1
        elif text[position] in ")]}":
            depth -= 1
        elif depth == 0 and (match := separator.match(text, position)) and match.end() > position:
            pieces.append(text[start:position])
            start = position = match.end()
            continue
        if text[position] == "\\" and text[position + 1 : position + 2] in ("{", "}"):
            depth += 1 if text[position + 1] == "{" else -1
            position += 1
        position += 1
    return [*pieces, text[start:]]
