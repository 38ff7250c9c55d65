"""Which answers may be trained on: rewritten traces with their verdicts, question by question, the wanted ones picked.

    for row in candidates(run, recipe, tally): ...
    -> {"id": "file-1", "sample": 2, "source": "file", "domain": "math", ..., "pass_rate": 0.75, "user": "...", ...}

Reads problems, rewritten traces and verdicts side by side, all sorted by (id, sample): the rows of one question are held at
a time. Keeps what was decided right (everything whole, where the recipe switches verification off), picks `per_question`
samples, and checks duplicates and contamination once more, whatever made the files before.
"""

import random
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from data_gen.cli import UserError
from data_gen.dedup import Duplicates, load_contamination
from data_gen.prompts import question
from data_gen.recipe import Recipe
from data_gen.records import Problem, Row, Trace, Verdict, graded_hash, read_records
from data_gen.run_folder import Run
from data_gen.sections import thought_solution
from data_gen.tally import Tally

S = TypeVar("S", Problem, Trace, Verdict, "Rewritten")


class Rewritten(Trace):
    """A trace as rewrite writes it."""

    thought: str
    solution: str
    rewriter: str


def candidates(run: Run, recipe: Recipe, tally: Tally) -> Iterator[Row]:
    """Yield the picked rows of every question, sorted by (id, sample); what is dropped is counted in `tally`."""
    duplicates = Duplicates(recipe.dedup.exact, None)
    contamination = load_contamination(run, recipe.decontaminate)
    problems = _sorted(run.problems, Problem)
    for one, group in groupby(_graded(run), key=lambda pair: pair[0].id):
        problem = next((problem for problem in problems if problem.id >= one), None)
        if problem is None or problem.id != one:
            raise UserError(f"{run.rewritten}: {one}: no such problem in {run.problems.name}; run rewrite again")
        rows = [_row(trace, problem, verdict, run, recipe.verify.math) for trace, verdict in group]
        picked = _picked(rows, recipe, tally)
        why = "duplicate" if duplicates.of(problem) else "contaminated" if contamination.of(problem.question) else None
        if why:
            tally.drop(why, problem.source, len(picked))
        else:
            yield from picked


def _graded(run: Run) -> Iterator[tuple[Rewritten, Verdict]]:
    """Yield every rewritten trace with its verdict. Raises UserError where one has none."""
    verdicts = _sorted(run.verdicts, Verdict)
    verdict = next(verdicts, None)
    for trace in _sorted(run.rewritten, Rewritten):
        while verdict is not None and _key(verdict) < _key(trace):
            verdict = next(verdicts, None)
        if verdict is None or _key(verdict) != _key(trace):
            raise _no_verdict(run, trace)
        yield trace, verdict


def _no_verdict(run: Run, trace: Trace) -> UserError:
    return UserError(
        f"{run.verdicts}: no verdict on the present text of {trace.id}, sample {trace.sample}; run verify again"
    )


def _key(record: Trace | Verdict) -> tuple[str, int]:
    return record.id, record.sample


def _sorted(path: Path, kind: type[S]) -> Iterator[S]:
    """Yield a stage file's rows. Raises UserError where they are not sorted, each (id, sample) once."""
    before: tuple[str, int] = ("", -1)
    for row in read_records(path, kind):
        now = row.id, getattr(row, "sample", 0)
        if now <= before:
            raise UserError(f"{path}: {now[0]}, sample {now[1]}, is not in its place: run the stage that writes it again")
        before = now
        yield row


def _row(trace: Rewritten, problem: Problem, verdict: Verdict, run: Run, math: str) -> Row:
    """Return a row of the mixture. Raises UserError where the verdict is about another text or gold."""
    if verdict.graded != graded_hash({"solution": trace.solution, "model": trace.model}, problem, math):
        raise _no_verdict(run, trace)
    return {
        "id": trace.id,
        "sample": trace.sample,
        "source": problem.source,
        "domain": problem.domain,
        "license": problem.license,
        "teacher": trace.model,
        "rewriter": trace.rewriter,
        "ok": verdict.ok,
        "reason": verdict.reason,
        "tier": verdict.tier,
        "difficulty": problem.difficulty,
        "tokens": None,
        "user": question(problem),
        "assistant": thought_solution(trace.thought, trace.solution),
    }


def _picked(rows: list[Row], recipe: Recipe, tally: Tally) -> list[Row]:
    """Return the accepted rows of one question that are wanted, each with the question's pass rate, sorted by sample."""
    rate = round(sum(row["ok"] is True for row in rows) / len(rows), 4)
    accepted = []
    for row in rows:
        row["pass_rate"] = rate
        if row["ok"] is True or not recipe.verify.enabled:
            accepted.append(row)
        else:
            tally.drop(row["reason"], row["source"])
    rng = random.Random(f"{recipe.seed}/{rows[0]['id']}")
    best = _ordered(accepted, recipe.mix.pick, rng)[: recipe.mix.per_question]
    if len(best) < len(accepted):
        tally.drop("not_picked", rows[0]["source"], len(accepted) - len(best))
    return sorted(best, key=lambda row: int(row["sample"]))


def _ordered(rows: list[Row], how: str, rng: random.Random) -> list[Row]:
    """Return the rows of one question, the wanted ones first. Length is that of the answer in characters."""
    if how == "random":
        return rng.sample(rows, len(rows))
    return sorted(rows, key=lambda row: len(row["assistant"]), reverse=how == "longest")
