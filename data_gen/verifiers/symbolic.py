"""Are two expressions equal? math-verify (https://github.com/huggingface/Math-Verify) with guards around it.

    equal("2\\\\sqrt{2}", "\\\\sqrt{8}")                 -> True, "digits"
    equal("\\\\frac{1}{2006!}", "\\\\frac{1}{2004!}")    -> False, "digits": math-verify alone says True
    equal("x^2+2x+1", "(x+1)^2")                      -> True, "math_verify"
    equal("g(x)", "g'(x)")                            -> None, "primes": the parser drops the prime

Expressions without unknowns are decided by their difference, worked out until a digit of it is sure or none of 1,000 is.
With unknowns math-verify decides, and what it calls equal must also agree at points. It runs in a worker that a parent can
kill (`pool.py`): hostile input may hang in here.
"""

import math
import re
from typing import Any

from data_gen.verifiers import announce
from data_gen.verifiers.notation import TEXT, texts

SURE_DIGITS = 1000  # of a difference: none of them sure means that it is zero
POINTS = ((7, 11), (13, 17), (-3, 19))  # numerator start and denominator of the values given to unknowns

# What a parser and a computer algebra system raise on text that a model wrote: the answer is then undecided.
FOREIGN_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)

_TIMES_FRACTION = re.compile(r"(?<=\d)\s*\((?=\\frac)")
_ODD_ROOT = re.compile(r"\\sqrt\s*\[(\d*[13579])\]\s*\{\s*-\s*([\d.]+)\s*\}")
_MIXED = re.compile(r"(?<![\^_\d.}{\w])(\d+)(\\frac\{\d+\}\{\d+\})")
_ANGLE = re.compile(r"(\\(?:sin|cos|tan|cot|sec|csc)(?:\^\{?\d\}?)?)\s*\(?\{?\s*(\d+(?:\.\d+)?)\s*\^\\circ\s*\}?\)?")
_MISREAD = re.compile(
    r"!\s*!|\^\s*\{?\s*(?:T|\\top|\\dagger)\b|\\ldots|\d\s*:|\\frac\s*\d|\\frac\s*\{[^{}]*\}\s*\d|\\sqrt\s*\d"
    r"|\.\d+\(\d+\)|\\[hv]?phantom|\\not(?![a-zA-Z])"
)
_INFINITE = re.compile(r"\\infty(?![a-zA-Z])")
_BOUND = re.compile(r"[,<>]|\\(?:lim|sum|prod|int|setminus|in|le|ge)(?![a-zA-Z])")  # beside these infinity is no number
# What the parser passes over or takes for a product: where two texts differ in it, their difference is not for it to find
_VECTOR = r"(?:\\(?:vec|hat|overrightarrow)\s*\{?\s*\w+\s*\}?|[A-Z])\s*\\times"
_INVERSE = r"[A-Z)]\^\s*\{?\s*-1\s*\}?\s*[A-Z(]|[A-Z]\s*[A-Z)]\^\s*\{?\s*-1"
_PASSED_OVER = {
    "places": re.compile(r"(?<![\\a-zA-Z_^])[a-zA-Z]+\s*\d+"),  # x2; 2 feet 3; 3R2; row 2 column 3
    "derivatives": re.compile(
        r".*\\frac\s*\{\s*(?:d|\\partial)[^{}]*\}\s*\{\s*(?:d|\\partial)\s*\\?[a-zA-Z].*"
    ),  # all are 0
    "limits": re.compile(r"\\lim_\s*\{[^{}]*\}(?=.*[a-zA-Z]_)"),  # of a_n it is a_n
    "brackets": re.compile(r"(?<!\\sqrt)\[(?!\s*\\begin)[^\[\]]*\]"),  # [x] may be the floor of x, E[X] a mean
    "powers in brackets": re.compile(r"[a-zA-Z]\^\s*\{\(\w+\)\}"),  # f^{(2)}
    "powers of functions": re.compile(r"(?<![\\a-zA-Z])(?:[a-zA-Z]\^\s*\{?-1\}?|[fg]\^\s*\{?\w\}?)\s*\("),  # f^{-1}(x)
    "calls": re.compile(r"(?<![\\a-zA-Z])[fF]\([^()]*\)"),  # f(2x) is no product
    "primes": re.compile(r"(?:[a-zA-Z)}\]]|\d+)'+(?:\([^()]*\))?"),
    "vectors": re.compile(rf".*(?:\\nabla|{_VECTOR}).*"),
    "matrices": re.compile(rf".*(?:{_INVERSE}|([A-Z])([A-Z])\b.*(?<![A-Z])\2\1\b).*"),
}
_PRIMED = re.compile(r"(?<![\\a-zA-Z])([a-zA-Z])('+)(?!\()")
_TOKEN = re.compile(r"\\[a-zA-Z]+|[a-zA-Z]")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{\w+\}")
_FREE = "qwtuvzspykmnblar"  # names for what the parser would confuse
_SUBSCRIPT = re.compile(r"_\s*\{?\s*" + TEXT + r"\s*\{")
_GLUED = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{3,}")
_PLAIN_FUNCTION = re.compile(r"(?<![\\a-zA-Z])(arcsin|arccos|arctan|sin|cos|tan|cot|sec|csc|log|ln|exp)(?=[\s(\d^])")
_FUNCTIONS = "sin cos tan cot sec csc log exp max min gcd lcm mod det sqrt arcsin arccos arctan sinh cosh tanh".split()


