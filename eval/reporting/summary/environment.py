"""Where a run's numbers were made, and out of what: commit, versions, processors, sandbox, revisions, hashes of inputs.

provenance(manifest, scores, trainings)
-> {"gpu": "NVIDIA H100 80GB HBM3", "gpus": 8, "nodes": 1, "sandbox": {"verify": {"landlock": 5000}},
    "revisions": {"AI-MO/NuminaMath-CoT": "9d8d210c..."}, "inputs": {"generate": {"01_problems.jsonl": "1186c3..."}},
    "verifier": "math-5+choice-2+code-1+math-verify-0.9.0", "first": "2026-11-26T02:39:30+00:00", "last": "..."}
"""

from typing import Any

from eval.reporting.reading.records import Manifest, Scores, Training


def provenance(manifest: Manifest, scores: list[Scores], trainings: dict[str, Training]) -> dict[str, Any]:
    """Return what the manifest, the scores and the trainings say of where they were made."""
    stages = manifest.stages
    dates = sorted(stage.date for stage in stages.values() if stage.date)
    sandbox = {name: stage.sandbox for name, stage in stages.items() if stage.sandbox}
    sandbox |= {f"eval {one.model} {one.benchmark}": one.sandbox for one in scores if one.sandbox}
    trained = next((one.conditions for one in trainings.values() if one.conditions), {})
    verify = stages.get("verify")
    return {
        "gpu": trained.get("gpu"),
        "gpus": trained.get("gpus"),
        "nodes": trained.get("nodes"),
        "sandbox": sandbox,
        "revisions": _revisions(manifest),
        "inputs": {name: stage.inputs for name, stage in stages.items() if stage.inputs},
        "questions": {name: known.get("sha256") for name, known in manifest.benchmarks.items()},
        "verifier": verify.settings.get("verifier_version") if verify else None,
        "first": dates[0] if dates else None,
        "last": dates[-1] if dates else None,
    }


def _revisions(manifest: Manifest) -> dict[str, str | None]:
    """Return the revision at which each repository of a hub was read."""
    found: dict[str, str | None] = {}
    for stage in manifest.stages.values():
        found |= stage.revisions
    for known in manifest.benchmarks.values():
        found |= known.get("sources") or {}
        if known.get("repo"):
            found[known["repo"]] = known.get("revision")
    return dict(sorted(found.items()))
