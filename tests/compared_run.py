"""Runs in which models have answered a benchmark, some of its problems rightly; a fixture of the tests of comparisons."""

import json
from typing import Any

import pytest

from data_gen.run_folder import Run

SETTINGS: dict[str, Any] = {
    "weights": "w",
    "origin": None,
    "sampling": {"temperature": 0.7, "top_p": 0.95, "max_tokens": 400},
    "system_prompt": "Think about it | step by step, for as long as you like.",
    "samples": 1,
}


@pytest.fixture
def evaluated(tmp_path):
    """Return a function that writes a run in which models answered a benchmark of n problems, some of them rightly."""

    def made(name="run", benchmark="mine", n=40, settings=None, **right):
        run = Run(tmp_path / name)
        manifest = {"run": name, "stages": {}}
        for model, solved in right.items():
            folder = run.eval(model, benchmark)
            folder.mkdir(parents=True)
            rows = [
                {"id": f"p{i}", "sample": 0, "ok": True if i < solved else None if i == solved else False} for i in range(n)
            ]
            (folder / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            result = {"metric": "accuracy", "value": solved / n, "ci95": [0.1, 0.9]}
            shares = {"no_answer": 0.0, "truncated": 0.0, "undecided": 0.0}
            of = {"model": model, "benchmark": benchmark, "weights": f"Qwen/{model}", "n": n, "n_samples": 1}
            (folder / "scores.json").write_text(json.dumps(of | shares | {"date": "2025-01-01", "results": [result]}))
            manifest["stages"][f"eval {model} {benchmark}"] = {"settings": SETTINGS | (settings or {}).get(model, {})}
        run.manifest.write_text(json.dumps(manifest))
        return run

    return made
