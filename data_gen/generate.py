"""generate: a teacher answers every problem, `samples` times. What was paid for is on disk before it is counted.

    python -m data_gen.generate --recipe=recipes/quickstart --run=runs/quickstart

Reads 01_problems.jsonl (and 01_labels.jsonl where the recipe labels difficulty), appends 02_traces.jsonl (whole answers)
and 02_traces.errors.jsonl (everything else). Stop it in any way and run the same again: it asks only for what is missing.
Failures that would be the same another time (cut at max_tokens, refused, empty) are asked again with --retry_final only.
Answers that a source brought along are passed through.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_gen.answers import Answers, Needed
from data_gen.asked_model import chat_settings, opening, sampling_of
from data_gen.cli import command
from data_gen.difficulty import Difficulties, first_by_hash
from data_gen.prompts import question
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Problem, Trace, read_records
from data_gen.responses import ChatRequest, seed_of
from data_gen.run_folder import Run
from data_gen.stage import Stage


def main(recipe: str, run: str, limit: int | None = None, retry_final: bool = False) -> None:
    """Ask the recipe's teacher; `limit` takes so many problems only, `retry_final` asks final failures once more."""
    config = load_recipe(recipe)
    folder = Run(Path(run))
    settings: dict[str, Any] = {"seed": config.seed, "teacher": chat_settings(config.teacher, config)}
    if config.label is not None:
        settings["bounds"] = config.all_bounds()
    inputs = [folder.problems] + [path for path in (folder.ready_traces, folder.labels) if path.is_file()]
    with Stage(folder, "generate", settings, inputs, [folder.traces], limit, retry_final) as stage:
        if stage.finished:
            return
        with Answers(folder.traces, stage, config.teacher, config.budget_usd, retry_final) as answers:
            answers.add_ready(wanted_ready_traces(config, folder))
            try:
                answers.ask(
                    lambda needed: teacher_requests(config, folder, needed, limit),
                    folder.folder / "logs/teacher.log",
                    "traces",
                )
            finally:
                answers.funnel("traces")
            answers.check_whole()


def teacher_requests(
    config: Recipe, folder: Run, needed: Needed = lambda key: True, limit: int | None = None
) -> Iterator[ChatRequest]:
    """Yield a request for every needed (problem, sample), in the order of the problems; `limit` takes so many of them,
    some of every source."""
    teacher = config.teacher
    conversation, sampling = opening(teacher, config), sampling_of(teacher)
    chosen = first_by_hash((problem.id for problem in asked_problems(config, folder)), limit)
    for problem in asked_problems(config, folder):
        if chosen is not None and problem.id not in chosen:
            continue
        samples = [sample for sample in range(teacher.samples) if needed((problem.id, sample))]
        said = conversation(question(problem)) if samples else []
        for sample in samples:
            yield ChatRequest(problem.id, sample, said, seed_of(config.seed, problem.id, sample), sampling)


def asked_problems(config: Recipe, folder: Run) -> Iterator[Problem]:
    """Yield the problems that the teacher is asked: no answer came with them, and their difficulty is the wanted one."""
    ready = {trace.id for trace in ready_traces(folder)}
    difficulties = Difficulties(config, folder)
    for problem in read_records(folder.problems, Problem):
        if problem.id not in ready and difficulties.wanted(problem):
            yield problem


def wanted_ready_traces(config: Recipe, folder: Run) -> Iterator[Trace]:
    """Yield the answers that sources brought along to problems whose difficulty is the wanted one."""
    difficulties, wanted = Difficulties(config, folder), set()
    if folder.ready_traces.is_file():
        wanted = {problem.id for problem in read_records(folder.problems, Problem) if difficulties.wanted(problem)}
    return (trace for trace in ready_traces(folder) if trace.id in wanted)


def ready_traces(folder: Run) -> Iterator[Trace]:
    """Yield the answers that sources brought along."""
    if folder.ready_traces.is_file():
        yield from read_records(folder.ready_traces, Trace)


if __name__ == "__main__":
    command(main)
