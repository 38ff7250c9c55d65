"""What lm-eval counted on a regression set, as verdicts.jsonl and scores.json like every benchmark's.

    score(job, run, done, found)     -> what scores.json holds; `done` is lm-eval's result, `found` each response

    {"id": "ifeval-1000", "sample": 0, "ok": true, "reason": "correct", "tier": "lm-eval", ...}

Right is what the set's first metric calls so; the metrics beside it stand in scores.json only.
"""

import datetime
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from data_gen.journal import write_rows, write_text
from data_gen.records import Row, Verdict
from data_gen.run_folder import Run
from eval.grading import Asked, Graded
from eval.measure import Job
from eval.not_run import forget
from eval.regression_sets import SETS
from eval.score import scores
from eval.stats import wilson

VERSION = "regression-1"  # of what is handed to lm-eval and how its answer is read


def score(job: Job, run: Run, done: dict[str, Any], found: dict[str, Graded]) -> dict[str, Any]:
    """Write the verdicts and the score of one model on one set, and return the latter."""
    graded = list(verdicts(done["samples"], SETS[job.benchmark].metric, found))
    result = scored(job, done, graded)
    folder = run.eval(job.model, job.benchmark)
    write_rows(folder / "verdicts.jsonl", sorted(map(_row, graded), key=lambda row: row["id"]))
    write_text(folder / "scores.json", json.dumps(result, indent=1) + "\n")
    forget(run, job.model, job.benchmark)
    return result


def verdicts(samples: dict[str, list[Row]], metric: str, found: dict[str, Graded]) -> Iterator[Graded]:
    """Yield a verdict for each of lm-eval's samples: right is what the metric calls so."""
    for task, rows in samples.items():
        for row in rows:
            one = row["doc"].get("id") if found else None
            known = found[one] if one else Graded(f"{task}-{row['doc_id']}", 0, False, "wrong", None, False, None, False, 0)
            right = bool(row[metric])
            yield known._replace(ok=right, reason="correct" if right else known.reason)


def _row(graded: Graded) -> Row:
    about = graded._asdict() | {"extracted": None, "tier": "lm-eval", "verifier_version": VERSION}
    return Verdict(**about).row()


def scored(job: Job, done: dict[str, Any], graded: list[Graded]) -> dict[str, Any]:
    """Return what scores.json holds. Metrics beside the first have Wilson's interval over what they count: IFEval's
    instructions, of which a prompt has several, are not independent, and their interval is a little narrow."""
    asked = SETS[job.benchmark]
    numbers = scores({v.id: Asked("none", (0, 0), {}) for v in graded}, graded, None)
    flat = [row for rows in done["samples"].values() for row in rows]
    for metric in asked.more:
        values = [value for row in flat for value in (row[metric] if isinstance(row[metric], list) else [row[metric]])]
        low, high = wilson(sum(values), len(values))
        value = {"value": round(sum(values) / len(values), 4), "ci95": [round(low, 4), round(high, 4)]}
        numbers["results"].append({"metric": metric, **value})
    sampling = {key: value for key, value in asdict(job.protocol.sampling).items() if key != "model"}
    return {
        "model": job.model,
        "benchmark": job.benchmark,
        **numbers,
        "harness": {"tasks": sorted(done["samples"]), "versions": done["versions"], "shots": asked.shots},
        "weights": job.weights,
        "sampling": sampling if asked.chat else None,
        "seed": job.protocol.seed,
        "verifier_version": VERSION,
        "date": datetime.date.today().isoformat(),
    }
