"""Benchmarks from end to end: what an endpoint answers is what is counted, and nothing is asked twice."""

from collections import Counter

import pytest

from data_gen.prompts import question
from data_gen.records import Problem, read_records
from data_gen.sandbox import harness
from eval.benchmarks import BENCHMARKS
from eval.evalplus_sets import SETS
from eval.run import main
from tests.benchmark_copies import FIXTURES
from tests.conftest import STRONG, fenced
from tests.endpoint import Endpoint, answer
from tests.evaluated import mine, scored, write_recipe

EVERY = [name for name in BENCHMARKS if name not in SETS or not harness.unavailable()]
COPIES = {name: name for name in EVERY} | {
    "aime24": "aime24/train.jsonl",
    "amc23": "amc23/test.jsonl",
    "gpqa_diamond": "gpqa",
    "olympiadbench": "olympiadbench/rows.jsonl",
    "gsm8k": "gsm8k/test.jsonl",
    "humaneval": "humaneval/test.jsonl",
}
SOLUTIONS = {  # of the contest problems in the fixtures; HumanEval brings its own
    "livecodebench-abc900_a": "print(2 * int(input()))",
    "livecodebench-9001": "class Solution:\n    def total(self, nums, k):\n        return sum(nums) + k",
    "livecodebench-abc901_b": "print(input())",
}
needs_sandbox = pytest.mark.skipif(not STRONG, reason="no sandbox holds here")


def right_answer(problem):
    """Return what a perfect model says."""
    if problem.verifier != "code_tests":
        return f"So it is \\boxed{{{problem.gold['answer']}}}."
    return fenced(SOLUTIONS.get(problem.id) or problem.meta["reference_solutions"][0])


class Models:
    """An endpoint's script: three models, the first of which knows every gold of a run."""

    def __init__(self, run):
        self.run, self.answers = run, {}

    def __call__(self, body):
        if not self.answers:  # set as a whole: requests come at the same time
            known = [one for path in (self.run / "benchmarks").iterdir() for one in read_records(path, Problem)]
            self.answers = {question(one): right_answer(one) for one in known}
        said = self.answers[body["messages"][-1]["content"]]
        return {"oracle": answer(said), "empty": answer(""), "truncating": answer(said, "length")}[body["model"]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return the folder of a run in which three models answered every benchmark, and what they were asked."""
    folder = tmp_path_factory.mktemp("evaluation")
    benchmarks = {name: {"path": str(FIXTURES / copy), "samples": 2} for name, copy in COPIES.items()}
    run = folder / "run"
    with Endpoint(Models(run)) as endpoint:
        main(write_recipe(folder / "recipe", benchmarks), str(run), "oracle,empty,truncating", endpoint.url)
    return run, endpoint.requests


@needs_sandbox
@pytest.mark.parametrize(
    ("model", "accuracy", "share"), [("oracle", 1.0, None), ("empty", 0.0, "no_answer"), ("truncating", 0.0, "truncated")]
)
@pytest.mark.parametrize("benchmark", EVERY)
def test_what_an_endpoint_gives_is_what_is_counted(measured, benchmark, model, accuracy, share):
    found = scored(measured[0], model, benchmark)
    assert found["results"][0]["metric"] == "accuracy"
    assert found["results"][0]["value"] == found["harness"]["accuracy"] == accuracy
    assert {name: found[name] for name in ("no_answer", "truncated", "undecided")} == {
        name: float(name == share) for name in ("no_answer", "truncated", "undecided")
    }
    assert found["counts"]["samples"] == 2 * found["n"]
    for result in found["results"]:
        assert result["ci95"][0] < result["ci95"][1]
        assert result["value"] == accuracy or result["metric"] == "accuracy_last_number"


@needs_sandbox
def test_every_seed_on_the_wire_is_another(measured):
    asked = Counter((body["model"], body["messages"][-1]["content"]) for body in measured[1] if body["model"] == "oracle")
    seeds = {body["seed"] for body in measured[1] if body["model"] == "oracle"}
    assert set(asked.values()) == {2}
    assert len(seeds) == asked.total()


@needs_sandbox
@pytest.mark.parametrize(
    ("benchmark", "key", "values"),
    [("livecodebench", "difficulty", ["easy", "medium", "hard"]), ("math500", "level", ["1", "2"])],
)
def test_scores_are_broken_down_by_level(measured, benchmark, key, values):
    found = scored(measured[0], "oracle", benchmark)
    table = found["by"][key]
    assert list(table) == values
    named = [result["metric"] for result in found["results"] if result.get("n")]
    assert named == ([f"accuracy_{value}" for value in values] if key == "difficulty" else [])
    assert {row["value"] for row in table.values()} == {1.0}
    assert sum(row["n"] for row in table.values()) == found["n"]


def looping(body):
    """Loop in every answer: cut off in two, right in two, wrong in two."""
    number = int(body["messages"][-1]["content"].split()[2])
    said = "Wait, let me check this once more. " * 40
    if number < 2:
        return answer(said, "length")
    return answer(f"{said}\\boxed{{{number + 1 + (number > 3)}}}")


def test_a_response_that_loops_is_counted_and_graded_all_the_same(tmp_path):
    with Endpoint(looping) as endpoint:
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m", endpoint.url)
    found = scored(tmp_path / "run", "m", "mine")
    assert found["counts"]["repeating"] == found["n"] == 6
    assert found["reasons"] == {"truncated": 2, "correct": 2, "wrong": 2}
    assert found["tokens"] == {"told": 6, "mean": 5.0, "p50": 5, "p90": 5, "p99": 5, "max": 5}
