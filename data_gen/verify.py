"""verify: is each answer right? Grades what will be trained on, after the last rewriting.

    python -m data_gen.verify --problems=P.jsonl --traces=T.jsonl --output=V.jsonl     # any files, no recipe needed
    python -m data_gen.verify --recipe=recipes/quickstart --run=runs/quickstart        # the stage of a run
    RAY_ADDRESS=auto python -m data_gen.verify ... --executor=ray                      # on a Ray cluster

Reads problems and traces (`id, sample, text`; `solution` is graded where a row has one), writes one verdict a row,
resumable and sorted by (id, sample). `ok` is true, false, or null: undecided, and then never trained on.
"""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from data_gen.cli import ConfigError, UserError, command
from data_gen.config import Verify, dump
from data_gen.journal import Journal
from data_gen.progress import bar
from data_gen.recipe import load_recipe
from data_gen.records import Problem, Row, Trace, graded_hash, graded_text, key, read_records
from data_gen.run_folder import Run
from data_gen.stage import Stage
from data_gen.verifiers import VERSION
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.on_ray import RayGrader
from data_gen.verifiers.pool import Grader


def main(
    problems: str | None = None,
    traces: str | None = None,
    output: str | None = None,
    recipe: str | None = None,
    run: str | None = None,
    workers: int | None = None,
    executor: str = "local",
    limit: int | None = None,
) -> None:
    """Grade traces against their problems: --problems, --traces and --output, or --recipe and --run."""
    if executor not in ("local", "ray"):
        raise ConfigError(f"--executor={executor}: it is local or ray")
    settings = load_recipe(recipe).verify if recipe else Verify()
    grader = RayGrader() if executor == "ray" else Grader(workers or os.cpu_count() or 1)
    if problems and traces and output:
        counts = grade_file(Path(problems), Path(traces), Path(output), settings, grader, limit)
        print(f"verify: {sum(counts.values())} answers: {', '.join(f'{k} {v}' for k, v in counts.most_common())}")
        return
    if not (recipe and run):
        raise ConfigError("--problems, --traces and --output are needed, or --recipe and --run")
    folder = Run(Path(run))
    inputs = [folder.problems, folder.rewritten]
    fingerprint = {"verify": dump(settings), "verifier_version": VERSION}
    with Stage(folder, "verify", fingerprint, inputs, [folder.verdicts], limit) as stage:
        if stage.finished:
            return
        counts = grade_file(folder.problems, folder.rewritten, folder.verdicts, settings, grader, limit)
        total, accepted = counts.total(), counts.pop("correct", 0)
        if settings.enabled:
            stage.funnel(total, accepted, dict(counts), "correct")
        else:
            print(f"verify    switched off by the recipe: all are kept, {accepted:,} of {total:,} are correct")
            stage.funnel(total, total, {}, "unchecked")


def grade_file(
    problems: Path, traces: Path, output: Path, settings: Verify, pool: Grader | RayGrader, limit: int | None
) -> "Counter[str]":
    """Write a verdict for every trace and return the reasons counted. Raises UserError when an input is no such file."""
    if output.resolve() in (problems.resolve(), traces.resolve()):
        raise ConfigError(f"--output={output}: that is an input; verdicts need a file of their own")
    by_id = {problem.id: problem for problem in read_records(problems, Problem)}
    rows = [trace.row() for trace in islice(read_records(traces, Trace), limit)]
    graded = {key(row): graded_hash(row, by_id.get(row["id"]), settings.math) for row in rows}
    if len(graded) < len(rows):
        raise UserError(f"{traces}: {len(rows) - len(graded)} rows repeat the (id, sample) of another: each may come once")
    with Journal(output, tag="graded") as journal:
        missing = [row for row in rows if key(row) not in journal or journal.tag(key(row)) != graded[key(row)]]
        with pool as grader, bar(len(missing), " answers", "verify") as progress:
            counts: Counter[str] = Counter()
            for verdict in grader.grade(_answers(missing, by_id, settings)):
                journal.append(verdict.row() | {"graded": graded[(verdict.id, verdict.sample)]})
                counts[verdict.reason] += 1
                progress.set_postfix_str(", ".join(f"{k} {v}" for k, v in counts.most_common(4)), False)
                progress.update(1)
        journal.discard(set(journal) - {key(row) for row in rows})
        journal.finish()
        return Counter(str(journal.read(done)["reason"]) for done in journal)


def _answers(rows: list[Row], problems: dict[str, Problem], settings: Verify) -> Iterator[Answer]:
    for row in rows:
        problem = problems.get(row["id"])
        text = graded_text(row)
        verifier: str = problem.verifier if problem else "unknown_problem"
        if verifier == "none" and problem and row.get("model") not in (None, problem.source):
            verifier = "not_from_the_source"  # accepted are the source's own answers, not what a teacher says
        gold = problem.gold if problem else {}
        whole = row.get("text") or text
        yield Answer(row["id"], row.get("sample", 0), text, verifier, gold, settings.math == "exact", whole)


if __name__ == "__main__":
    command(main)
