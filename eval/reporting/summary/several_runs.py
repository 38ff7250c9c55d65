"""Several runs beside each other: their scores by benchmark, paired differences, funnels, changed settings, costs.

    summarize_runs([Run(Path("runs/a")), Run(Path("runs/b"))])
    -> {"runs": [{"run": "a", "recipe": "quickstart", ...}, ...], "results": [{"run": "a", "model": "trained", ...}],
        "differences": [{"run": "b", "baseline_run": "a", "benchmark": "heldout", "model": "trained", ...}],
        "funnels": {"a": [...]}, "settings": [...], "costs": {"a": [...]}, "totals": {"a": {...}}}

Every other run is held against the first: a model of both, on the problems that both answered. Nothing is read of a run's
data but its manifest, funnel, scores, verdicts of evaluations and train.json.
"""

from typing import Any

from data_gen.cli import UserError
from data_gen.run_folder import Run
from eval import compare
from eval.reporting.reading import records
from eval.reporting.summary.costs import costs, totals
from eval.reporting.summary.environment import provenance
from eval.reporting.summary.headline import trained
from eval.reporting.summary.public import public
from eval.reporting.summary.scores import measured, place, recipe_name
from eval.reporting.summary.settings import changed


def summarize_runs(runs: list[Run]) -> dict[str, Any]:
    """Return summary.json of several runs. Raises UserError that names a broken file."""
    manifests = [(run.name, records.manifest(run)) for run in runs]
    scores = {run.name: records.scores(run) for run in runs}
    facts, funnels, spent = [], {}, {}
    for run, (name, manifest) in zip(runs, manifests, strict=True):
        lines, trainings = records.funnel(run), records.trainings(run)
        origin = provenance(manifest, scores[name], trainings)
        gpu = f"{origin['gpus']} x {origin['gpu']}" if origin["gpus"] else "none" if origin["gpus"] == 0 else None
        unfinished = [stage for stage, record in manifest.stages.items() if not record.finished]
        rows = sorted({one.rows for one in trainings.values() if one.rows is not None})
        about = {
            "run": name,
            "trained": trained(manifest),
            "rows": rows,
            "recipe": recipe_name(run),
            "commit": manifest.environment.get("commit"),
            "gpus": gpu,
        }
        facts.append(about | {"cpus": manifest.environment.get("cpus"), "last": origin["last"], "unfinished": unfinished})
        funnels[name] = [line.model_dump(mode="json", by_alias=True) for line in lines]
        spent[name] = costs(manifest, lines, trainings)
    results = [{"run": run.name, **row} for run in runs for row in measured(scores[run.name])]
    summary: dict[str, Any] = {
        "runs": facts,
        "results": sorted(results, key=lambda row: (row["benchmark"], row["metric"], place(row["model"]), row["model"])),
        "differences": differences(runs, {name: {(s.model, s.benchmark) for s in one} for name, one in scores.items()}),
        "funnels": funnels,
        "settings": changed(manifests),
        "costs": spent,
        "totals": {name: totals(rows) for name, rows in spent.items()},
    }
    cleaned: dict[str, Any] = public(summary)
    return cleaned


def differences(runs: list[Run], scored: dict[str, set[tuple[str, str]]]) -> list[dict[str, Any]]:
    """Return each later run's models against those of the same name in the first run, on every benchmark of both."""
    first, *others = runs
    rows = []
    for run in others:
        both = scored[first.name] & scored[run.name]
        for model, benchmark in sorted(both, key=lambda one: (one[1], place(one[0]), one[0])):
            try:
                row = compare.row(run, model, first, model, benchmark)
            except UserError as reason:  # other problems, or verdicts that are not there
                row = {"model": model, "benchmark": benchmark, "problems": 0, "why": str(reason).partition(";")[0]}
            rows.append({"run": run.name, **row, "baseline_run": first.name})
    return rows
