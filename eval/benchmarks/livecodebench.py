"""`livecodebench`: contest problems with public and private tests. Release v2, which Sky-T1 was scored on, has 511.

    {"question_id": "abc301_a", "question_content": "...", "starter_code": "", "public_test_cases": "[{...}]",
     "private_test_cases": "eJx...", "metadata": "{}", "difficulty": "easy", ...}
    -> {"id": "livecodebench-abc301_a", "verifier": "code_tests", "gold": {"inputs": [...], "outputs": [...]}, ...}

A release holds those before it: v2 is test.jsonl (1.25 GB) and test2.jsonl (713 MB). Files of each release:
code_generation_lite.py of https://huggingface.co/datasets/livecodebench/code_generation_lite, where its own tag `v2` means
test2.jsonl alone and ours means its `release_v2`. Sizes: https://github.com/LiveCodeBench/LiveCodeBench, README.md.
Columns, encodings and the order of tests, public ones first: lcb_runner/benchmarks/code_generation.py there; a function's
arguments are one JSON value a line: lcb_runner/evaluation/testing_util.py.

Private tests are JSON, or base64 of zlib of a pickle of a text of JSON. The pickle is not loaded: its instructions are
read one by one, and any that is not about one text is refused, so nothing in it can run. Tests that cannot be decoded
stop the reading: a problem without them would pass everything.

`dates: {from: 2024-08-01, to: 2025-01-31}` keeps the problems of contests on those days, for scores on problems that are
newer than a model's data. Both days are in it; lcb_runner/benchmarks/code_generation.py there ends at the last's midnight.

`starter_code` is kept apart, in meta: runs such as `(self, nums: List[int]) -> int:` are common to unrelated problems,
and in the question they would count as contamination. Not covered: a file that is made to fill the memory.
"""

import base64
import datetime
import json
import pickletools
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from data_gen.cli import UserError
from data_gen.records import Problem, Row
from eval.benchmarks.published import asked, checked, first, named
from eval.config import Benchmark

FILES = ("test.jsonl", "test2.jsonl", "test3.jsonl", "test4.jsonl", "test5.jsonl", "test6.jsonl")
RELEASES = {f"v{n}": (FILES[:n], count) for n, count in enumerate((400, 511, 612, 713, 880, 1055), 1)}
ABOUT = ("question_title", "platform", "contest_id", "contest_date", "difficulty", "starter_code")
_TEXT = {"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_AROUND = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"}


def read(name: str, rows: Iterable[Row], benchmark: Benchmark) -> Iterator[Problem]:
    """Yield a problem a row. Raises UserError that names a problem whose tests cannot be decoded."""
    for number, row in enumerate(rows, 1):
        where = f"{name}: row {number}"
        key = first(row, ("question_id",), where)
        if benchmark.dates is not None and not benchmark.dates.hold(day(row, where)):
            continue
        try:
            tests = gold(row)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, zlib.error) as error:
            what = " ".join(str(error).split())[:120]
            raise UserError(f"{where} ({key}): its tests cannot be decoded: {type(error).__name__}: {what}") from error
        problem = Problem(
            id=named(name, key),
            source=name,
            domain="code",
            question=asked(row, ("question_content",), where).strip(),
            verifier="code_tests",
            gold=tests,
            meta={column: row[column] for column in ABOUT if row.get(column)},
        )
        yield checked(problem, where)


def day(row: Row, where: str) -> datetime.date:
    """Return the day of a problem's contest. Raises UserError where the row tells none."""
    told = str(first(row, ("contest_date",), where))
    try:
        return datetime.datetime.fromisoformat(told).date()
    except ValueError as error:
        raise UserError(f"{where}: contest_date: a day like 2023-09-01T00:00:00 is expected, not {told!r:.40}") from error


def gold(row: Row) -> dict[str, Any]:
    """Return all tests of a row as `code_tests` takes them. Raises ValueError, zlib.error and the like."""
    tests = [*json.loads(row["public_test_cases"]), *private(row["private_test_cases"])]
    name = json.loads(row.get("metadata") or "{}").get("func_name")
    kinds = {test["testtype"] for test in tests}
    if kinds != {"functional" if name else "stdin"}:
        raise ValueError(f"tests of kind {', '.join(sorted(kinds)) or 'none'}, func_name {name!r}")
    if not name:
        return {"inputs": [test["input"] for test in tests], "outputs": [test["output"] for test in tests]}
    inputs = [[json.loads(line) for line in test["input"].split("\n") if line.strip()] for test in tests]
    return {"fn_name": name, "inputs": inputs, "outputs": [json.loads(test["output"]) for test in tests]}


def private(column: str) -> list[dict[str, str]]:
    """Return the tests of a private column, whichever way they are written."""
    if not column.lstrip().startswith("["):
        column = pickled_text(zlib.decompress(base64.b64decode(column, validate=True)))
    tests: list[dict[str, str]] = json.loads(column)
    return tests


def pickled_text(pickle: bytes) -> str:
    """Return the one text that a pickle holds, without loading it. Raises ValueError where it holds anything else."""
    texts = []
    for opcode, value, _ in pickletools.genops(pickle):
        if opcode.name in _TEXT:
            texts.append(str(value))
        elif opcode.name not in _AROUND:
            raise ValueError(f"the pickle holds {opcode.name}, where only a text is expected")
    if len(texts) != 1:
        raise ValueError(f"the pickle holds {len(texts)} texts, where one is expected")
    return texts[0]