def equal(ours: str, theirs: str) -> tuple[bool | None, str]:
    """Compare two spelt answers of one part; return whether they are equal, None when undecided, and what decided."""
    ours, theirs = _told_apart(_prepared(ours), _prepared(theirs))
    if fault := _unreadable(ours, theirs):
        return None, fault
    announce.slow()
    from sympy.polys.polyerrors import BasePolynomialError

    try:
        return _decide(_parse(ours), _parse(theirs))
    except SyntaxError:
        return None, "syntax"
    except (*FOREIGN_ERRORS, BasePolynomialError) as error:
        return None, type(error).__name__


def _prepared(text: str) -> str:
    """Return a text with mixed numbers, angles in degrees and odd roots of negative numbers as a parser will read them."""
    text = _MIXED.sub(r"(\1+\2)", text)
    text = _PLAIN_FUNCTION.sub(r"\\\1", text)
    text = _TIMES_FRACTION.sub(r"\\cdot (", text)  # 2(\frac{1}{2}) would be 2 1/2
    text = _ODD_ROOT.sub(r"(-\\sqrt[\1]{\2})", text)
    return _ANGLE.sub(r"\1(\\frac{\2\\pi}{180})", text)


def _told_apart(ours: str, theirs: str) -> tuple[str, str]:
    """Return two texts in which R beside r, one unknown to the parser, has a name of its own, and so x' beside x.

    Only where both say both: R where the other says r is left to be undecided. A constant of integration is C or c.
    """
    if _of_integration(ours) and _of_integration(theirs):
        ours, theirs = (_TOKEN.sub(lambda m: "C" if m[0] == "c" else m[0], text) for text in (ours, theirs))
    letters = _letters(ours)
    if letters == _letters(theirs) and r"\mathbb" not in ours + theirs:
        free = [name for name in _FREE if not {name, name.upper()} & letters]
        capitals = sorted(letter for letter in letters if letter != letter.lower() and letter.lower() in letters)
        names = dict(zip(capitals, free, strict=False))
        ours, theirs = (_TOKEN.sub(lambda m: f" {names[m[0]]} " if m[0] in names else m[0], text) for text in (ours, theirs))
    ours, theirs = (_PRIMED.sub(lambda m: f"{m[1]}_{{9{len(m[2])}}}", text) for text in (ours, theirs))
    return ours, theirs


def _of_integration(text: str) -> bool:
    """Return whether c or C is an arbitrary constant: once, as a factor, in a sum with unknowns; no angle, no m c^2."""
    letters = _TOKEN.findall(text)
    if letters.count("c") + letters.count("C") != 1 or not set(letters) & {*"xytuvz", r"\theta"}:
        return False
    operand = re.search(r"\\(?!frac|cdot|times)[a-zA-Z]+\s*[({]?\s*[cC](?![a-zA-Z])|(?<![a-zA-Z])[cC]\s*[_^\d]", text)
    return operand is None and bool(re.search(r"[+-]", text[1:]))


def _letters(text: str) -> set[str]:
    """Return the letters of a text, and its commands, among which the Greek letters are."""
    return set(_TOKEN.findall(_ENVIRONMENT.sub(" ", text)))


def _unreadable(ours: str, theirs: str) -> str | None:
    """Return what the parser would pass over in silence, where the two sides differ in it."""
    if texts(_SUBSCRIPT.sub("{", ours + theirs)):
        return "words"  # they would become unknowns, and "2 feet 3 inches" a product
    if _glued(ours) != _glued(theirs):
        return "words"
    for fault, passed_over in _PASSED_OVER.items():
        found = [[m[0].replace(" ", "") for m in passed_over.finditer(text)] for text in (ours, theirs)]
        if (fault == "places" and found[0] != found[1]) or sorted(found[0]) != sorted(found[1]):
            return fault
    if re.search(r"[)}\]]'", ours + theirs):
        return "primes"  # (x+y)'
    if r"\circ" in ours + theirs:
        return "degrees"
    if match := _MISREAD.search(ours + " " + theirs):
        return f"misread: {match[0].strip()}"
    letters = _letters(ours) | _letters(theirs)
    if any(letter != letter.lower() and letter.lower() in letters for letter in letters):
        return "case"  # r and R are one unknown to the parser
    for text in (ours, theirs):
        if re.search(r"\d\s+\d", text) or re.search(r"\\approx(?![a-zA-Z])", text):
            return "spacing" if r"\approx" not in text else "approximate"
        if _INFINITE.search(text) and not _BOUND.search(text) and not re.fullmatch(r"[+-]?\s*\\infty\s*", text):
            return "infinity"  # the parser counts with it
    return None


