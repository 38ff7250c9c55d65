"""The columns that APPS and TACO share: tests (`input_output`), reference programs (`solutions`) and starter code.

    tests_of('{"inputs": ["3\\n"], "outputs": ["6\\n"]}', "", 1)             -> stdin: as they are
    tests_of('{"inputs": [["3", "4"]], "outputs": [["7"]]}', "", 1)        -> stdin: lines joined, "3\\n4" and "7"
    tests_of('{"fn_name": "f", "inputs": [[3]], "outputs": [[6]]}', "def f(x):", 1)     -> call: outputs [6], unwrapped
    programs_of('["print(1)", "print 1"]')                              -> ["print(1)"]: Python 3 only

APPS's own grader takes a returned value for right if it equals the published output or its first element
(https://github.com/hendrycks/apps, eval/testing_util.py), because problems of Codewars have each output in a list of one
and those of LeetCode have it bare. Ours takes one value, so the list goes where every output of a problem has one
element, unless the starter code says that the function returns a list. Where that is wrong, the problem's own reference
programs fail and the self test sets it aside.

Not covered: dictionaries with integer keys, which JSON cannot hold and APPS's grader makes up again.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from data_gen.records import Problem, Row
from data_gen.sources.published_rows import question_of, text_of
from data_gen.sources.row_files import HugeInteger
from data_gen.sources.source import Dropped, Item
from data_gen.verifiers import gold
from data_gen.verifiers.program import NotPython, parsed
from data_gen.verifiers.self_test import MOST

_RETURNS_LIST = r"def\s+{name}\s*\([^)]*\)\s*->\s*['\"]?(?:Optional\[)?(?:typing\.)?(?:List|list|Tuple|tuple|Sequence)\b"


@dataclass(frozen=True)
class Origin:
    """A source's name, its licence, and the columns that go to `meta` where they hold something."""

    name: str
    license: str
    about: tuple[str, ...]


def item(key: str, origin: Origin, row: Row, least: int, meta: Row | None = None) -> Item:
    """Return what a row becomes; `meta` is kept with it. Reasons to drop it: those of `tests_of` and of `question_of`."""
    try:
        starter = text_of({"starter_code": None} | row, "starter_code")
        text = question(question_of(row, "question"), starter)
        tests = tests_of(row["input_output"], starter or text, least)
    except gold.Dropped as error:
        return Dropped(key, str(error))
    meta = (meta or {}) | {name: row[name] for name in origin.about if row.get(name)}
    if references := programs_of(row.get("solutions")):
        meta["reference_solutions"] = references
    return Problem(
        id=key,
        source=origin.name,
        domain="code",
        question=text,
        verifier="code_tests",
        gold=tests,
        license=origin.license,
        meta=meta,
    )


def tests_of(column: Any, code: str, least: int) -> dict[str, Any]:
    """Return a problem's gold out of its `input_output`; `code` is where its function is declared.

    Raises gold.Dropped: no_tests, few_tests (under `least`), huge_integer (over 4,300 digits, which Python does not read
    nor write as JSON), bad_tests (no JSON, lists of different lengths, no text where a text is needed).
    """
    given = _json(column)
    if not given:
        raise gold.Dropped("no_tests")
    if not isinstance(given, dict):
        raise gold.Dropped("bad_tests")
    if given is column and _huge(given):
        raise gold.Dropped("huge_integer")
    inputs, outputs = given.get("inputs"), given.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise gold.Dropped("bad_tests")
    if len(inputs) < least:
        raise gold.Dropped("few_tests" if inputs else "no_tests")
    name = given.get("fn_name")
    if not name:
        return {"inputs": [_text(each) for each in inputs], "outputs": [_text(each) for each in outputs]}
    if not isinstance(name, str) or not all(isinstance(each, list) for each in inputs):
        raise gold.Dropped("bad_tests")
    if _wrapped(outputs) and not re.search(_RETURNS_LIST.format(name=re.escape(name)), code):
        outputs = [output[0] for output in outputs]
    return {"fn_name": name, "inputs": inputs, "outputs": outputs}


def programs_of(column: Any) -> list[str]:
    """Return the first MOST different reference programs that compile: some of APPS's and TACO's are Python 2."""
    try:
        given = _json(column)
    except gold.Dropped:
        return []
    kept: list[str] = []
    for text in given if isinstance(given, list) else []:
        if len(kept) == MOST:
            break
        if isinstance(text, str) and text.strip() and text not in kept and _compiles(text):
            kept.append(text)
    return kept


def question(text: str, starter_code: str | None) -> str:
    """Return the question with the code that an answer has to begin with, unless it stands there already."""
    code = (starter_code or "").strip("\n").rstrip()
    if not code or code in text:
        return text.strip()
    return f"{text.strip()}\n\nStarter code:\n```python\n{code}\n```"


def _json(column: Any) -> Any:
    """Return what a column of JSON holds, or the value itself where a copy of the data has it parsed already."""
    if not isinstance(column, str) or not column.strip():
        return column or None
    try:
        return json.loads(column)
    except (json.JSONDecodeError, RecursionError) as error:
        raise gold.Dropped("bad_tests") from error
    except ValueError as error:
        raise gold.Dropped("huge_integer") from error


def _text(value: Any) -> str:
    """Return one test's input or output as it is read from or written to a stream."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str | int | float) for line in value):
        return "\n".join(map(str, value))
    raise gold.Dropped("bad_tests")


def _huge(value: Any) -> bool:
    """Return whether an integer stands in a parsed column that Python does not read."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, HugeInteger):
            return True
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return False


def _wrapped(outputs: list[Any]) -> bool:
    return all(isinstance(output, list) and len(output) == 1 for output in outputs)


def _compiles(text: str) -> bool:
    try:
        parsed(text)
    except NotPython:
        return False
    return True
