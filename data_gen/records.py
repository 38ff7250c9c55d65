"""The records that stages pass to each other, and how they are read from JSON Lines.

One object a line, UTF-8, unknown keys kept. A problem and its trace:

    {"id": "file-1", "source": "file", "domain": "math", "question": "What is 1/4 + 1/4?", "verifier": "math_answer",
     "gold": {"answer": "\\\\frac{1}{2}"}, "difficulty": null, "license": "CC0-1.0", "meta": {}}
    {"id": "file-1", "sample": 0, "text": "1/4 + 1/4 = 2/4. \\\\boxed{1/2}", "reasoning": null, "finish_reason": "stop", ...}
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data_gen.cli import UserError

Domain = Literal["math", "code", "science", "puzzle"]
Verifier = Literal["math_answer", "code_tests", "choice", "none"]
Reason = Literal[
    "correct",
    "wrong",
    "no_answer",
    "bad_gold",
    "timeout",
    "memory",
    "crash",
    "output_limit",
    "compile",
    "undecided",
    "infra",
    "malformed",
    "truncated",
    "repetition",
]
REASONS: tuple[str, ...] = get_args(Reason)
Row = dict[str, Any]
R = TypeVar("R", bound="Record")


class Record(BaseModel):
    """A JSON object whose unknown keys are kept."""

    model_config = ConfigDict(extra="allow")

    def row(self) -> Row:
        """Return the record as a plain object, ready for JSON."""
        return self.model_dump(mode="json")


class Problem(Record):
    """A question, and what its verifier needs to check an answer. `id` is stable across runs."""

    id: str = Field(min_length=1)
    source: str
    domain: Domain
    question: str = Field(min_length=1)
    verifier: Verifier
    gold: dict[str, Any]
    difficulty: float | None = None
    license: str | None = None
    meta: dict[str, Any] = Field(default_factory=dict)


class Usage(Record):
    """Tokens of one request, as the endpoint counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Trace(Record):
    """One complete answer of a teacher. A response that failed in any way is a `Failure`, never a Trace."""

    id: str
    sample: int = 0
    text: str
    reasoning: str | None = None
    finish_reason: str | None = None
    model: str | None = None
    usage: Usage = Field(default_factory=Usage)
    request: str | None = None
    seconds: float | None = None
    wasted: Usage | None = None  # of attempts before this answer that gave none and were paid for all the same


class Failure(Record):
    """A request that gave no trace. Final ones are not asked again, transient ones are, by the next run."""

    id: str
    sample: int = 0
    request: str
    error: str
    detail: str
    attempts: int
    final: bool
    usage: Usage = Field(default_factory=Usage)  # what it cost all the same: an answer cut at max_tokens is paid for


class Verdict(Record):
    """What a verifier found. `ok` is None when it could not decide: neither accepted nor counted as wrong."""

    id: str
    sample: int = 0
    ok: bool | None
    reason: Reason
    extracted: str | None = None
    tier: str | None = None
    tests_passed: int | None = None
    tests_total: int | None = None
    seconds: float = 0.0
    sandbox: str | None = None
    detail: str | None = None  # of a program: the first test that failed, and how
    verifier_version: str
    graded: str | None = None  # hash of the graded text, the gold and the mode: what this verdict is about


def dumps(row: Row) -> str:
    """Return `row` as one line of JSON. Lone surrogates, which UTF-8 cannot hold, are replaced."""
    line = json.dumps(row, ensure_ascii=False)
    return line.encode("utf-8", "replace").decode()


def read_rows(path: str | Path) -> Iterator[Row]:
    """Yield the objects of a JSON Lines file, packed (.gz) or not. Raises UserError that names a bad row."""
    for number, line in numbered_lines(Path(path)):
        yield row_of(Path(path), number, line)


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers. Raises UserError for a missing file and a torn .gz."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UserError(f"{path}: a torn .gz file: {error}; fetch or write it again") from error


def row_of(path: Path, number: int, line: bytes, parse_int: Callable[[str], Any] | None = None) -> Row:
    """Return the object of one line; `parse_int` reads its integers. Raises UserError that names file and line."""
    try:
        row = json.loads(line, parse_int=parse_int)
    except RecursionError as error:
        raise UserError(f"{path}:{number}: nested too deep to be read; mend or delete that line") from error
    except ValueError as error:  # no JSON, no UTF-8, or an integer of thousands of digits
        torn = " (the line is torn: the file was cut off while it was written)" if line[-1:] != b"\n" else ""
        raise UserError(f"{path}:{number}: not JSON: {error}{torn}; mend or delete that line") from error
    if not isinstance(row, dict):
        raise UserError(f"{path}:{number}: a JSON object is expected, not {type(row).__name__}")
    return row


def read_records(path: str | Path, kind: type[R]) -> Iterator[R]:
    """Yield the file's objects as `kind`. Raises UserError that names file, line and every faulty key of that line."""
    for row, (number, line) in enumerate(numbered_lines(Path(path)), 1):
        yield record_of(kind, line, Path(path), number, row)


def record_of(kind: type[R], line: bytes, path: Path, number: int, row: int) -> R:
    """Return a line as `kind`. Raises UserError that names file, line, row and every faulty key."""
    try:
        return kind.model_validate_json(line)
    except ValidationError:  # to be told below; and what Python reads and this parser does not, such as lone surrogates
        try:
            return kind.model_validate(row_of(path, number, line))
        except ValidationError as error:
            raise UserError(f"{path}: row {row} is not a {kind.__name__}: {faults_of(error)}") from error


def faults_of(error: ValidationError) -> str:
    """Return every faulty key of a row with what is wrong with it."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


def key(row: Row) -> tuple[str, int]:
    """Return (id, sample), which names a row within every stage file."""
    return row["id"], row.get("sample", 0)


def graded_text(row: Row) -> str:
    """Return what a verifier reads of a trace: the solution where it has one, else the text."""
    return str(row.get("solution") or row.get("text") or "")


def graded_hash(row: Row, problem: Problem | None, mode: str) -> str:
    """Return a hash of everything that a verdict is about, so that one of another text or gold is never used."""
    about = [graded_text(row), row.get("model"), problem and [problem.verifier, problem.gold, problem.source], mode]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
