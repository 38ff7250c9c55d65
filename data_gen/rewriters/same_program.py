"""Is a rewrite's program the trace's own, statement for statement?

    same_program("print(1)\\n", "So:\\n```python\\nprint( 1 )  # one\\n```")   -> True
    same_program("print(2)\\n", "So:\\n```python\\nprint(1)\\n```")            -> False
    same_program("print(1)\\n", "So the program is\\n\\nprint(1)")            -> True: what was unfenced may be fenced

Where the trace holds fenced programs, the rewrite's has the syntax tree of the last one (comments, docstrings and layout
aside), or of the last one that is not an example of the use of another. Without any, or in what comes after the last,
every line of it that is more than a comment stands in the trace, in order; no line of code is left out between them or next
to them; no other program comes after; and the trace's indentation says the same program. Where the trace's lines are all
indented alike and no program as they stand, their indentation was lost, and the rewrite's is taken.

Not covered: a program that the trace gives in pieces, and the rewrite puts together, is refused. Lost indentation that is
restored otherwise than its author meant is not.
"""

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator

from data_gen.verifiers.program import Block, NotPython, blocks, chosen, parsed

_COMMENT = re.compile(r"\s*#[^'\"]*$")
_MARKS = re.compile(r"[-=*_#\s]*|[`~]{3,}\s*\w*")
_WORD = re.compile(r"[^\W\d_]{2}")
_CLAUSE = re.compile(r"(?:else|elif|except|finally|case)\b.*:|@\w.*|from\s+[\w.]+\s+import\b.*")
_BEGINNINGS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.With, ast.Try)
LONGEST_LINE = 2000  # characters; a longer one is no statement that a repair would leave out


def same_program(program: str, trace: str) -> bool:
    """Return whether the source of a rewrite's program is that of the program in the whole text of the trace."""
    fenced = list(_programs(trace))
    ours = _tree(program)
    if ours is not None and any(_shape(tree) == _shape(ours) for tree in _last(fenced)):
        return True
    first = fenced[-1][0].last + 1 if fenced else 0
    return _stands_in(program, _lines(trace)[first:])


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def _programs(text: str) -> Iterator[tuple[Block, ast.Module]]:
    """Yield the fenced blocks that are programs."""
    lines = _lines(text)
    for block in blocks(text):
        try:
            if chosen("\n".join(lines[block.first : block.last + 1])):
                yield block, parsed(block.source)
        except NotPython:
            continue


def _tree(source: str) -> ast.Module | None:
    try:
        return parsed(source)
    except NotPython:
        return None


def _last(fenced: list[tuple[Block, ast.Module]]) -> list[ast.Module]:
    """Return the last program, and the last that does not call what only an earlier one defines."""
    defined: set[str] = set()
    whole: ast.Module | None = None
    for _, tree in fenced:
        if whole is None or not _foreign(tree) & defined:
            whole = tree
        defined |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return [fenced[-1][1], whole] if whole is not None else []


def _foreign(tree: ast.Module) -> set[str]:
    """Return the names that a program uses and neither assigns, defines nor imports."""
    used: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.alias):
            own.add(node.asname or node.name.partition(".")[0])
    return used - own


def _shape(tree: ast.Module) -> list[object]:
    """Return what a program says: its nodes and values in order. A list, because `ast.dump` recurses: long sums break it."""
    found: list[object] = []
    pending: list[object] = [tree]
    while pending:
        item = pending.pop()
        if isinstance(item, ast.AST):
            found.append(type(item))
            documented = isinstance(item, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for name, value in ast.iter_fields(item):
                pending.append(value[1:] if documented and name == "body" and _is_docstring(value) else value)
        elif isinstance(item, list):
            found.append(len(item))
            pending.extend(item)
        else:
            found.append((type(item), item))
    return found


def _is_docstring(body: list[ast.stmt]) -> bool:
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _stands_in(program: str, lines: list[str]) -> bool:
    """Return whether the lines of a program are, in order, the last program that unfenced lines hold."""
    said = [_code(line) for line in lines]
    places: list[int] = []
    place = len(lines)
    wanted = [line for line in _lines(program) if _code(line)]
    for line in reversed(wanted):  # from the end: of two drafts the later one is the trace's program
        place = next((number for number in range(place - 1, -1, -1) if said[number] == _code(line)), -1)
        if place < 0:
            return False
        places.append(place)
    places.reverse()
    if not places:
        return False
    before, after = lines[: places[0]], lines[places[-1] + 1 :]
    left_out = [lines[number] for number in sorted(set(range(places[0], places[-1])).difference(places))]
    if any(_is_code(line) for line in [*left_out, _nearest(reversed(before)), _nearest(after)]):
        return False
    if any(_begins_program(line) for line in after):
        return False
    return _indented_alike(wanted, [lines[number] for number in places])


def _nearest(lines: Iterable[str]) -> str:
    """Return the first line that is more than a comment or a mark, "" where there is none."""
    return next((line for line in lines if _code(line) and not _MARKS.fullmatch(line.strip())), "")


def _code(line: str) -> str:
    """Return a line without its comment, its indentation, and more than one space at a time."""
    return " ".join(_COMMENT.sub("", line).split())


def _indented_alike(ours: list[str], theirs: list[str]) -> bool:
    before, after = (textwrap.dedent("\n".join(line.expandtabs() for line in lines)) for lines in (theirs, ours))
    trees = _tree(before), _tree(after)
    if trees[0] is not None:
        return trees[1] is not None and _shape(trees[0]) == _shape(trees[1])
    flat = not any(line[:1].isspace() for line in before.split("\n"))
    return flat or before == after


def _is_code(line: str) -> bool:
    """Return whether a line between the lines of a program belongs to it: it is no prose, no comment and no mark."""
    text = _COMMENT.sub("", line).strip()
    if not text or _MARKS.fullmatch(text):
        return False
    if not _WORD.search(text) or text[0] in "\"')]}" or text[-1] in "([{\\+*/=&|" or _CLAUSE.fullmatch(text):
        return True
    found = _statement(text)
    if isinstance(found, ast.Expr):  # "Then", "yes or no"
        return any(isinstance(node, ast.Call | ast.Subscript | ast.Attribute | ast.BinOp) for node in ast.walk(found))
    return found is not None and not (isinstance(found, ast.AnnAssign) and found.value is None)  # "Output: 5"


def _begins_program(line: str) -> bool:
    return isinstance(_statement(line.strip()), _BEGINNINGS)


def _statement(text: str) -> ast.stmt | None:
    """Return the statement that a line is, or begins; None for prose."""
    if len(text) > LONGEST_LINE:
        return None
    body = f"{text} pass" if text.endswith(":") else text
    tree = _tree(f"def f():\n while 1:\n  {body}\n")  # so that `return` and `break` compile
    if tree is None or not isinstance(tree.body[0], ast.FunctionDef) or not isinstance(tree.body[0].body[0], ast.While):
        return None
    return tree.body[0].body[0].body[0]
