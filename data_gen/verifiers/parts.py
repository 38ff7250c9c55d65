"""The parts of an answer: lists, sets, tuples, intervals and unions, so that each part is compared with its own.

    split("x=1 \\\\text{ or } x=2")    -> Parts("list", ("x=1", "x=2"))
    split("\\\\{1, 2\\\\}")             -> Parts("set", ("1", "2"), "{}")
    split("(p,q)=(3,2)")             -> Parts("tuple", ("3", "2"), "()", name="(p,q)")
    split("1<x\\\\le 2")               -> Parts("tuple", ("1", "2"), "(]", name="x")
    split("3\\\\pm\\\\sqrt{2}")          -> Parts("list", ("3+\\\\sqrt{2}", "3-\\\\sqrt{2}"))
    split("\\\\frac{1}{2}")            -> Parts("single", ("\\\\frac{1}{2}",))

Order counts in a tuple, not in a list, a set or a union; how many parts there are always counts.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from data_gen.verifiers.notation import TEXT, bare, split_outside, untexted
from data_gen.verifiers.relation import is_name

Equal = Callable[[str, str], bool | None]

THOUSANDS = re.compile(r"[+-]?(?:\\?\$ *)?\d{1,3}(?:,\d{3})+(?:\.\d+)?")  # one number, unless the other side is a list
MOST = 24  # parts; more are compared as text only, for each is compared with each
_JOINT = re.compile(r"\s*(?:,?\s*" + TEXT + r"\s*\{\s*,?\s*(?:and|or)\s*\}|[,;]?\s*\b(?:and|or)\b|[,;]|(?<=\d)or(?=[a-z]))")
_SEMICOLON = re.compile(r"\s*;")
_UNION = re.compile(r"\s*\\cup(?![a-zA-Z])")
_COMMA = re.compile(r"\s*,")
_NAMED = re.compile(r"(.*?)(?:=|\\in(?![a-zA-Z])|\\colon|:=?)\s*(?=[(\[]|\\\{|\\langle)", re.DOTALL)
_POINT = re.compile(r"[ABD-Z](?=\()")  # "P(1,2)"; C(5,2) is a number
_SIGN = r"(<|>|\\le(?![a-zA-Z])|\\ge(?![a-zA-Z]))"
_BETWEEN = re.compile(rf"([^<>=]+?)\s*{_SIGN}\s*([a-zA-Z](?:\([a-zA-Z]\))?)\s*{_SIGN}\s*([^<>=]+)")
_ONE_SIDED = re.compile(rf"([a-zA-Z])\s*{_SIGN}\s*([^<>=]+)")
_TURNED = re.compile(rf"([^<>=a-zA-Z]+)\s*{_SIGN}\s*([a-zA-Z])")
_TURN = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}
_SPOKEN = re.compile(r"\(?[a-zA-Z]\)?|[a-zA-Z]{2,}(?: [a-zA-Z]+)*")
_SAYS_MORE = re.compile(r"[<>=]|\\(?:le|ge|ne|in|not|text|begin|mathbb|infty|setminus|backslash)(?![a-zA-Z])")
_SETS = re.compile(r"[A-Z](?:\s*\\(?:cup|cap)\s*[A-Z])+")
_ASSIGNED = re.compile(r"\s*([a-zA-Z](?:_\{?\w+\}?)?)\s*=\s*(.+)", re.DOTALL)


@dataclass(frozen=True)
class Parts:
    """`kind` says what order and brackets mean; `name` is what stood before "=" or "in"."""

    kind: Literal["single", "list", "set", "union", "tuple"]
    items: tuple[str, ...]
    brackets: str = ""
    name: str = ""


def split(text: str) -> Parts:
    """Take a spelt answer apart."""
    text = text.strip()
    joint = _SEMICOLON if ";" in text and len(split_outside(text, _SEMICOLON)) > 1 else _JOINT
    pieces = [piece.strip() for piece in split_outside(text, joint)]
    pieces = [one for piece in pieces if piece for one in _both_signs(piece)]
    if len(pieces) > 1:
        return Parts("list", tuple(pieces))
    if interval := _interval(text):
        return interval
    name, body = "", text
    if (named := _NAMED.match(text)) and _names_parts(named[1]):
        name, body = bare(named[1]), text[named.end() :]
    elif point := _POINT.match(text):
        name, body = point[0], text[1:]
    unions = [piece.strip() for piece in split_outside(body, _UNION)]
    if len(unions) > 1:
        return Parts("union", tuple(unions), name=name)
    if body.startswith("\\{") and body.endswith("\\}") and _one_bracket(body):
        return Parts("set", tuple(one for item in _items(body[2:-2]) for one in _both_signs(item)), "{}", name)
    forgotten = body.startswith("{") and body.endswith("}") and _one_bracket(body) and not THOUSANDS.fullmatch(body[1:-1])
    if forgotten and len(items := _items(body[1:-1])) > 1:  # braces whose backslash was forgotten
        return Parts("set", tuple(items), "{}", name)
    if body.startswith("\\langle") and body.endswith("\\rangle"):
        return Parts("tuple", tuple(_items(body[7:-7])), "()", name)
    if body[:1] in ("(", "[") and body[-1:] in (")", "]") and _one_bracket(body):
        items = _items(body[1:-1])
        if len(items) > 1:
            return Parts("tuple", tuple(items), body[0] + body[-1], name)
    return Parts("single", (text,))


def _names_parts(text: str) -> bool:
    """Return whether what stands before "=" or "in" names what follows: x, A, (x,y); not x^2, -x or (2x,y)."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        return all(is_name(one) for one in text[1:-1].split(","))
    return not text or is_name(text) or bool(_SETS.fullmatch(text))


