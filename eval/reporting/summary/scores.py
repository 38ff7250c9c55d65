"""The scores of a run as rows of summary.json, and those that others measured beside them.

results(run)     -> [{"model": "trained", "benchmark": "heldout", "metric": "accuracy", "value": 0.51, "ci95": [...],
                      "n": 263, "n_samples": 1, "no_answer": 0.0, "truncated": 0.0, "undecided": 0.0,
                      "date": "2026-11-26", "origin": "measured"}, ...]
beside(run, ...) -> [{"model": "trained", "ours": {...}, "theirs": {...}, "says": "inside", ...}, ...]
"""

from pathlib import Path
from typing import Any

from data_gen.run_folder import Run
from eval.published import PublishedScores, as_result, verdict
from eval.reporting.reading import records
from eval.reporting.reading.records import Manifest, Scores

ORDER = {"base": 0, "base_few_shot": 1, "trained": 2}
OF_ALL = ("n", "n_samples", "no_answer", "truncated", "undecided", "date")


def results(run: Run) -> list[dict[str, Any]]:
    """Return a row for every model, benchmark and metric that was scored in this run."""
    return measured(records.scores(run))


def measured(scores: list[Scores]) -> list[dict[str, Any]]:
    """Return a row for every metric of these scores; what a metric says of itself counts before what all share."""
    rows = []
    for one in scores:
        shared = {name: getattr(one, name) for name in OF_ALL}
        for result in one.results:
            row = {"model": one.model, "benchmark": one.benchmark, **shared, **result.row(), "origin": "measured"}
            rows.append(row)
    return sorted(rows, key=lambda row: (row["benchmark"], place(row["model"]), row["model"], row["metric"]))


def place(model: str) -> int:
    """Return where a model stands among the others: base, base with examples, trained, others."""
    return ORDER.get(model, 9)


def recipe_name(run: Run) -> str:
    """Return the recipe's name: that of the dataset which the run exported, else the run's."""
    datasets = sorted(run.dataset.glob("*.jsonl"))
    return datasets[0].stem if datasets else run.name


def base_of(manifest: Manifest, weights: str) -> str | None:
    """Return what a model of this run was trained from, None where the run did not train it."""
    stage = manifest.stages.get(f"train {Path(weights).name.removesuffix('-merged')}")
    base = stage.part("training").get("model_name_or_path") if stage else None
    return str(base) if base is not None else None


def beside(run: Run, manifest: Manifest, scores: list[Scores], published: PublishedScores) -> list[dict[str, Any]]:
    """Return our result beside each score that others measured of the same model, or of the one that ours is made like.

    For the models that this run evaluated, on the benchmarks that it or its recipe has: `ours` is None where not run.
    """
    rows = measured(scores)
    evaluated = {one.model: one.weights or one.model for one in scores}
    benchmarks = {row["benchmark"] for row in rows} | set(manifest.benchmarks)
    ours = {(row["model"], row["benchmark"], row["metric"]): row for row in rows}
    lines = []
    for model, weights in sorted(evaluated.items(), key=lambda item: place(item[0])):
        theirs = published.beside(recipe_name(run), weights, base_of(manifest, weights))
        for score in published.scores:
            if score.model in theirs and score.benchmark in benchmarks:
                row = ours.get((model, score.benchmark, score.metric))
                lines.append({"model": model, "ours": row, "theirs": as_result(score), **verdict(row, score)})
    return sorted(lines, key=lambda line: (line["theirs"]["benchmark"], line["theirs"]["metric"]))


def published_results(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return others' scores for summary.json's results, each once: several models of ours may stand beside one of theirs."""
    rows: list[dict[str, Any]] = []
    for line in lines:
        if line["theirs"] not in rows:
            rows.append(line["theirs"])
    return rows
