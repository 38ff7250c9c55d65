"""label: a model rates how hard a problem is, 1 to 10, where the recipe has bounds and no difficulty is published.

    python -m data_gen.label --recipe=recipes/sky_t1_preview --run=runs/sky_t1_preview

Reads 01_problems.jsonl, asks the recipe's `label` model about problems that need it, and writes

    01_labels.jsonl            {"id": "numina-olympiads-9f1c...", "difficulty": 8.0, "ratings": [8.0], ...}
    01_labels.answers.jsonl    what the model said, word for word, and beside it the requests that failed
    01_labels.removed.jsonl    problems that generate will not ask about, with why

Of several samples the mean counts. An answer without a rating is no number: the problem stays unlabelled, is counted as
such, and is not asked about, because its difficulty is not known to be the wanted one.
"""

import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from data_gen.answers import Answers, Needed
from data_gen.asked_model import chat_settings, opening, sampling_of
from data_gen.cli import command
from data_gen.config import ChatModel
from data_gen.difficulty import SCALE, Difficulties, first_by_hash, needs_label, rating
from data_gen.journal import write_rows
from data_gen.prompts import question
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Problem, Row, read_records
from data_gen.responses import ChatRequest, seed_of
from data_gen.run_folder import Run
from data_gen.stage import Stage


def main(recipe: str, run: str, limit: int | None = None, retry_final: bool = False) -> None:
    """Rate the problems that need it; `limit` takes so many problems only, `retry_final` asks final failures once more."""
    config = load_recipe(recipe)
    folder = Run(Path(run))
    if config.label is None:
        print("label     the recipe has no `label`: difficulties are the published ones")
        return
    model = config.label
    settings = {"seed": config.seed, "label": chat_settings(model, config), "bounds": config.all_bounds()}
    with Stage(folder, "label", settings, [folder.problems], [folder.labels, folder.ratings], limit, retry_final) as stage:
        if stage.finished:
            return
        with Answers(folder.ratings, stage, model, config.budget_usd, retry_final) as answers:
            try:
                answers.ask(
                    lambda needed: rating_requests(config, model, folder, needed, limit),
                    folder.folder / "logs/label.log",
                    "ratings",
                )
            finally:
                write_rows(folder.labels, _labels(answers, model))
                _tell_removed(config, folder, stage)
            answers.check_whole()


def rating_requests(
    config: Recipe, model: ChatModel, folder: Run, needed: Needed, limit: int | None = None
) -> Iterator[ChatRequest]:
    """Yield a request for every needed sample of every problem that has to be rated, among `limit` of those."""
    conversation, sampling = opening(model, config), sampling_of(model)
    unrated = (problem.id for problem in read_records(folder.problems, Problem) if needs_label(config, problem))
    chosen = first_by_hash(unrated, limit)
    for problem in read_records(folder.problems, Problem):
        if not needs_label(config, problem) or (chosen is not None and problem.id not in chosen):
            continue
        for sample in range(model.samples):
            if needed((problem.id, sample)):
                said = conversation(question(problem))
                yield ChatRequest(problem.id, sample, said, seed_of(config.seed, problem.id, sample), sampling)


def _labels(answers: Answers, model: ChatModel) -> Iterator[Row]:
    """Yield a row for every problem with at least one rating, sorted by id."""
    ratings: dict[str, list[float]] = {}
    for key in sorted(answers.whole):
        value = rating(answers.whole.read(key)["text"])
        if value is not None:
            ratings.setdefault(key[0], []).append(value)
    for problem, values in ratings.items():
        mean = round(statistics.fmean(values), 2)
        yield {"id": problem, "difficulty": mean, "ratings": values, "model": model.model, "scale": SCALE}


def _tell_removed(config: Recipe, folder: Run, stage: Stage) -> None:
    """Write the list of problems that are not wanted, and the funnel's line."""
    difficulties = Difficulties(config, folder)
    removed: list[Row] = []
    total = 0
    for problem in read_records(folder.problems, Problem):
        total += 1
        if not difficulties.wanted(problem):
            value = difficulties.of(problem)
            reason = "unlabelled" if value is None else "difficulty"
            removed.append({"id": problem.id, "source": problem.source, "reason": reason, "detail": value})
    write_rows(folder.labels.with_name("01_labels.removed.jsonl"), removed)
    stage.funnel(total, total - len(removed), dict(Counter(row["reason"] for row in removed)), "problems")


if __name__ == "__main__":
    command(main)
