"""How values cross between processes: as JSON of builtin types, so that no foreign code runs where they are compared.

    encode((1, [2.5, "x"]))        -> {"tuple": [1, {"list": [2.5, "x"]}]}
    decode({"set": [1, 2]})        -> {1, 2}

Only exact builtin types are taken, no subclass of them. Containers of `collections` and numpy's scalars and arrays are
taken by their content: what a program sends of them is its own claim anyway. Anything else becomes an `Unknown`, which
equals nothing but itself.
"""

import collections
from typing import Any

DEEPEST = 200
LONG = 10_000  # bits; Python reads and prints no decimal integer of more than 4,300 digits

_SEQUENCES: dict[type, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset", collections.deque: "deque"}
_MAKERS: dict[str, Any] = {name: kind for kind, name in _SEQUENCES.items()}
_MAPPINGS = (dict, collections.defaultdict, collections.Counter, collections.OrderedDict)


class Unknown:
    """A value of a type that does not cross."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<a {self.kind}, no builtin type>"


def encode(value: Any, depth: int = 0) -> Any:
    """Return `value` as JSON would hold it. Raises ValueError where it is nested too deeply."""
    kind = type(value)
    if value is None or kind in (bool, str, float):
        return value
    if kind is int:
        return value if value.bit_length() <= LONG else {"int": hex(value)}
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if kind in _SEQUENCES:
        return {_SEQUENCES[kind]: [encode(item, depth + 1) for item in value]}
    if kind in _MAPPINGS:
        return {"dict": [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in value.items()]}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind in (bytes, bytearray):
        return {kind.__name__: value.hex()}
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return encode(value.tolist(), depth + 1)
    return {"unknown": f"{kind.__module__}.{kind.__qualname__}"}


class AnyOrder(list[Any]):
    """The items of a set that came back from a program."""


def plain(value: Any) -> Any:
    """Return what `encode` was given as a judge may hold it: lists, dicts with text keys, AnyOrder, no set of the program's.

    A set or dict of a hostile program's choice could be made of colliding numbers, which take for ever to put together.
    Raises ValueError, TypeError or LookupError on anything that `encode` does not write.
    """
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise ValueError("a bare list")
        return value
    ((kind, content),) = value.items()
    if kind in ("list", "tuple"):
        return [plain(item) for item in content]
    if kind in ("set", "frozenset"):
        return AnyOrder(plain(item) for item in content)
    if kind == "dict":
        texts = [str(key) for key, _ in content if isinstance(key, str | int)]
        if len(set(texts)) != len(content):
            return Unknown("dict with other keys than texts and integers")
        return {str(key): plain(item) for key, item in content}
    if kind == "int":
        return int(content, 16)
    return Unknown(str(content) if kind == "unknown" else str(kind))


def decode(value: Any) -> Any:
    """Return the value that `encode` was given. Raises ValueError, TypeError or LookupError on anything else."""
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise ValueError("a bare list")
        return value
    ((kind, content),) = value.items()
    if kind in _MAKERS:
        return _MAKERS[kind](map(decode, content))
    if kind == "dict":
        return {decode(key): decode(item) for key, item in content}
    if kind == "int":
        return int(content, 16)
    if kind == "complex":
        return complex(*content)
    if kind == "bytes":
        return bytes.fromhex(content)
    if kind == "bytearray":
        return bytearray.fromhex(content)
    if kind == "unknown":
        return Unknown(str(content))
    raise ValueError(f"no such kind: {kind}")
