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

from data_gen.verifiers.extract import after_thinking

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`]*)[^\n`]*\n(?P<body>.*?)^[ \t]*(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_TAGS = ("", "python", "py", "python3")


class NotPython(Exception):
    """There are blocks of code, and none of them compiles. The message is the last one's fault."""


def program(text: str) -> str | None:
    """Return the program of an answer, or None where there is no block. Raises NotPython."""
    part = after_thinking(text)
    if part is None:
        return None
    fault: str | None = None
    blocks = [match for match in _FENCE.finditer(part.replace("\r\n", "\n")) if match["tag"].lower() in _TAGS]
    for block in reversed(blocks):
        source = textwrap.dedent(block["body"]) if block["indent"] else block["body"]
        try:
            tree = parsed(source)
        except NotPython as error:
            fault = fault or str(error)
            continue
        if block["tag"] or not _idle(tree):
            return source
    if fault is not None:
        raise NotPython(fault)
    return None


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a program that compiles. Raises NotPython with the line and the fault."""
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
