"""verify: is each answer right? Grades what will be trained on, after the last rewriting.

    python -m data_gen.verify --problems=P.jsonl --traces=T.jsonl --output=V.jsonl     # any files, no recipe needed
    python -m data_gen.verify --recipe=recipes/quickstart --run=runs/quickstart        # the stage of a run
    RAY_ADDRESS=auto python -m data_gen.verify ... --executor=ray                      # on a Ray cluster
    python -m data_gen.verify --self_test --problems=P.jsonl --output=S.jsonl          # problems' own reference programs

Reads problems and traces (`id, sample, text`; `solution` is graded where a row has one), writes one verdict a row,
resumable and sorted by (id, sample). `ok` is true, false, or null: undecided, and then never trained on. Where a model
rewrites, the traces as the teacher wrote them are graded too (04_verdicts.before.jsonl), so that the report can show both.
"""

import gc
import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from data_gen.cli import ConfigError, UserError, command
from data_gen.config import Verify, dump
from data_gen.journal import Journal, Key, write_rows
from data_gen.lines import ById, Head, LineFile
from data_gen.progress import bar
from data_gen.recipe import load_recipe
from data_gen.records import Problem, Row, Trace, graded_hash, key, read_records, read_rows
from data_gen.run_folder import Run
from data_gen.sandbox import probe
from data_gen.stage import Stage
from data_gen.verifiers import VERSION
from data_gen.verifiers.chunks import Lines
from data_gen.verifiers.finding import Options
from data_gen.verifiers.on_ray import RayGrader
from data_gen.verifiers.pool import Grader, batches
from data_gen.verifiers.rows import BadRow
from data_gen.verifiers.self_test import references
from data_gen.verifiers.self_test import self_test as reference_test


def main(
    problems: str | None = None,
    traces: str | None = None,
    output: str | None = None,
    recipe: str | None = None,
    run: str | None = None,
    workers: int | None = None,
    executor: str = "local",
    limit: int | None = None,
    self_test: bool = False,
    all_tests: bool = False,
    allow_weak_sandbox: bool = False,
) -> None:
    """Grade traces against their problems: --problems, --traces and --output, or --recipe and --run.

    --self_test grades the problems' own reference programs instead and lists the problems whose own all fail. --all_tests
    runs a program's tests after the first that fails too. Without a sandbox that holds, programs are not run, unless
    --allow_weak_sandbox is given.
    """
    gc.disable()  # rows hold no cycles, and looking for some took 12 % of the time on 240,000 of them
    if executor not in ("local", "ray"):
        raise ConfigError(f"--executor={executor}: it is local or ray")
    config = load_recipe(recipe) if recipe else None
    settings = config.verify if config else Verify()
    settings = settings.model_copy(update={"all_tests": settings.all_tests or all_tests})
    count = workers or os.cpu_count() or 1

    def new_grader() -> Grader | RayGrader:
        return RayGrader(allow_weak_sandbox) if executor == "ray" else Grader(count, allow_weak_sandbox)

    grader = new_grader()
    if self_test:
        if traces or not (problems and output):
            raise ConfigError("--self_test takes --problems and --output")
        quarantine(Path(problems), Path(output), grader, allow_weak_sandbox)
        return
    if problems and traces and output:
        counts = grade_file(Path(problems), Path(traces), Path(output), settings, grader, limit, allow_weak_sandbox)
        print(f"verify: {sum(counts.values())} answers: {', '.join(f'{k} {v}' for k, v in counts.most_common())}")
        return
    if config is None or run is None:
        raise ConfigError("--problems, --traces and --output are needed, or --recipe and --run")
    folder = Run(Path(run))
    inputs = [folder.problems, folder.rewritten]
    fingerprint = {"verify": dump(settings), "verifier_version": VERSION}
    with Stage(folder, "verify", fingerprint, inputs, [folder.verdicts], limit) as stage:
        if stage.finished:
            return
        if stage.damaged:  # grading costs nothing: no verdict of a file that was changed is believed
            folder.verdicts.unlink()
        counts = grade_file(folder.problems, folder.rewritten, folder.verdicts, settings, grader, limit, allow_weak_sandbox)
        stage.record["sandbox"] = levels(folder.verdicts)
        if config.rewriter.kind == "llm" and settings.before_rewriting:
            before = folder.verdicts_before
            grade_file(folder.problems, folder.traces, before, settings, new_grader(), limit, allow_weak_sandbox)
        total, accepted = counts.total(), counts.pop("correct", 0)
        if settings.enabled:
            stage.funnel(total, accepted, dict(counts), "correct")
        else:
            print(f"verify    switched off by the recipe: all are kept, {accepted:,} of {total:,} are correct")
            stage.funnel(total, total, {}, "unchecked")


