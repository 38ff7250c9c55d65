"""summary.json: all that the report of one run says, out of the run's own files.

    summarize(Run(Path("runs/quickstart")))
    -> {"recipe": "quickstart", "run": "quickstart", "headline": {...}, "results": [...], "published": [...],
        "comparison": [...], "funnel": [...], "acceptance": {...}, "lengths": {...}, "losses": {...}, "costs": [...], ...}

Values and bounds are fractions. Nothing stands on a page that is not in here. Absolute paths are cut (`public.py`).
Rows are streamed: problems, verdicts, traces and mixture once each.
"""

from typing import Any

from data_gen.run_folder import Run
from eval import compare
from eval.published import read_published
from eval.reporting.reading import records
from eval.reporting.summary.acceptance import acceptance
from eval.reporting.summary.costs import costs, totals
from eval.reporting.summary.environment import provenance
from eval.reporting.summary.headline import headline
from eval.reporting.summary.lengths import completions, row_lengths
from eval.reporting.summary.losses import losses
from eval.reporting.summary.missing import not_run
from eval.reporting.summary.mixture import mixture
from eval.reporting.summary.public import public
from eval.reporting.summary.scores import beside, measured, published_results, recipe_name


def summarize(run: Run) -> dict[str, Any]:
    """Return summary.json of a run, however far it got. Raises UserError that names a broken file."""
    manifest, lines = records.manifest(run), records.funnel(run)
    scores, trainings, published = records.scores(run), records.trainings(run), read_published()
    stages = manifest.stages
    others = beside(run, manifest, scores, published)
    rows, lengths = mixture(run)
    spent = costs(manifest, lines, trainings)
    comparison = compare.within(run)
    summary: dict[str, Any] = {
        "recipe": recipe_name(run),
        "run": run.name,
        "headline": {},
        "results": [*measured(scores), *published_results(others)],
        "published": others,
        "comparison": comparison,
        "funnel": [line.model_dump(mode="json", by_alias=True) for line in lines],
        **acceptance(run, rows),
        "mixture": rows,
        "lengths": {"completions": completions(run, manifest, lines), "rows": row_lengths(lengths, manifest, lines)},
        "answers": [
            {"model": s.model, "benchmark": s.benchmark, "truncated": s.truncated, **(s.tokens or {})} for s in scores
        ],
        "losses": losses(trainings),
        "cost": {name: stage.dollars for name, stage in stages.items() if stage.dollars is not None},
        "seconds": {name: stage.seconds for name, stage in stages.items() if stage.seconds is not None},
        "tokens": {name: stage.usage.row() for name, stage in stages.items() if stage.usage},
        "tokens_per_second": {name: s.tokens_per_second for name, s in stages.items() if s.tokens_per_second},
        "costs": spent,
        "totals": totals(spent),
        "environment": manifest.environment,
        "provenance": provenance(manifest, scores, trainings),
        "unfinished": [name for name, stage in stages.items() if not stage.finished],
        "not_run": not_run(run, manifest, scores, comparison, published),
    }
    summary["headline"] = headline(summary, manifest)
    cleaned: dict[str, Any] = public(summary)
    return cleaned
