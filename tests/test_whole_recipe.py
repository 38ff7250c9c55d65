"""The published recipe as it stands, from its sources to its dataset: only paths and endpoints are put in, as a user would.

Rows are those of the fixtures, in each source's published schema; one endpoint plays the labelling model, the teacher, which
answers from the gold, and the rewriting model, as `model` in the request says.
"""

import json

import pytest
import yaml

from data_gen import train_env
from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint, answer
from tests.stages import faithful

FIXTURES = ROOT / "tests/fixtures"
SOURCES = FIXTURES / "sources"
PUBLISHED = ROOT / "recipes/sky_t1_preview"
MODULES = ["eval.benchmarks"] + [
    f"data_gen.{stage}" for stage in ("collect", "label", "generate", "rewrite", "verify", "mix", "export")
]

pytestmark = pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")


def local_copy(folder, url):
    """Write a recipe that is sky_t1_preview with local rows, the quickstart's student and a scripted endpoint."""
    published = yaml.safe_load((PUBLISHED / "data.yaml").read_text())
    labels = [
        {**published["sources"]["numina"]["labels"][0], "repo": None, "path": str(SOURCES / "math_levels.jsonl")},
        {**published["sources"]["numina"]["labels"][1], "repo": None, "path": str(SOURCES / "numina_difficulty.jsonl")},
    ]
    labels = [{key: value for key, value in row.items() if key not in ("repo", "files")} for row in labels]
    asked = {"endpoints": [{"base_url": url, "concurrency": 8}], "retries": 0}
    benchmarks = {
        "math500": {"path": str(FIXTURES / "benchmarks/math500")},
        "aime24": {"path": str(FIXTURES / "benchmarks/aime24/train.jsonl")},
        "gpqa_diamond": {"path": str(FIXTURES / "benchmarks/gpqa")},
        "livecodebench": {"path": str(FIXTURES / "benchmarks/livecodebench")},
    }
    data = {
        "sources": {
            "numina": {"path": str(SOURCES / "numina.jsonl"), "labels": labels},
            "apps": {"path": str(SOURCES / "apps.jsonl")},
            "taco": {"path": str(SOURCES), "files": ["train_taco.jsonl", "test_taco.jsonl"]},
            "still2": {"path": str(SOURCES / "still2.jsonl")},
        },
        "student": {"config": "quickstart"},
        "label": asked,
        "teacher": asked,
        "rewriter": asked,
    }
    folder.mkdir()
    for name, content in (("data", data), ("eval", {"benchmarks": benchmarks})):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"extends": str(PUBLISHED), **content}))
    return folder


def right_answer(problem):
    """Return an answer with the gold in it: the box of a number, a reference program for tests."""
    if problem["verifier"] == "math_answer":
        return f"We look at what is asked.\n\nThe answer is \\boxed{{{problem['gold']['answer']}}}."
    program = problem["meta"]["reference_solutions"][0]
    return f"We read what is asked.\n\n```python\n{program}\n```"


def test_the_published_recipe_makes_a_dataset_of_every_source(command, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    run = tmp_path / "run"
    models = []

    def plays(body):
        models.append(body["model"])
        said = body["messages"][-1]["content"]
        if "<difficulty>" in str(body["messages"][0]["content"]):
            return answer("One idea.\n<difficulty>9</difficulty>")
        if body["model"] == "Qwen/QwQ-32B-Preview":
            asked = next(row for row in rows(run / "data/01_problems.jsonl") if row["question"].strip() in said)
            return answer(right_answer(asked))
        return faithful(body)

    with Endpoint(plays) as endpoint:
        folder = local_copy(tmp_path / "sky_t1_preview", endpoint.url)
        for module in MODULES:
            done = command(module, f"--recipe={folder}", f"--run={run}")
            assert done.returncode == 0, (module, done.stderr)
    assert {"gpt-4o-mini", "Qwen/QwQ-32B-Preview"} <= set(models)

    funnel = {line["stage"]: line for line in json.loads((run / "data/funnel.json").read_text())}
    sources = set(funnel["collect"]["by_source"])
    assert sources == {"numina", "apps", "taco", "still2"}
    for line in funnel.values():
        for part in [line, *line.get("by_source", {}).values()]:
            assert part["in"] == part["kept"] + sum(part["reasons"].values()), line["stage"]
    assert {row["rewriter"] for row in rows(run / "data/03_rewritten.jsonl")} == {"gpt-4o-mini", "rules"}  # still2: ready
    mixed = rows(run / "data/05_mixture.jsonl")
    assert {row["source"] for row in mixed} == sources
    assert len(rows(run / "dataset/sky_t1_preview.jsonl")) == len(mixed) == funnel["export"]["kept"]
