"""What is known of a published benchmark, and what its readers share.

    PublishedSet("HuggingFaceH4/MATH-500", ("test.jsonl",), 500, read)   where it lies, its data files, its size, its reader
    first(row, ("answer", "expected_answer"), "math500: row 3")          the value of the first column that is there
    asked(row, ("problem",), "math500: row 3")                           the same, and it must be a text with words in it

A reader takes the benchmark's name, its rows and its keys in eval.yaml, and yields a Problem a row: it drops none. A row
that gives no question or no usable reference raises UserError, for a benchmark of fewer questions is another benchmark.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_gen.cli import UserError
from data_gen.records import Problem, Row
from data_gen.verifiers.gold import gold_fault
from eval.config import Benchmark

Reader = Callable[[str, Iterable[Row], Benchmark], Iterator[Problem]]


@dataclass(frozen=True)
class PublishedSet:
    """Where a benchmark is published, how many problems it has there, and how its rows become Problems.

    `samples` is how many answers a problem gets where eval.yaml does not say: many on small sets, whose interval is wide,
    few on large ones. `releases` are further choices of files by name, each with its own size; `dated` ones know each
    problem's day.
    """

    repo: str
    files: tuple[str, ...]
    count: int
    read: Reader
    samples: int
    dated: bool = False
    releases: dict[str, tuple[tuple[str, ...], int]] = field(default_factory=dict)


def first(row: Row, columns: Sequence[str], where: str) -> Any:
    """Return the value of the first of `columns` that the row has. Raises UserError where it has none of them."""
    for column in columns:
        if row.get(column) is not None:
            return row[column]
    there = ", ".join(map(str, row))
    raise UserError(f"{where}: no {' or '.join(columns)}; there are: {there}; name yours: `columns: {{{columns[0]}: …}}`")


def asked(row: Row, columns: Sequence[str], where: str) -> str:
    """Return the text of the first of `columns` that the row has. Raises UserError where it is blank or no text."""
    text = first(row, columns, where)
    if not isinstance(text, str) or not text.strip():
        there = next(column for column in columns if row.get(column) is not None)
        raise UserError(f"{where}: {there}: a text is expected, not {text!r:.80}")
    return text


def named(benchmark: str, key: object) -> str:
    """Return a problem's id: the benchmark's name and the published key, which may begin with that name already."""
    text = str(key).strip()
    return text if text.startswith(f"{benchmark}-") else f"{benchmark}-{text}"


def checked(problem: Problem, where: str) -> Problem:
    """Return the problem. Raises UserError where its verifier could not grade a single answer."""
    if fault := gold_fault(problem):
        raise UserError(f"{where} ({problem.id}): {fault}")
    return problem
