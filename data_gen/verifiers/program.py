"""Finding the program in an answer: the last fenced block that is Python, after the thinking part.

    program("So:\\n```python\\nprint(1)\\n```\\nIt prints `1`.")   -> "print(1)\\n"
    program("```\\nprint(1)\\n```\\nOutput:\\n```\\n1\\n```")        -> "print(1)\\n": a block that does nothing is none
    program("```python\\nprint(1\\n```")                        -> NotPython: there is a block, and it does not compile
    program("print(1)")                                      -> None: prose is not read

Blocks tagged python, py, python3 or not at all count; others, and a block that never closes, do not.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from data_gen.verifiers.extract import after_thinking

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`~]*)[^`~]*")
_TAGS = ("", "python", "py", "python3")
LONGEST = 200_000  # characters: compiling more takes seconds, and no answer to a problem is as long


class NotPython(Exception):
    """There are blocks of code, and none of them compiles. The message is the last one's fault."""


def program(text: str) -> str | None:
    """Return the program of an answer, or None where there is no block. Raises NotPython."""
    part = after_thinking(text)
    block = chosen(part) if part is not None else None
    return block.source if block else None


def chosen(part: str) -> "Block | None":
    """Return the block that is the program of a text without thinking, or None. Raises NotPython."""
    fault: str | None = None
    for block in reversed(list(blocks(part))):
        try:
            tree = parsed(block.source)
        except NotPython as error:
            fault = fault or str(error)
            continue
        if block.tag or not _idle(tree):
            return block
    if fault is not None:
        raise NotPython(fault)
    return None


class Block(NamedTuple):
    """A fenced block: the numbers of its first and last line, the marks, its tag, and the text between them."""

    first: int
    last: int
    tag: str
    source: str


def blocks(text: str) -> Iterator[Block]:
    """Yield every fenced block that may be Python and is closed."""
    return (block for block in fenced(text) if block.tag.lower() in _TAGS)


def fenced(text: str) -> Iterator[Block]:
    """Yield every fenced block that is closed, of whatever tag; line by line, in linear time."""
    opened: re.Match[str] | None = None
    held: list[str] = []
    first = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        mark = _FENCE.fullmatch(line) if line.lstrip(" \t")[:3] in ("```", "~~~") else None
        if mark is None:
            held.append(line)
        elif opened and not mark["tag"] and mark["fence"][0] == opened["fence"][0] and mark["fence"] >= opened["fence"]:
            content = "".join(f"{each}\n" for each in held)
            yield Block(first, number, opened["tag"], textwrap.dedent(content) if opened["indent"] else content)
            opened = None
        elif opened is None or (mark["tag"] and mark["fence"] == opened["fence"]):  # one that never closed ends at the next
            opened, held, first = mark, [], number
        else:
            held.append(line)


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a program that compiles. Raises NotPython with the line and the fault."""
    if len(source) > LONGEST:
        raise NotPython(f"longer than {LONGEST:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarning: invalid escape sequence
            tree = ast.parse(source)
            compile(source, "solution.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise NotPython(f"line {error.lineno}: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL byte, a lone surrogate, endless brackets
        raise NotPython(f"{type(error).__name__}: {error}") from error
    return tree


def _idle(tree: ast.Module) -> bool:
    """Return whether a block only states values: an example's output that happens to be Python."""
    return not any(
        isinstance(node, ast.Call | ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) for node in ast.walk(tree)
    )
