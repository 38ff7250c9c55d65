"""One model on one benchmark: ask what is missing, grade every response, count, write scores.json.

    measure(Job("trained", "aime24", protocol, samples=64, limit=None), run, ask)     -> what scores.json holds
    measure(job, run, None, anew=True)                              the same of the responses that are there, graded anew

In runs/<run>/eval/<model>/<benchmark>/: samples.jsonl and samples.errors.jsonl (every response, as it came),
samples.superseded.jsonl (answers to requests that were edited since), verdicts.jsonl, scores.json.
"""

import datetime
import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.journal import Journal, write_text
from data_gen.lines import LineFile
from data_gen.manifest import read_manifest
from data_gen.records import Problem, Row, read_rows
from data_gen.run_folder import Run
from data_gen.sandbox import probe
from data_gen.verifiers import VERSION
from data_gen.verifiers.pool import Grader
from data_gen.verify import levels
from eval.asking import Ask, JournalledChat, Protocol, journals
from eval.evalplus_sets import SETS, EvalplusGrader, metrics
from eval.grading import AnyGrader, Graded, Grading, Outcome
from eval.harness import run_harness
from eval.majority import DEFINED, majorities
from eval.not_run import NotRun, forget
from eval.score import by_problem, scores

VOTING = ("correct", "wrong", "undecided")  # reasons of verdicts on an answer that could be read


@dataclass(frozen=True)
class Job:
    """What is measured: `samples` answers of a model to each of the first `limit` questions of a benchmark."""

    model: str
    benchmark: str
    protocol: Protocol
    samples: int
    limit: int | None
    allow_weak_sandbox: bool = False

    @property
    def weights(self) -> str:
        """What is asked: a folder, or a name on the hub or at an endpoint."""
        return self.protocol.sampling.model

    @property
    def stage(self) -> str:
        """The name under which the manifest keeps it."""
        return f"eval {self.model} {self.benchmark}"


def questions_of(run: Run, benchmark: str) -> Path:
    """Return the file of a benchmark's questions."""
    return run.benchmarks / f"{benchmark}.jsonl"


def measure(
    job: Job, run: Run, ask: Ask | None, anew: bool = False, on_load: Callable[[Row], None] | None = None
) -> dict[str, Any]:
    """Measure, write scores.json and return what it holds. `anew` makes verdicts that are there again; `on_load` sees every
    response that is there already. Raises Unfinished when answers are missing, NotRun where programs cannot be run."""
    folder, questions = run.eval(job.model, job.benchmark), questions_of(run, job.benchmark)
    with ExitStack() as stack:
        file = stack.enter_context(LineFile(questions))
        if any(head.verifier == "code_tests" for head, _, _ in file.heads(Problem)):
            _require_sandbox(job.allow_weak_sandbox)  # before anything is paid for
        kept = stack.enter_context(journals(folder, on_load))
        verdicts = stack.enter_context(Journal(folder / "verdicts.jsonl", tag="graded"))
        grader = _grader(job)
        stack.enter_context(grader)
        grading = Grading(file, verdicts, grader, job.limit, job.samples)
        graded: list[Graded] = []

        def grade(outcome: Outcome) -> list[Graded]:
            kept.finish()
            graded.extend(grading.grade(outcome, f"grading {job.model} on {job.benchmark}", anew))
            return graded

        harness = run_harness(JournalledChat(job.protocol, kept, ask, grade), questions, job.samples, job.limit)
        numbers = scores(grading.asked, graded, _majority(grading, graded, grader))
    if job.benchmark in SETS:
        numbers["results"] += metrics(job.benchmark, read_rows(folder / "verdicts.jsonl"))
    ours = numbers["results"][0]["value"]
    if abs(ours - harness["accuracy"]) > 1e-4:
        raise UserError(
            f"{job.benchmark}: lm-eval counts an accuracy of {harness['accuracy']}, we count {ours}, so none is written; "
            "the fault is the project's, or another version of lm-eval than requirements/core.txt names"
        )
    read = read_manifest(run).get("benchmarks", {}).get(job.benchmark, {})
    result = {
        "model": job.model,
        "benchmark": job.benchmark,
        **numbers,
        "harness": harness,
        "weights": job.weights,
        "sampling": {key: value for key, value in asdict(job.protocol.sampling).items() if key != "model"},
        "seed": job.protocol.seed,
        "questions": {name: read.get(name) for name in ("repo", "revision", "questions", "sha256")},
        "sandbox": levels(folder / "verdicts.jsonl"),
        "verifier_version": VERSION,
        "date": datetime.date.today().isoformat(),
    }
    write_text(folder / "scores.json", json.dumps(result, indent=1) + "\n")
    forget(run, job.model, job.benchmark)
    return result


def _require_sandbox(allow_weak: bool) -> None:
    try:
        probe.require(allow_weak)
    except UserError as error:
        raise NotRun(str(error)) from error


def _grader(job: Job) -> AnyGrader:
    """Return what grades a benchmark: evalplus its own sets, our verifiers all else."""
    return EvalplusGrader() if job.benchmark in SETS else Grader(os.cpu_count() or 1, job.allow_weak_sandbox)


def _majority(grading: Grading, graded: list[Graded], grader: AnyGrader) -> dict[str, float] | None:
    """Return each problem's majority vote, or None where the answers of some cannot be compared."""
    kinds = {one: asked.verifier for one, asked in grading.asked.items()}
    if isinstance(grader, EvalplusGrader) or not set(kinds.values()) <= DEFINED:
        return None
    votes = {
        one: [(verdict.extracted if verdict.reason in VOTING else None, verdict.ok is True) for verdict in group]
        for one, group in by_problem(graded).items()
    }
    return majorities(votes, kinds, grading.gold, grader)
