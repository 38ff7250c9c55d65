"""collect: published rows in, one Problem record a line out, before anything is paid for.

    python -m data_gen.collect --recipe=recipes/quickstart --run=runs/quickstart

Reads the recipe's sources in order; removes problems outside the wanted difficulty, duplicates, questions that stand in a
benchmark, and programming problems whose own reference programs fail our grading. Writes 01_problems.jsonl, sorted by id,
and 01_problems.removed.jsonl, with why.
"""

import os
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from data_gen.cli import ConfigError, UserError, command
from data_gen.config import dump
from data_gen.dedup import Duplicates, load_contamination
from data_gen.journal import write_rows
from data_gen.progress import bar
from data_gen.recipe import load_recipe
from data_gen.records import Problem, Row
from data_gen.run_folder import Run
from data_gen.sandbox import probe
from data_gen.sources import SOURCES
from data_gen.stage import Stage
from data_gen.verifiers.gold import flagged, gold_fault
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.self_test import references, self_test


def main(recipe: str, run: str, limit: int | None = None, allow_weak_sandbox: bool = False) -> None:
    """Collect the recipe's problems into runs/<run>/data/01_problems.jsonl; `limit` stops after so many of each source.

    Problems' own reference programs are run in the sandbox; where none holds, not without --allow_weak_sandbox.
    """
    config = load_recipe(recipe)
    unread = [name for name in config.sources if SOURCES[name].read is None]
    if unread:
        raise ConfigError(f"{config.folder}/data.yaml: sources {', '.join(unread)} can be planned but not read yet")
    folder = Run(Path(run))
    settings = {
        "sources": {name: dump(source) for name, source in config.source_configs.items()},
        "dedup": dump(config.dedup),
        "decontaminate": dump(config.decontaminate),
        "self_test": config.verify.self_test,
    }
    questions = [folder.benchmarks / f"{name}.jsonl" for name in config.decontaminate.against]
    contamination = load_contamination(folder, config.decontaminate.against, config.decontaminate.ngram)
    files = [path for source in config.source_configs.values() for path in source.local_files(config.folder)]
    with Stage(folder, "collect", settings, questions + files, [folder.problems], limit) as stage:
        if stage.finished:
            return
        duplicates = Duplicates(config.dedup.exact, config.dedup.minhash)
        kept: dict[str, Problem] = {}
        removed: list[Row] = []
        for name, source in config.source_configs.items():
            reader = SOURCES[name].read
            assert reader is not None  # checked above
            for problem in islice(reader(source, config.folder), _smaller(limit, source.limit)):
                reason: str = ""
                detail: str | float | None = None
                if not source.difficulty.holds(problem.difficulty):
                    reason, detail = "difficulty", problem.difficulty
                elif fault := gold_fault(problem):
                    reason, detail = "bad_gold", fault
                elif found := duplicates.of(problem):
                    reason, detail = found
                elif benchmark := contamination.of(problem.question):
                    reason, detail = "contaminated", benchmark
                if reason:
                    removed.append({"id": problem.id, "source": name, "reason": reason, "detail": detail})
                elif problem.id in kept:
                    raise UserError(f"{name}: two problems have the id {problem.id!r}: ids must differ")
                else:
                    kept[problem.id] = flagged(problem)
        if config.verify.self_test:
            for row in _quarantined(kept.values(), allow_weak_sandbox):
                came_from = kept.pop(row["id"]).source
                removed.append(
                    {"id": row["id"], "source": came_from, "reason": "self_test", "detail": row["detail"] or row["reason"]}
                )
        write_rows(folder.removed_problems, sorted(removed, key=lambda row: (row["id"], row["reason"])))
        write_rows(folder.problems, [kept[key].row() for key in sorted(kept)])
        reasons = Counter(row["reason"] for row in removed)
        stage.funnel(len(kept) + len(removed), len(kept), dict(reasons), "problems")


def _quarantined(problems: Iterable[Problem], allow_weak_sandbox: bool) -> list[Row]:
    """Return the problems whose own reference programs all fail our grading. Raises UserError where no sandbox holds."""
    known = [problem for problem in problems if references(problem)]
    if not known:
        return []
    probe.require(allow_weak_sandbox)
    with Grader(os.cpu_count() or 1, allow_weak_sandbox) as grader, bar(len(known), " problems", "self test") as progress:
        rows = []
        for row in self_test(known, grader):
            rows.append(row)
            progress.update(1)
    return [row for row in rows if not row["ok"]]


def _smaller(first: int | None, second: int | None) -> int | None:
    given = [number for number in (first, second) if number is not None]
    return min(given) if given else None


if __name__ == "__main__":
    command(main)
