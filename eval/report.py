"""report: what the run did, in three files: report.md, index.html, summary.json. Prints the table.

    python -m eval.report --run=runs/quickstart

Everything is read from the run's own files; nothing is computed here that is not in summary.json. A cell that was not
run says so.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from data_gen.cli import UserError, command
from data_gen.journal import write_text
from data_gen.records import Problem, key, read_records, read_rows
from data_gen.run_folder import Run
from data_gen.stage import read_funnel, read_manifest
from eval import compare, report_pages
from eval.published import PublishedScores, as_result, read_published, verdict
from eval.score import read_scores
from eval.stats import share

ORDER = {"base": 0, "base_few_shot": 1, "trained": 2}


def main(run: str) -> None:
    """Write the report of a run into runs/<run>/report/ and print its table."""
    folder = Run(Path(run))
    if not folder.manifest.is_file():
        raise UserError(f"{folder.folder}: no run there (no manifest.json); `make data` starts one")
    summary = summarize(folder)
    losses = _losses(folder)
    write_text(folder.report / "summary.json", json.dumps(summary, indent=1) + "\n")
    write_text(folder.report / "report.md", report_pages.markdown(summary))
    write_text(folder.report / "index.html", report_pages.html(summary, losses))
    print()
    print(report_pages.table(summary["results"]))
    print(f"\nreport: {folder.report / 'index.html'}")


def summarize(run: Run) -> dict[str, Any]:
    """Return summary.json: results, funnel, cost and seconds, each as the stages recorded it."""
    manifest = read_manifest(run)
    stages = manifest["stages"]
    published = read_published()
    measured = results(run)
    others = beside(run, measured, published)
    return {
        "recipe": _recipe_name(run),
        "run": run.name,
        "results": [*measured, *published_results(others)],
        "published": others,
        "comparison": compare.within(run),
        "funnel": read_funnel(run),
        "verification": verification(run),
        "rewriting": rewriting(run),
        "cost": {name: stage["dollars"] for name, stage in stages.items() if stage.get("dollars") is not None},
        "seconds": {name: stage["seconds"] for name, stage in stages.items() if "seconds" in stage},
        "tokens": {name: stage["usage"] for name, stage in stages.items() if stage.get("usage")},
        "tokens_per_second": {n: s["tokens_per_second"] for n, s in stages.items() if s.get("tokens_per_second")},
        "environment": manifest.get("environment", {}),
        "unfinished": [name for name, stage in stages.items() if not stage.get("finished")],
    }


def _recipe_name(run: Run) -> str:
    """Return the recipe's name: that of the dataset which the run exported, else the run's."""
    datasets = sorted(run.dataset.glob("*.jsonl"))
    return datasets[0].stem if datasets else run.name


def results(run: Run) -> list[dict[str, Any]]:
    """Return a row for every model, benchmark and metric that was scored in this run."""
    rows = []
    for scores in _scores(run):
        shared = {name: scores[name] for name in ("n", "n_samples", "no_answer", "truncated", "undecided", "date")}
        for result in scores["results"]:
            rows.append(
                {"model": scores["model"], "benchmark": scores["benchmark"], **shared, **result, "origin": "measured"}
            )
    return sorted(rows, key=lambda row: (row["benchmark"], ORDER.get(row["model"], 9), row["model"], row["metric"]))


def _scores(run: Run) -> list[dict[str, Any]]:
    return [read_scores(path) for path in sorted((run.folder / "eval").glob("*/*/scores.json"))]


def beside(run: Run, measured: list[dict[str, Any]], published: PublishedScores) -> list[dict[str, Any]]:
    """Return our result beside each score that others measured of the same model, or of the one that ours is made like.

    For the models that this run evaluated, on the benchmarks that it or its recipe has: `ours` is None where not run.
    """
    manifest = read_manifest(run)
    evaluated = {scores["model"]: scores["weights"] for scores in _scores(run)}
    benchmarks = {row["benchmark"] for row in measured} | set(manifest.get("benchmarks", {}))
    ours = {(row["model"], row["benchmark"], row["metric"]): row for row in measured}
    lines = []
    for model, weights in sorted(evaluated.items(), key=lambda item: ORDER.get(item[0], 9)):
        stage = manifest["stages"].get(f"train {Path(weights).name.removesuffix('-merged')}")
        trained_from = stage["settings"]["training"]["model_name_or_path"] if stage else None
        theirs = published.beside(_recipe_name(run), weights, trained_from)
        for score in published.scores:
            if score.model in theirs and score.benchmark in benchmarks:
                row = ours.get((model, score.benchmark, score.metric))
                lines.append({"model": model, "ours": row, "theirs": as_result(score), **verdict(row, score)})
    return sorted(lines, key=lambda line: (line["theirs"]["benchmark"], line["theirs"]["metric"]))


def published_results(beside: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return others' scores for summary.json's results, each once: several models of ours may stand beside one of theirs."""
    rows: list[dict[str, Any]] = []
    for line in beside:
        if line["theirs"] not in rows:
            rows.append(line["theirs"])
    return rows


def verification(run: Run) -> list[dict[str, Any]]:
    """Return, by domain, how many answers were graded, the share that was right, and how many rows of the mixture were not
    decided right: none where the recipe verifies, and what verification would have kept out where it does not."""
    if not (run.verdicts.is_file() and run.mixture.is_file()):
        return []
    domains = {problem.id: problem.domain for problem in read_records(run.problems, Problem)}
    right: dict[str, dict[str, list[bool]]] = {}
    for row in read_rows(run.verdicts):
        if row["id"] in domains:
            right.setdefault(domains[row["id"]], {}).setdefault(row["id"], []).append(row["ok"] is True)
    kept, wrong = Counter[str](), Counter[str]()
    for row in read_rows(run.mixture):
        kept[row["domain"]] += 1
        wrong[row["domain"]] += row["ok"] is not True
    lines = []
    for domain, problems in sorted(right.items()):
        value, low, high = share(list(problems.values()))
        line = {"domain": domain, "n": sum(map(len, problems.values())), "value": value, "ci95": [low, high]}
        lines.append(line | {"rows": kept[domain], "rows_not_right": wrong[domain]})
    return lines


def rewriting(run: Run) -> list[dict[str, Any]]:
    """Return, by domain, the share of the same traces that was accepted as the teacher wrote them and after a model rewrote
    them (dropped ones count as not accepted); empty where no model rewrote."""
    if not (run.verdicts_before.is_file() and run.verdicts.is_file()):
        return []
    domains = {problem.id: problem.domain for problem in read_records(run.problems, Problem)}
    after = {key(row): row["ok"] is True for row in read_rows(run.verdicts)}
    pairs: dict[str, dict[str, list[tuple[bool, bool]]]] = {}
    for row in read_rows(run.verdicts_before):
        known = domains.get(row["id"])
        if known is not None:
            problems = pairs.setdefault(known, {})
            problems.setdefault(row["id"], []).append((row["ok"] is True, after.get(key(row), False)))
    rows = []
    for domain, problems in sorted(pairs.items()):
        line: dict[str, Any] = {"domain": domain, "problems": len(problems), "n": sum(map(len, problems.values()))}
        for side, name in enumerate(("before", "after")):
            value, low, high = share([[pair[side] for pair in found] for found in problems.values()])
            line[name] = {"value": value, "ci95": [low, high]}
        rows.append(line)
    return rows


def _losses(run: Run) -> dict[str, list[list[float]]]:
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["losses"]
        for path in sorted((run.folder / "model").glob("*/train.json"))
    }


if __name__ == "__main__":
    command(main)
