"""collect: published rows in, one Problem record a line out, before anything is paid for.

    python -m data_gen.collect --recipe=recipes/quickstart --run=runs/quickstart

Reads the recipe's sources in order; removes rows that give no problem, problems outside the wanted difficulty,
duplicates, questions that stand in a benchmark, and programming problems whose own reference programs fail our grading.
Writes 01_problems.jsonl, sorted by id; 01_problems.removed.jsonl, with why; and 01_traces_ready.jsonl, where a source's
answers come with it. Problems without a difficulty stay where the recipe has a `label` stage that will rate them.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from data_gen.cli import UserError, command
from data_gen.config import dump
from data_gen.dedup import Duplicates, load_contamination
from data_gen.difficulty import needs_label
from data_gen.journal import Journal, write_rows
from data_gen.manifest import read_manifest
from data_gen.progress import bar
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Problem, Row, Trace
from data_gen.run_folder import Run
from data_gen.sandbox import probe
from data_gen.sources import SOURCES
from data_gen.sources.source import Dropped, Item, Ready, SourceConfig
from data_gen.stage import Stage
from data_gen.tally import Tally
from data_gen.verifiers.gold import flagged, gold_fault
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.self_test import references, self_test

UNRATED = "bounds ask for a difficulty and none is published: add `label:` to the recipe"


def main(recipe: str, run: str, limit: int | None = None, allow_weak_sandbox: bool = False) -> None:
    """Collect the recipe's problems into runs/<run>/data/01_problems.jsonl; `limit` stops after so many of each source,
    duplicates not yet removed.

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
            sift = Sift(config, folder, problems, ready)
            for name, source in sources.items():
                limits = [number for number in (limit, source.limit) if number is not None]
                sift.take(name, read(name, source, config.folder), min(limits, default=None))
            if config.verify.self_test:
                sift.quarantine(allow_weak_sandbox)
            sift.deduplicate()
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


def read(name: str, source: SourceConfig, recipe: Path) -> Iterator[Item]:
    """Yield what a source gives, with a progress bar."""
    with bar(SOURCES[name].count(source), " rows", name) as progress:
        for item in SOURCES[name].read(source, recipe):
            yield item
            progress.update(1)


class Sift:
    """The problems of a run on their way to 01_problems.jsonl: what stays, what is removed, and why. No text is held."""

    def __init__(self, config: Recipe, run: Run, problems: Journal, ready: Journal) -> None:
        self._config, self._problems, self._ready = config, problems, ready
        self._contamination = load_contamination(run, config.decontaminate)
        self._source: dict[str, str] = {}  # of the problems taken, in their order
        self._testable: list[str] = []  # those with reference programs
        self._unverified: set[str] = set()  # those whose answers nothing checks
        self.removed: list[Row] = []
        self.tally = Tally()

    def take(self, source: str, items: Iterator[Item], limit: int | None) -> None:
        """Take what a source gives, until `limit` problems of it have stayed. Raises UserError where an id comes twice."""
        count = 0
        for item in items:
            if isinstance(item, Dropped):
                self._remove(item.id, source, item.reason, item.detail)
                continue
            problem = item.problem if isinstance(item, Ready) else item
            if why := self._fault(problem):
                self._remove(problem.id, source, *why)
                continue
            if problem.id in self._source:
                raise UserError(f"{source}: two problems have the id {problem.id!r}: ids must differ")
            self._source[problem.id] = source
            self._problems.append(flagged(problem).row() | {"sample": 0})
            if references(problem):
                self._testable.append(problem.id)
            if problem.verifier == "none":
                self._unverified.add(problem.id)
            for trace in item.traces if isinstance(item, Ready) else ():
                self._ready.append(_brought(trace, problem).row())
            count += 1
            if count == limit:
                return

    def _fault(self, problem: Problem) -> tuple[str, str | float | None] | None:
        """Return why a problem is removed, or None."""
        bounds = self._config.bounds(problem)
        if not bounds.holds(problem.difficulty) and not (self._config.label and needs_label(self._config, problem)):
            return ("difficulty", problem.difficulty) if problem.difficulty is not None else ("unrated", UNRATED)
        if fault := gold_fault(problem):
            return "bad_gold", fault
        if found := self._contamination.of(problem.question):
            return "contaminated", ": ".join(found)
        return None

    def quarantine(self, allow_weak_sandbox: bool) -> None:
        """Take out problems whose own reference programs all fail our grading. Raises UserError where no sandbox holds."""
        known = self._testable
        if not known:
            return
        probe.require(allow_weak_sandbox)
        problems = (Problem.model_validate(self._problems.read((one, 0))) for one in known)
        with (
            Grader(os.cpu_count() or 1, allow_weak_sandbox) as grader,
            bar(len(known), " problems", "self test") as progress,
        ):
            for row in self_test(problems, grader):
                progress.update(1)
                if not row["ok"]:
                    self._discard(row["id"], "self_test", row["detail"] or row["reason"])

    def deduplicate(self) -> None:
        """Take out repeats of a question: the first source of the recipe keeps it, one whose answers are verified before any
        whose answers are not. After the self test, so that a copy with wrong tests takes no good one along."""
        duplicates = Duplicates(self._config.dedup.exact, self._config.dedup.minhash)
        for unverified in (False, True):
            for one in [one for one in self._source if (one, 0) in self._problems]:
                if (one in self._unverified) == unverified:
                    found = duplicates.of(Problem.model_validate(self._problems.read((one, 0))))
                    if found:
                        self._discard(one, *found)
        for one, source in self._source.items():
            if (one, 0) in self._problems:
                self.tally.keep(source)

    def _discard(self, problem: str, reason: str, detail: str | None) -> None:
        self._problems.discard([(problem, 0)])
        self._remove(problem, self._source[problem], reason, detail)

    def _remove(self, problem: str, source: str, reason: str, detail: str | float | None) -> None:
        self.removed.append({"id": problem, "source": source, "reason": reason, "detail": detail})
        self.tally.drop(reason, source)


def _brought(trace: Trace, problem: Problem) -> Trace:
    """Return an answer that came with a problem, with a hash of what it answers: another question has another."""
    about = json.dumps([problem.question, trace.text, trace.reasoning])
    request = hashlib.sha256(about.encode()).hexdigest()[:16]
    told = {"finish_reason": trace.finish_reason or "stop", "model": trace.model or problem.source, "request": request}
    return trace.model_copy(update={"id": problem.id, **told})


def _without_sample(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "sample"}


if __name__ == "__main__":
    command(main)
