"""Benchmarks from end to end: what an endpoint answers is what is counted, and nothing is asked twice."""

import json
from collections import Counter

import pytest
import yaml

from data_gen.cli import ConfigError, Unfinished, UserError
from data_gen.journal import write_rows
from data_gen.prompts import question
from data_gen.records import Problem, read_records
from data_gen.sandbox import harness
from eval.benchmarks import BENCHMARKS
from eval.evalplus_sets import SETS
from eval.run import main
from tests.conftest import STRONG, addition, fenced, rows
from tests.endpoint import Endpoint, answer, status
from tests.test_benchmarks import FIXTURES

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


def write_recipe(folder, benchmarks, **keys):
    """Write a recipe whose eval.yaml has these benchmarks."""
    folder.mkdir(exist_ok=True)
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in addition(6)), encoding="utf-8")
    data = {"sources": {"file": {"path": "problems.jsonl"}}, "teacher": {"model": "m"}}
    (folder / "data.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    config = {"base": "m", "sampling": {"temperature": 0.7, "max_tokens": 50}, "concurrency": 4, "benchmarks": benchmarks}
    (folder / "eval.yaml").write_text(yaml.safe_dump(config | keys), encoding="utf-8")
    return str(folder)


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


def scored(run, model, benchmark):
    return json.loads((run / "eval" / model / benchmark / "scores.json").read_text())


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


def mine(tmp_path, samples, **keys):
    """Write a recipe with one benchmark, six sums of its own."""
    problems = {"file": {"path": "problems.jsonl"}}
    return write_recipe(tmp_path / "recipe", {"mine": {"samples": samples, "problems": problems}}, **keys)


def even_seeds_are_right(body):
    number = int(body["messages"][-1]["content"].split()[2])
    return answer(f"\\boxed{{{number + 1 + body['seed'] % 2}}}")


def test_more_samples_ask_the_new_ones_only_and_fewer_are_refused(tmp_path):
    run = tmp_path / "run"
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        first = {(row["id"], row["sample"]): row for row in rows(run / "eval/m/mine/samples.jsonl")}
        main(mine(tmp_path, 4), str(run), "m", endpoint.url)
        assert len(endpoint.requests) == 24
        second = {(row["id"], row["sample"]): row for row in rows(run / "eval/m/mine/samples.jsonl")}
        assert {key: second[key] for key in first} == first
        assert scored(run, "m", "mine")["n_samples"] == 4
        with pytest.raises(ConfigError, match="samples: 4 -> 3"):
            main(mine(tmp_path, 3), str(run), "m", endpoint.url)
        assert len(endpoint.requests) == 24


def test_more_samples_beside_another_edit_are_refused_and_nothing_is_changed(tmp_path):
    run = tmp_path / "run"
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        before = (run / "manifest.json").read_text()
        with pytest.raises(ConfigError, match="seed: 0 -> 1"):
            main(mine(tmp_path, 8, seed=1), str(run), "m", endpoint.url)
        assert (run / "manifest.json").read_text() == before
        assert len(endpoint.requests) == 12


def test_a_run_with_answers_missing_has_no_score_and_goes_on_with_those(tmp_path):
    run, down = tmp_path / "run", True

    def script(body):
        return status(500) if down and "What is 3 +" in str(body) else even_seeds_are_right(body)

    with Endpoint(script) as endpoint:
        with pytest.raises(Unfinished, match="2 of 12 answers are missing"):
            main(mine(tmp_path, 2, retries=0), str(run), "m", endpoint.url)
        assert not (run / "eval/m/mine/scores.json").exists()
        down, before = False, len(endpoint.requests)
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        assert len(endpoint.requests) - before == 2
    assert rows(run / "eval/m/mine/samples.errors.jsonl") == []
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["stages"]["eval m mine"]["usage"]["completion_tokens"] == 12 * 5


def no_server(servers, weights):
    raise AssertionError("a server was started and nobody has anything to ask")


def test_an_edited_question_is_asked_anew_and_one_edited_back_gets_its_first_answer(tmp_path, monkeypatch):
    run, recipe = tmp_path / "run", mine(tmp_path, 1)
    problems = tmp_path / "recipe/problems.jsonl"
    written = problems.read_text()
    asked = []
    with Endpoint(even_seeds_are_right) as endpoint:
        for text in (written, written.replace("What is 3 + 1?", "What is 30 + 1?")):
            problems.write_text(text)
            main(recipe, str(run), "m", endpoint.url)
            asked.append(len(endpoint.requests))
    assert asked == [6, 7]
    problems.write_text(written)
    monkeypatch.setattr("eval.servers.Servers.endpoint", no_server)
    main(recipe, str(run), "m", endpoint.url)
    assert "30" not in rows(run / "eval/m/mine/samples.jsonl")[3]["text"]
    assert len(rows(run / "eval/m/mine/samples.superseded.jsonl")) == 2
    main(recipe, str(run), "m", endpoint.url, limit=5)  # reads all rows again
    usage = json.loads((run / "manifest.json").read_text())["stages"]["eval m mine"]["usage"]
    assert usage["completion_tokens"] == 7 * 5  # the answer that lies in two files was paid for once


def test_all_faults_of_eval_yaml_are_told_before_anything_is_written(tmp_path):
    path = str(FIXTURES / "aime24/train.jsonl")
    recipe = write_recipe(tmp_path / "recipe", {"aime24": {"path": path}, "math501": {}, "aime25": {"release": "v1"}})
    with pytest.raises(ConfigError, match=r"aime25\.release.*\n.*math501: no such benchmark"):
        main(recipe, str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1")
    with pytest.raises(ConfigError, match="a name is missing"):
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m,", "http://127.0.0.1:9/v1")
    assert not (tmp_path / "run").exists()


def test_a_benchmark_that_cannot_be_had_stops_nothing_but_itself(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("eval.measure.probe.require", no_sandbox)
    copies = {"aime25": {"path": str(FIXTURES / "aime25")}, "livecodebench": {"path": str(FIXTURES / "livecodebench")}}
    recipe = write_recipe(tmp_path / "recipe", copies | {"math500": {"path": str(FIXTURES)}})
    with Endpoint(lambda body: answer("\\boxed{70}")) as endpoint:
        with pytest.raises(UserError, match="not run: math500, livecodebench"):
            main(recipe, str(tmp_path / "run"), "m", endpoint.url, limit=1)
        assert len(endpoint.requests) == 64  # AIME's own number of samples
    assert "m on livecodebench: not run: no sandbox" in capsys.readouterr().out
    assert scored(tmp_path / "run", "m", "aime25")["results"][0]["value"] == 1.0
    assert not (tmp_path / "run/eval/m/livecodebench/scores.json").exists()


def no_sandbox(allow_weak):
    raise UserError("no sandbox")


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


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        (["Think first.", "Think first.", "Answer."], "2 rows have 'Think first.'; 1 rows have 'Answer.'"),
        (["Think first.", None], "1 rows have none"),
        ([None, ""], "no system prompt"),
    ],
)
def test_a_dataset_of_no_or_several_system_prompts_is_refused_with_counts(tmp_path, prompts, words):
    write_rows(tmp_path / "train.jsonl", [{"system": prompt, "conversations": []} for prompt in prompts])
    recipe = mine(tmp_path, 1, system_prompt={"from_dataset": "someone/rows", "path": str(tmp_path / "train.jsonl")})
    with pytest.raises(UserError, match=words):
        main(recipe, str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1")


def test_the_system_prompt_of_a_dataset_is_sent_and_kept_in_the_manifest(tmp_path):
    run, copy = tmp_path / "run", tmp_path / "train.jsonl"
    write_rows(copy, [{"system": "Think first.", "conversations": []}] * 3)
    with Endpoint(even_seeds_are_right) as endpoint:
        recipe = mine(tmp_path, 1, system_prompt={"from_dataset": "someone/rows", "path": str(copy)})
        main(recipe, str(run), "m", endpoint.url)
        assert {body["messages"][0]["content"] for body in endpoint.requests} == {"Think first."}
        entry = json.loads((run / "manifest.json").read_text())["system_prompt"]
        assert (entry["text"], entry["rows"], entry["repo"]) == ("Think first.", 3, "someone/rows")
        write_rows(copy, [{"system": "Answer.", "conversations": []}] * 3)
        with pytest.raises(ConfigError, match=r"system_prompt: Think first\. -> Answer\."):
            main(recipe, str(run), "m", endpoint.url)