def _glued(text: str) -> list[str]:
    """Return the runs of letters that a parser would take for products: "god" and "dog" are equal to it."""
    text = re.sub(r"\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+", " ", text)
    return sorted(word for word in _GLUED.findall(text) if word not in _FUNCTIONS)


def _parse(text: str) -> Any:
    """Return a sympy object. Raises SyntaxError where the text is no LaTeX as a whole."""
    from latex2sympy2_extended import NormalizationConfig, latex2sympy, normalize_latex  # 0.3 s, so only where needed
    from math_verify.grader import should_treat_as_complex

    plain = NormalizationConfig(basic_latex=True, units=False, malformed_operators=True, nits=False, boxed="none")
    normal = normalize_latex(text, plain)
    try:
        return latex2sympy(normal, is_real=not should_treat_as_complex(normal), normalization_config=None)
    except Exception as error:
        # latex2sympy 1.11.0 has no error class of its own: it says `raise Exception(...)` for what it cannot read, so no
        # narrower name exists. Anything of another class goes on as it is.
        if type(error) is not Exception:
            raise
        raise SyntaxError(str(error)[:100]) from error


def _decide(found: Any, expected: Any) -> tuple[bool | None, str]:
    import sympy
    from math_verify import verify
    from sympy.core.relational import Relational

    ours, theirs = _exact(found), _exact(expected)
    if isinstance(ours, sympy.MatrixBase) and isinstance(theirs, sympy.MatrixBase):
        return _decide_entries(ours, theirs), "entries"
    if _is_number(ours) and _is_number(theirs):
        return _zero(ours - theirs), "digits"
    if isinstance(ours, Relational) and isinstance(theirs, Relational) and _decimals(found, expected):
        left, right = ours.lhs - ours.rhs, theirs.lhs - theirs.rhs
        if type(ours) is not type(theirs) or not _agree_at_points(left, right):
            return None, "points"  # math-verify rounds decimals: 2x=0.3333333 would be 6x=2
    if not verify(expected, found, timeout_seconds=None, allow_set_relation_comp=True):
        return False, "math_verify"
    if isinstance(ours, sympy.Expr) and isinstance(theirs, sympy.Expr) and not _agree_at_points(ours, theirs):
        return False, "points"
    return True, "math_verify"


def _decide_entries(ours: Any, theirs: Any) -> bool | None:
    """Compare two matrices, entry by entry and so without rounding."""
    if ours.shape != theirs.shape:
        return False
    outcomes = [_decide(one, other)[0] for one, other in zip(ours, theirs, strict=True)]
    return False if False in outcomes else None if None in outcomes else True


def _decimals(*parsed: Any) -> bool:
    import sympy

    return any(part.atoms(sympy.Float) for part in parsed)


def _exact(parsed: Any) -> Any:
    """Return an expression with its decimals as the fractions that were written, e and i as constants."""
    import sympy

    if not isinstance(parsed, (sympy.Expr, sympy.core.relational.Relational)):
        return parsed
    decimals = {
        number: sympy.Rational(str(sympy.Float(number, max(15, _places(number))))) for number in parsed.atoms(sympy.Float)
    }
    constants = {symbol: sympy.I for symbol in parsed.free_symbols if symbol.name == "i" and not symbol.is_real}
    return parsed.xreplace(decimals | constants)


def _places(number: Any) -> int:
    """Return how many digits a decimal was written with: the parser keeps them all."""
    return int(number._prec / math.log2(10))


def _is_number(value: Any) -> bool:
    import sympy

    return (
        isinstance(value, sympy.Expr) and not value.free_symbols and bool(value.is_number) and value.is_finite is not False
    )


def _zero(difference: Any) -> bool | None:
    """Return whether a number is zero: for sure where a digit of it is found or it vanishes, else to SURE_DIGITS."""
    import sympy

    difference = difference.doit()
    if difference.is_zero is not None:
        return bool(difference.is_zero)
    value = sympy.N(difference, 2, maxn=SURE_DIGITS)
    parts = [part for part in value.as_real_imag() if part != 0]
    if not all(isinstance(part, sympy.Float) for part in parts):
        return None
    return all(part._prec == 1 for part in parts)


def _agree_at_points(ours: Any, theirs: Any) -> bool:
    """Return False where the two have values that differ once their unknowns have; where they have none, True."""
    import sympy

    names = sorted({symbol.name.lower() for symbol in ours.free_symbols | theirs.free_symbols})

    def at(expression: Any, start: int, below: int) -> Any:
        values = {s: sympy.Rational(start + 5 * names.index(s.name.lower()), below) for s in expression.free_symbols}
        return sympy.N(expression.subs(values), 30)

    for start, below in POINTS:
        left, right = at(ours, start, below), at(theirs, start, below)
        if left.is_finite and right.is_finite and left.is_number and right.is_number:
            scale = max(abs(left), abs(right))
            if scale and abs(left - right) > scale * sympy.Float(10) ** -20:
                return False
    return True