def grade_file(
    problems: Path,
    traces: Path,
    output: Path,
    settings: Verify,
    pool: Grader | RayGrader,
    limit: int | None,
    allow_weak_sandbox: bool = False,
) -> "Counter[str]":
    """Write a verdict for every trace and return the reasons counted.

    Verdicts that are there and are about the same text, gold and mode stay, but for those that failed by no fault of the
    answer (`infra`). Raises UserError when an input is no such file, and where programs would run without a sandbox.
    """
    if output.resolve() in (problems.resolve(), traces.resolve()):
        raise ConfigError(f"--output={output}: that is an input; verdicts need a file of their own")
    options = Options(settings.math == "exact", settings.all_tests)
    there: dict[Key, str] = {}  # reasons of the verdicts that are there
    counts: Counter[str] = Counter()

    def note(row: Row) -> None:
        there[key(row)] = row["reason"]

    with LineFile(problems) as known, LineFile(traces) as asked, pool as grader:
        grader.start()  # it loads while the problems are read
        problems_by_id = ById(known, Problem)

        with Journal(output, sync_every=4096, tag="graded", on_load=note) as journal:
            wanted: set[Key] = set()

            def missing() -> Iterator[Todo]:
                for head, _, line in islice(asked.heads(Trace), limit):
                    one = (head.id, head.sample)
                    if one in wanted:
                        raise UserError(f"{traces}: rows repeat the (id, sample) of another, {one}: each may come once")
                    wanted.add(one)
                    problem = problems_by_id.find(head.id)
                    verifier = Head.model_validate_json(problem).verifier if problem else ""
                    if there.get(one, "infra") != "infra" and journal.tag(one) == _tag(line, problem, settings.math):
                        counts[there[one]] += 1
                        progress.update(1)
                        continue
                    if isinstance(pool, Grader) and verifier == "code_tests":
                        probe.require(allow_weak_sandbox)
                    # New, about another text, or failed by no fault of the answer.
                    yield Todo((line, problem), head.id if verifier == "code_tests" else None)

            with bar(min(asked.count(), limit or asked.count()), " answers", "verify") as progress:
                batched = batches(missing(), lambda todo: todo.program_of)
                ready = (([todo.lines for todo in batch], batch[0].program_of is not None) for batch in batched)
                try:
                    for graded in grader.grade_rows(ready, options):
                        journal.extend([((one.id, one.sample), one.tag, one.line) for one in graded])
                        counts.update(one.reason for one in graded)
                        progress.set_postfix_str(", ".join(f"{k} {v}" for k, v in counts.most_common(4)), False)
                        progress.update(len(graded))
                except BadRow as error:
                    file = traces if error.kind == "Trace" else problems
                    raise UserError(f"{file}: row {error.args[0]} (it is no {error.kind})") from error
            journal.discard(set(journal) - wanted)
            journal.finish()
    return counts


class Todo(NamedTuple):
    """A row that is to be graded, with its problem's line; `program_of` is the problem's id where a program answers it."""

    lines: Lines
    program_of: str | None


def _tag(trace: bytes, problem: bytes | None, mode: str) -> str:
    """Return what a verdict on this row would be about."""
    about = Problem.model_validate_json(problem) if problem is not None else None
    return graded_hash(json.loads(trace), about, mode)


def levels(verdicts: Path) -> dict[str, int]:
    """Return at which levels of the sandbox programs were run, with counts, for the manifest."""
    stamped = (row.get("sandbox") for row in read_rows(verdicts))
    return dict(Counter(level for level in stamped if level))


def quarantine(problems: Path, output: Path, pool: Grader | RayGrader, allow_weak_sandbox: bool) -> None:
    """Write what became of every problem that has reference programs, and print how many are to be set aside."""
    known = [problem for problem in read_records(problems, Problem) if references(problem)]
    if known and isinstance(pool, Grader):
        probe.require(allow_weak_sandbox)
    found = []
    with pool as grader, bar(len(known), " problems", "self test") as progress:
        for row in reference_test(known, grader):
            found.append(row)
            progress.update(1)
    write_rows(output, sorted(found, key=lambda row: row["id"]))
    failing = Counter(row["reason"] for row in found if not row["ok"])
    reasons = ", ".join(f"{reason} {count}" for reason, count in failing.most_common())
    print(
        f"self test: {len(found):,} problems with reference programs, {failing.total():,} quarantined ({reasons or 'none'})"
    )
    for row in found:
        if not row["ok"]:
            print(f"  {row['id']}: {row['reason']}: {' '.join(str(row['detail']).split())[:120]}")


if __name__ == "__main__":
    command(main)
