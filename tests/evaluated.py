"""What tests of evaluation share: a recipe whose questions are sums, and an endpoint that is right for even seeds."""

import json

import yaml

from tests.conftest import addition
from tests.endpoint import answer


def write_recipe(folder, benchmarks, **keys):
    """Write a recipe whose eval.yaml has these benchmarks."""
    folder.mkdir(exist_ok=True)
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in addition(6)), encoding="utf-8")
    data = {"sources": {"file": {"path": "problems.jsonl"}}, "teacher": {"model": "m"}}
    (folder / "data.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    config = {"base": "m", "sampling": {"temperature": 0.7, "max_tokens": 50}, "concurrency": 4, "benchmarks": benchmarks}
    (folder / "eval.yaml").write_text(yaml.safe_dump(config | keys), encoding="utf-8")
    return str(folder)


def mine(tmp_path, samples, **keys):
    """Write a recipe with one benchmark, six sums of its own."""
    problems = {"file": {"path": "problems.jsonl"}}
    return write_recipe(tmp_path / "recipe", {"mine": {"samples": samples, "problems": problems}}, **keys)


def even_seeds_are_right(body):
    number = int(body["messages"][-1]["content"].split()[2])
    return answer(f"\\boxed{{{number + 1 + body['seed'] % 2}}}")


def scored(run, model, benchmark):
    return json.loads((run / "eval" / model / benchmark / "scores.json").read_text())
