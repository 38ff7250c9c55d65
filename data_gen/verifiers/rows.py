"""Grading rows of files: a trace and its problem as they stand there, to the verdict's line as it will stand there.

    grade_row(trace_row, problem, Options(), grade, "math-5+...")   -> Graded("q1", 0, "correct", "5f2c…", '{"id": …}')

This runs in the workers, so that reading, hashing and writing are shared out too: the command that feeds them moves bytes.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from data_gen.records import Problem, Row, Trace, Verdict, dumps, graded_hash, graded_text, key
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.finding import Finding, Options


class Graded(NamedTuple):
    """One verdict, ready to be written: `tag` says what it is about, `line` is the row as JSON."""

    id: str
    sample: int
    reason: str
    tag: str
    line: str


class BadRow(Exception):
    """A row is no Trace, or the problem that it answers no Problem: `kind` says which, the message its id and faults."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def graded_of(replies: list[list[Any]]) -> list[Graded]:
    """Return the verdicts among the replies of a worker."""
    return [Graded(*reply) for reply in replies if len(reply) == len(Graded._fields)]


def check_rows(replies: list[list[Any]]) -> None:
    """Raise BadRow for the first reply that is no verdict."""
    for reply in replies:
        if len(reply) != len(Graded._fields):
            raise BadRow(*reply)


def answer_of(row: Row, problem: Problem | None, options: Options) -> Answer:
    """Return what is graded of a trace: the solution where it has one, by the problem's verifier; its thinking, which may
    stand beside the text, is searched for loops too."""
    text = graded_text(row)
    verifier: str = problem.verifier if problem else "unknown_problem"
    if verifier == "none" and problem and row.get("model") not in (None, problem.source):
        verifier = "not_from_the_source"  # accepted are the source's own answers, not what a teacher says
    gold = problem.gold if problem else {}
    whole = (row.get("reasoning") or "") + (row.get("text") or text)
    return Answer(row["id"], row.get("sample", 0), text, verifier, gold, options, whole)


def grade_row(
    trace: Row, problem: Problem | None, options: Options, grade: Callable[[Answer], Finding], version: str
) -> Graded:
    """Grade one row. Raises pydantic's ValidationError where it is no Trace."""
    row = Trace.model_validate(trace).row()
    started = time.perf_counter()
    finding = grade(answer_of(row, problem, options))
    return verdict_of(row, problem, options, finding, round(time.perf_counter() - started, 4), version)


def verdict_of(
    row: Row, problem: Problem | None, options: Options, finding: Finding, seconds: float, version: str
) -> Graded:
    """Return the verdict's line of a row that was graded, or whose grading came to nothing."""
    one, sample = key(row)
    tag = graded_hash(row, problem, options.math)
    verdict = Verdict(id=one, sample=sample, **vars(finding), seconds=seconds, verifier_version=version)
    return Graded(one, sample, finding.reason, tag, dumps(verdict.row() | {"graded": tag}))
