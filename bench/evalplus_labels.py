"""evalplus as we run it, beside labels: its own reference solutions, and programs of models whose verdict was published.

    python -m bench.evalplus_labels --tasks=HumanEvalPlus.jsonl.gz                       # every reference solution passes?
    python -m bench.evalplus_labels --tasks=HumanEvalPlus.jsonl.gz --own                 # and our own verifier, base tests
    python -m bench.evalplus_labels --tasks=MbppPlus.jsonl.gz --labelled=labelled.jsonl.gz

    | programs | base agree | plus agree | accepted, labelled wrong | refused, labelled right |

A labelled row: {"dataset": "humaneval", "model", "task_id", "solution", "base_status", "plus_status"}. Right is what
passes base and plus tests. What differs is listed. evalplus runs in the sandbox's second profile; its limits are by the
clock, so a busy machine finds more that are too slow.
"""

import itertools
import os
from pathlib import Path

from bench.recorded_answers import Case
from data_gen.cli import UserError, command
from data_gen.records import Problem, Row, read_rows
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.pool import Grader
from eval.benchmarks.evalplus_rows import read
from eval.config import Benchmark
from eval.evalplus_sets import PASS, Statuses, evaluate, required

SHOWN = 20


def main(tasks: str, labelled: str | None = None, own: bool = False, workers: int | None = None) -> None:
    """Print how evalplus's verdicts compare with labels; without --labelled on the reference solutions of --tasks."""
    required()
    rows = tasks_of(Path(tasks))
    count = workers or max(1, (os.cpu_count() or 1) // 2)
    if own:
        print_own(rows)
    else:
        print_agreement(labels(Path(labelled), rows) if labelled else references(rows), rows, count)


def tasks_of(path: Path) -> dict[str, Row]:
    """Return the tasks of one of evalplus's files by their ids."""
    return {row["task_id"]: row for row in read_rows(path)}


def references(rows: dict[str, Row]) -> list[Row]:
    """Return every task's own solution, labelled as right."""
    right = {"model": "reference", "base_status": PASS, "plus_status": PASS}
    return [right | {"task_id": one, "solution": row["prompt"] + row["canonical_solution"]} for one, row in rows.items()]


def labels(path: Path, rows: dict[str, Row]) -> list[Row]:
    """Return the labelled programs of the tasks at hand. Raises UserError where there are none."""
    found = [row for row in read_rows(path) if row["task_id"] in rows]
    if not found:
        raise UserError(f"{path}: no program there answers one of the tasks")
    return found


def found_by_evalplus(programs: list[Row], rows: dict[str, Row], workers: int) -> list[tuple[Row, Statuses]]:
    """Run evalplus on the programs and return each with its statuses."""
    statuses = evaluate(rows, [(row["task_id"], row["solution"]) for row in programs], workers)
    return list(zip(programs, statuses, strict=True))


def cases(programs: list[Row], rows: dict[str, Row], workers: int) -> list[Case]:
    """Return a case a program, with both statuses: right is what passes base and plus tests."""
    return [_case(row, statuses) for row, statuses in found_by_evalplus(programs, rows, workers)]


def _case(row: Row, statuses: Statuses) -> Case:
    label = row["base_status"] == row["plus_status"] == PASS
    found = f"{'/'.join(statuses)}, labelled {row['base_status']}/{row['plus_status']}"
    return Case(row["task_id"], row["model"], label, statuses == (PASS, PASS), found)


def print_agreement(programs: list[Row], rows: dict[str, Row], workers: int) -> None:
    """Run evalplus on the programs and print a line of agreement, then what differs."""
    pairs = found_by_evalplus(programs, rows, workers)
    base = sum((row["base_status"] == PASS) == (found[0] == PASS) for row, found in pairs)
    differing = [case for case in itertools.starmap(_case, pairs) if case.ok is not case.label]
    accepted, n = sum(case.ok is True for case in differing), len(pairs)
    print("| programs | base agree | base and plus agree | accepted, labelled wrong | refused, labelled right |")
    print("|---|---|---|---|---|")
    print(f"| {n:,} | {base:,} | {n - len(differing):,} | {accepted} | {len(differing) - accepted} |")
    for case in differing[:SHOWN]:
        print(f"{case.problem} of {case.whose}: {case.found}")
    if len(differing) > SHOWN:
        print(f"... and {len(differing) - SHOWN} more")


def print_own(rows: dict[str, Row]) -> None:
    """Grade the reference solutions by our own verifier, on the base tests as assertions."""
    name = "mbpp_plus" if next(iter(rows)).startswith("Mbpp") else "humaneval_plus"
    problems = list(read(name, rows.values(), Benchmark()))
    with Grader(os.cpu_count() or 1) as grader:
        verdicts = list(grader.grade(map(_reference, problems)))
    print(f"own verifier: {sum(verdict.ok is True for verdict in verdicts)} of {len(verdicts)} reference solutions right")
    for verdict in verdicts:
        if verdict.ok is not True:
            print(f"{verdict.id}: {verdict.reason}: {verdict.detail}")


def _reference(problem: Problem) -> Answer:
    return Answer(
        problem.id, 0, f"```python\n{problem.meta['reference_solutions'][0]}\n```\n", problem.verifier, problem.gold
    )


if __name__ == "__main__":
    command(main)
