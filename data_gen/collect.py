"""collect: published rows in, one Problem record a line out, before anything is paid for.

    python -m data_gen.collect --recipe=recipes/quickstart --run=runs/quickstart

Reads the recipe's sources in order; removes rows that give no problem, problems outside the wanted difficulty,
duplicates, questions that stand in a benchmark, and programming problems whose own reference programs fail our grading.
Writes 01_problems.jsonl, sorted by id; 01_problems.removed.jsonl, with why; and 01_traces_ready.jsonl, where a source's
answers come with it. Problems without a difficulty stay where the recipe has a `label` stage that will rate them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from data_gen.cli import UserError, command
from data_gen.config import dump
from data_gen.dedup import Duplicates, load_contamination
from data_gen.difficulty import needs_label
from data_gen.journal import Journal, write_rows
from data_gen.progress import bar
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Problem, Row, Trace
from data_gen.run_folder import Run
from data_gen.sandbox import probe
from data_gen.sources import SOURCES
from data_gen.sources.source import Dropped, Item, Ready, SourceConfig
from data_gen.stage import Stage, read_manifest
from data_gen.tally import Tally
from data_gen.verifiers.gold import flagged, gold_fault
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.self_test import references, self_test


def main(recipe: str, run: str, limit: int | None = None, allow_weak_sandbox: bool = False) -> None:
    """Collect the recipe's problems into runs/<run>/data/01_problems.jsonl; `limit` stops after so many of each source.

    Problems' own reference programs are run in the sandbox; where none holds, not without --allow_weak_sandbox.
    """
    config = load_recipe(recipe)
    folder = Run(Path(run))
    sources = resolved(config, folder)
    settings = {
        "sources": {name: dump(source) for name, source in sources.items()},
        "dedup": dump(config.dedup),
        "decontaminate": dump(config.decontaminate),
        "self_test": config.verify.self_test,
    }
    if config.label is not None:
        settings["label"] = True  # what it says does not matter here, but that unrated problems stay
    questions = [folder.benchmarks / f"{name}.jsonl" for name in config.decontaminate.against]
    load_contamination(folder, config.decontaminate)  # tells what is missing before anything begins
    files = [path for source in sources.values() for path in source.local_files(config.folder)]
    with Stage(folder, "collect", settings, questions + files, [folder.problems], limit) as stage:
        if stage.finished:
            return
        stage.record["revisions"] = {repo: at for source in sources.values() for repo, at in source.revisions().items()}
        stage.save()
        waiting = [path.with_name(f".{path.stem}.collected.jsonl") for path in (folder.problems, folder.ready_traces)]
        for path in waiting:
            path.unlink(missing_ok=True)  # of a run that was killed: costs nothing, so it is begun anew
        with Journal(waiting[0], sync_every=1 << 30) as problems, Journal(waiting[1], sync_every=1 << 30) as ready:
            sift = Sift(config, folder, ready)
            for name, source in sources.items():
                for problem in sift.kept(name, read(name, source, config.folder, limit)):
                    if (problem.id, 0) in problems:
                        raise UserError(f"{name}: two problems have the id {problem.id!r}: ids must differ")
                    problems.append(problem.row() | {"sample": 0})
                    sift.tally.keep(name)
                    if references(problem):
                        sift.testable[problem.id] = name
            if config.verify.self_test:
                sift.quarantine(problems, allow_weak_sandbox)
            write_rows(folder.removed_problems, sorted(sift.removed, key=lambda row: (row["id"], row["reason"])))
            write_rows(folder.ready_traces, (ready.read(key) for key in sorted(ready) if (key[0], 0) in problems))
            write_rows(folder.problems, (_without_sample(problems.read(key)) for key in sorted(problems)))
        for path in waiting:
            path.unlink()
        stage.funnel(sift.tally.total, sift.tally.kept, sift.tally.reasons, "problems", sift.tally.by_source)


def resolved(config: Recipe, run: Run) -> dict[str, SourceConfig]:
    """Return the recipe's sources with their hub revisions set: those of the run's manifest where it has them."""
    known = read_manifest(run)["stages"].get("collect", {}).get("revisions", {})
    return {name: source.resolved(known) for name, source in config.source_configs.items()}


def read(name: str, source: SourceConfig, recipe: Path, limit: int | None) -> Iterator[Item]:
    """Yield what a source gives, up to its limit of problems, with a progress bar."""
    limits = [number for number in (limit, source.limit) if number is not None]
    count = 0
    with bar(min(limits) if limits else SOURCES[name].count(source), " rows", name) as progress:
        for item in SOURCES[name].read(source, recipe):
            count += not isinstance(item, Dropped)
            if limits and count > min(limits):
                return
            yield item
            progress.update(1)


class Sift:
    """What is removed of the sources' rows, and why."""

    def __init__(self, config: Recipe, run: Run, ready: Journal) -> None:
        self._config = config
        self._duplicates = Duplicates(config.dedup.exact, config.dedup.minhash)
        self._contamination = load_contamination(run, config.decontaminate)
        self.removed: list[Row] = []
        self.tally = Tally()
        self.testable: dict[str, str] = {}  # problems with reference programs, and their sources
        self._ready = ready

    def kept(self, source: str, items: Iterator[Item]) -> Iterator[Problem]:
        """Yield the problems of a source that stay."""
        for item in items:
            if isinstance(item, Dropped):
                self._remove(item.id, source, item.reason, item.detail)
                continue
            problem = item.problem if isinstance(item, Ready) else item
            if why := self._fault(problem):
                self._remove(problem.id, source, *why)
                continue
            for sample, text in enumerate(item.texts if isinstance(item, Ready) else ()):
                self._ready.append(Trace(id=problem.id, sample=sample, text=text, finish_reason="stop", model=source).row())
            yield flagged(problem)

    def _fault(self, problem: Problem) -> tuple[str, str | float | None] | None:
        """Return why a problem is removed, or None."""
        rated_later = self._config.label is not None and needs_label(self._config, problem)
        if not rated_later and not self._config.bounds(problem).holds(problem.difficulty):
            return "difficulty", problem.difficulty
        if fault := gold_fault(problem):
            return "bad_gold", fault
        if found := self._duplicates.of(problem):
            return found
        if found := self._contamination.of(problem.question):
            return "contaminated", ": ".join(found)
        return None

    def quarantine(self, problems: Journal, allow_weak_sandbox: bool) -> None:
        """Take out problems whose own reference programs all fail our grading. Raises UserError where no sandbox holds."""
        known = list(self.testable)
        if not known:
            return
        probe.require(allow_weak_sandbox)
        read_again = (Problem.model_validate(problems.read((one, 0))) for one in known)
        with (
            Grader(os.cpu_count() or 1, allow_weak_sandbox) as grader,
            bar(len(known), " problems", "self test") as progress,
        ):
            for row in self_test(read_again, grader):
                progress.update(1)
                if not row["ok"]:
                    source = self.testable[row["id"]]
                    self.tally.keep(source, -1)
                    self._remove(row["id"], source, "self_test", row["detail"] or row["reason"])
                    problems.discard([(row["id"], 0)])

    def _remove(self, problem: str, source: str, reason: str, detail: str | float | None) -> None:
        self.removed.append({"id": problem, "source": source, "reason": reason, "detail": detail})
        self.tally.drop(reason, source)


def _without_sample(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "sample"}


if __name__ == "__main__":
    command(main)