def _items(text: str) -> list[str]:
    """Return what stands between commas, or between semicolons where there are both: [1,2;3,4] has two rows."""
    rows = split_outside(text, _SEMICOLON)
    both = len(rows) > 1 and len(split_outside(text, _COMMA)) > 1
    return [piece.strip() for piece in (rows if both else split_outside(text, _JOINT)) if piece.strip()]


def _one_bracket(text: str) -> bool:
    """Return whether the bracket that opens a text is closed by its last character and not before."""
    depth = 0
    for match in re.finditer(r"\\[{}]|[()\[\]{}]", text):
        depth += 1 if match[0][-1] in "([{" else -1
        if depth == 0 and match.end() < len(text):
            return False
    return depth == 0


def _both_signs(piece: str) -> list[str]:
    """Return the two values of a text with one plus-minus sign, else the text."""
    if len(re.findall(r"\\(?:pm|mp)(?![a-zA-Z])", piece)) != 1:
        return [piece]
    plus = re.sub(r"\\(?:pm|mp)(?![a-zA-Z])\s*", "+", piece)
    minus = re.sub(r"\\(?:pm|mp)(?![a-zA-Z])\s*", "-", piece)
    return [re.sub(r"(^|[=(\[{])\+", r"\1", plus), minus]


def _interval(text: str) -> Parts | None:
    """Return the interval that an inequality of one unknown describes."""
    if match := _BETWEEN.fullmatch(text):
        low, first, name, second, high = match.groups()
        if first in (">", "\\ge"):
            low, first, second, high = high, _TURN[second], _TURN[first], low
        if not {first, second} <= {"<", "\\le"}:
            return None
        opening, closing = "(" if first == "<" else "[", ")" if second == "<" else "]"
        return Parts("tuple", (low.strip(), high.strip()), opening + closing, name)
    if match := _ONE_SIDED.fullmatch(text):
        name, sign, bound = match[1], match[2], match[3].strip()
    elif match := _TURNED.fullmatch(text):
        name, bound = match[3], match[1].strip()
        sign = _TURN[match[2]]
    else:
        return None
    if sign in ("<", "\\le"):
        return Parts("tuple", ("-\\infty", bound), "()" if sign == "<" else "(]", name)
    return Parts("tuple", (bound, "\\infty"), "()" if sign == ">" else "[)", name)


