"""Is a program's output the expected one? The checkers that a problem's gold may name, after testlib's.

    compare("tokens", "3.0 7", "3.0000001\\n7")   -> True    integers exactly, 1e-6 where the expected token has a point
    compare("tokens", "1000000000", "1000000001") -> False
    compare("nyesno", "YES", "yes")               -> True
    compare("multiset", "1 2\\n3 4", "3 4\\n1 2")   -> True    lines in any order, or the tokens of each line
    compare("special", "2 3", "1 4")              -> None    several answers are right, and nobody here knows which

Order and multiplicity count everywhere else; nothing is rounded, cut or glued together. `same` compares what a function
returned: exact builtin types, floats within 1e-6 where a float is expected.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from data_gen.sandbox.values import Unknown

TOLERANCE = 1e-6
DEFAULT = "tokens"

_DECIMAL = re.compile(rb"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_FLOAT = re.compile(r"float:(\d+(?:\.\d+)?(?:[eE]-?\d+)?)")

Check = Callable[[str, str], bool | None]


def compare(checker: str, expected: str, found: str) -> bool | None:
    """Return whether `found` is right by the named checker, None where it cannot tell. Raises KeyError for no such name."""
    if match := _FLOAT.fullmatch(checker):
        return _near(_tokens_of(expected), _tokens_of(found), float(match[1]), _NUMBER)
    return CHECKERS[checker](expected, found)


def known(checker: Any) -> bool:
    """Return whether a gold's checker is one of those here."""
    return isinstance(checker, str) and (checker in CHECKERS or _FLOAT.fullmatch(checker) is not None)


def close(expected: float, found: float, tolerance: float = TOLERANCE) -> bool:
    """Return whether two numbers differ by no more than `tolerance`, absolute or relative to the expected one."""
    if not math.isfinite(expected) or (isinstance(found, int) and found.bit_length() > 1000):
        return False
    return abs(expected - found) <= tolerance * max(1.0, abs(expected))


def _tokens_of(text: str) -> list[bytes]:
    """Return what stands between ASCII white space; as bytes, for a text would also be split at a no-break space."""
    return text.encode("utf-8", "surrogatepass").split()


def _tokens(expected: str, found: str) -> bool:
    return _near(_tokens_of(expected), _tokens_of(found), TOLERANCE, _DECIMAL)


def _near(wanted: list[bytes], got: list[bytes], tolerance: float, numeric: re.Pattern[bytes]) -> bool:
    """Compare tokens: those that `numeric` describes with a tolerance, all others to the letter."""
    if wanted == got:
        return True
    return len(wanted) == len(got) and all(
        one == other
        or (
            numeric.fullmatch(one) is not None
            and _NUMBER.fullmatch(other) is not None
            and close(float(one), float(other), tolerance)
        )
        for one, other in zip(wanted, got, strict=True)
    )


def _lines(expected: str, found: str) -> bool:
    """Compare lines to the letter, but for white space at their ends and empty lines at the end."""
    wanted, got = ([line.rstrip(" \t\r") for line in text.rstrip(" \t\r\n").split("\n")] for text in (expected, found))
    return wanted == got


def _nyesno(expected: str, found: str) -> bool:
    wanted, got = _tokens_of(expected), _tokens_of(found)
    either = [token.lower() if token.lower() in (b"yes", b"no") else token for token in wanted]
    theirs = [token.lower() if token.lower() in (b"yes", b"no") else token for token in got]
    return _near(either, theirs, TOLERANCE, _DECIMAL)


def _multiset(expected: str, found: str) -> bool:
    """Compare lines in any order; or, line by line, the tokens of each in any order. Never tokens across lines."""
    wanted, got = ([tokens for line in text.split("\n") if (tokens := _tokens_of(line))] for text in (expected, found))
    if Counter(map(tuple, wanted)) == Counter(map(tuple, got)):
        return True
    return [Counter(line) for line in wanted] == [Counter(line) for line in got]


def _special(expected: str, found: str) -> bool | None:
    return _tokens(expected, found) or None


CHECKERS: dict[str, Check] = {
    "tokens": _tokens,
    "lines": _lines,
    "nyesno": _nyesno,
    "multiset": _multiset,
    "special": _special,
}


def compare_values(checker: str, expected: Any, found: Any) -> bool | None:
    """Return whether a returned value is the expected one. Texts are compared by the checker, the rest by `same`."""
    if isinstance(expected, str) and isinstance(found, str) and checker not in ("tokens", "special"):
        return compare(checker, expected, found)
    match = _FLOAT.fullmatch(checker)
    tolerance = float(match[1]) if match else TOLERANCE
    if same(expected, found, tolerance):
        return True
    if checker == "multiset" and isinstance(expected, list) and isinstance(found, list):
        return _same_in_any_order(expected, found)
    return None if checker == "special" else False


def same(expected: Any, found: Any, tolerance: float = TOLERANCE) -> bool:
    """Compare a value out of JSON with one that came back (`values.plain`): tuples are lists, and keys are texts."""
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return type(found) is type(expected) and found == expected
    if isinstance(expected, int):
        return type(found) is int and found == expected
    if isinstance(expected, float):
        return type(found) in (int, float) and close(expected, found, tolerance)
    if isinstance(expected, list):
        return (
            type(found) is list
            and len(found) == len(expected)
            and all(same(one, other, tolerance) for one, other in zip(expected, found, strict=True))
        )
    if isinstance(expected, dict) and type(found) is dict:
        return found.keys() == expected.keys() and all(same(value, found[key], tolerance) for key, value in expected.items())
    return False


def _same_in_any_order(expected: list[Any], found: list[Any]) -> bool:
    """Match each expected item with one that was found and is not taken yet."""
    if len(expected) != len(found) or any(isinstance(item, Unknown) for item in found):
        return False
    left = list(found)
    for item in expected:
        place = next((index for index, other in enumerate(left) if same(item, other)), None)
        if place is None:
            return False
        del left[place]
    return True