def compare_parts(ours: Parts, theirs: Parts, equal: Equal) -> bool | None:
    """Compare two answers of which at least one has several parts; None where their kinds cannot be told apart."""
    if ours.name and theirs.name and ours.name != theirs.name:
        return None
    if bool(ours.name) != bool(theirs.name) and _out_of_order(ours.name or theirs.name):
        return None  # (y,x) = (1,2) is not (1,2)
    named = [set(_names(ours)), set(_names(theirs))]
    if ours.kind == theirs.kind == "list" and max(map(len, named)) > 1 and named[0] != named[1]:
        return None  # "x=1, y=2" says more than "2, 1" and than "x=1, 2"
    kinds = {ours.kind, theirs.kind}
    if max(len(ours.items), len(theirs.items)) > MOST:
        return None
    if kinds == {"list", "tuple"}:
        return _assignments_as_tuple(ours, theirs, equal)
    if kinds == {"set", "single"}:
        braced, other = (ours, theirs) if ours.kind == "set" else (theirs, ours)
        if len(braced.items) == 1 and braced is ours:
            return False if other.items[0] == "\\emptyset" else equal(braced.items[0], other.items[0])
        return False if len(braced.items) > 1 else None
    if "single" in kinds or kinds == {"set", "tuple"} or ("union" in kinds and len(kinds) > 1):
        return None if "single" in kinds and _may_hold_parts(ours, theirs) else False
    if len(ours.items) != len(theirs.items):
        return False
    if kinds == {"tuple"}:
        if ours.brackets != theirs.brackets:
            return False if len(ours.items) == 2 else None
        return _all(equal(mine, other) for mine, other in zip(ours.items, theirs.items, strict=True))
    found = _matched(ours.items, theirs.items, equal)
    if found and kinds == {"list"} and spoken(ours) and spoken(theirs):
        return _all(equal(mine, other) for mine, other in zip(ours.items, theirs.items, strict=True)) or None
    return found


def spoken(parts: Parts) -> bool:
    """Return whether all parts are letters or words, whose order may be the answer: "C, A, B", "true, false"."""
    return all(_SPOKEN.fullmatch(untexted(item)) for item in parts.items)


def union_of(parts: Parts) -> Parts:
    """Return a list of inequalities of one unknown as the union of their intervals, else the list."""
    pieces = [_interval(item) for item in parts.items]
    names = {piece.name if piece else "" for piece in pieces}
    return Parts("union", parts.items, name=names.pop()) if len(names) == 1 and "" not in names else parts


def _out_of_order(name: str) -> bool:
    letters = re.findall(r"[a-zA-Z](?:_\{?\w+\}?)?", name) if name.startswith("(") else []
    return letters != sorted(letters)


def _names(parts: Parts) -> list[str]:
    return [match[1] for item in parts.items if (match := _ASSIGNED.fullmatch(item))]


def _may_hold_parts(ours: Parts, theirs: Parts) -> bool:
    """Return whether the single side may say several things in words, a relation or a command of its own."""
    single = ours if ours.kind == "single" else theirs
    return _SAYS_MORE.search(single.items[0]) is not None


def _assignments_as_tuple(ours: Parts, theirs: Parts, equal: Equal) -> bool | None:
    """Compare "x=1, y=2" with "(1,2)", where the names stand in the order of the alphabet, and "1,2,3" with "(1,2,3)"."""
    named, pair = (ours, theirs) if ours.kind == "list" else (theirs, ours)
    if len(named.items) == len(pair.items) > 2 and pair.brackets == "()":  # two might be an interval
        same = _all(equal(mine, other) for mine, other in zip(ours.items, theirs.items, strict=True))
        if same:
            return True
    assigned = [_ASSIGNED.fullmatch(item) for item in named.items]
    if not all(assigned):
        return None
    names, values = [match[1] for match in assigned if match], [match[2] for match in assigned if match]
    if sorted(set(names)) != names or len(values) != len(pair.items) or pair.brackets != "()":
        return None
    found = _all(
        equal(*((value, item) if named is ours else (item, value))) for value, item in zip(values, pair.items, strict=True)
    )
    return found or None


def _all(outcomes: Iterable[bool | None]) -> bool | None:
    """Return False where one is False, else None where one is None, else True."""
    seen = list(outcomes)
    return False if False in seen else None if None in seen else True


def _matched(ours: tuple[str, ...], theirs: tuple[str, ...], equal: Equal) -> bool | None:
    """Match parts one to one, whatever their order."""
    left, doubt = list(theirs), False
    for mine in ours:
        outcomes = []
        for place, other in enumerate(left):
            outcome = equal(mine, other)
            outcomes.append(outcome)
            if outcome:
                del left[place]
                break
        else:
            if None not in outcomes:
                return False
            doubt = True
    return None if doubt else True
