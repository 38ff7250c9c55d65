"""Collect: what is removed before anything is paid for, and settings and files that cannot be meant."""

import json

import pytest
import yaml

from data_gen.sections import thought_solution
from tests.conftest import rows
from tests.endpoint import Endpoint
from tests.stages import run_stages, solve


def test_duplicates_and_benchmark_questions_are_removed_before_anything_is_paid_for(command, recipe, tmp_path):
    run = tmp_path / "run"
    folder = recipe(decontaminate={"against": ["mine"]})
    problems = rows(folder / "problems.jsonl")
    problems.append({**problems[0], "id": "again", "question": "what  is 0 + 1?"})
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
    missing = command("data_gen.collect", f"--recipe={folder}", f"--run={run}")
    assert missing.returncode == 1
    assert "eval.benchmarks" in missing.stderr
    (run / "benchmarks").mkdir(parents=True)
    (run / "benchmarks/mine.jsonl").write_text(json.dumps(problems[5]) + "\n")
    run_stages(command, folder, run, ["collect"])
    removed = {(row["id"], row["reason"]) for row in rows(run / "data/01_problems.removed.jsonl")}
    assert removed == {("again", "duplicate"), ("add-0005", "contaminated")}
    assert len(rows(run / "data/01_problems.jsonl")) == 19


def test_a_problem_without_a_usable_gold_is_removed_before_anything_is_paid_for(command, recipe, tmp_path):
    folder = recipe(problems=3)
    base = {"domain": "science", "verifier": "choice"}
    bad = [
        {"id": "b1", "question": "one?", "domain": "math", "verifier": "math_answer", "gold": {}},
        {"id": "b2", "question": "two?", "domain": "math", "verifier": "math_answer", "gold": {"answer": "7" * 5000}},
        {"id": "b3", "question": "three?", "gold": {"answer": "A"}, **base},
        {
            "id": "b4",
            "question": "four?",
            "domain": "code",
            "verifier": "code_tests",
            "gold": {"inputs": ["1"], "outputs": []},
        },
    ]
    with (folder / "problems.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in bad)
    run_stages(command, folder, tmp_path / "run", ["collect"])
    removed = {(row["id"], row["reason"]) for row in rows(tmp_path / "run/data/01_problems.removed.jsonl")}
    assert removed == {(f"b{number}", "bad_gold") for number in range(1, 5)}
    assert len(rows(tmp_path / "run/data/01_problems.jsonl")) == 3


def test_a_torn_problem_file_is_told_by_line_and_nothing_is_written(command, recipe, tmp_path):
    folder = recipe()
    text = (folder / "problems.jsonl").read_text()
    (folder / "problems.jsonl").write_text(text[:-30])
    done = command("data_gen.collect", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "problems.jsonl:20" in done.stderr
    assert "torn" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run/data/01_problems.jsonl").exists()


def test_every_fault_of_a_yaml_is_told_at_once(command, recipe, tmp_path):
    folder = recipe()
    config = yaml.safe_load((folder / "data.yaml").read_text())
    config["teacher"]["temprature"] = 1
    config["mix"] = {"pick": "best"}
    config["sources"]["fiel"] = {}
    config["sources"]["file"]["pth"] = "x"
    (folder / "data.yaml").write_text(yaml.safe_dump(config))
    done = command("data_gen.collect", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 2
    faults = done.stderr.splitlines()
    assert len(faults) == 4, done.stderr
    for words in (
        "temprature: unknown key (did you mean temperature?)",
        "mix.pick",
        "sources.fiel: no such",
        "file: pth",
    ):
        assert any(words in fault for fault in faults), (words, faults)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"budget_usd": 1.0}, "budget_usd needs teacher.prices"),
        ({"mix": {"quotas": {"math": 4, "math+code": 4}}}, "two quotas"),
        ({"mix": {"quotas": {"math": -1}}}, "0 or more"),
        ({"sources": {}}, "sources"),
        ({"sources": {"reasoning_gym": {"tasks": {"basic_arithmetic": {}}}}}, "cannot be used"),
        ({"sources": {"reasoning_gym": {"tasks": {"chain_sum": {"weight": "abc"}}}}}, "weight"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(command, recipe, tmp_path, keys, words):
    done = command("data_gen.collect", f"--recipe={recipe(**keys)}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_programming_problem_whose_own_reference_fails_is_removed_and_doubts_are_flagged(command, recipe, tmp_path):
    folder = recipe(problems=1)
    base = {"domain": "code", "verifier": "code_tests", "gold": {"inputs": ["2"], "outputs": ["4"]}}
    problems = [
        {**base, "id": "c1", "question": "Print the square.", "meta": {"reference_solutions": ["print(int(input()) ** 2)"]}},
        {**base, "id": "c2", "question": "Print the cube.", "meta": {"reference_solutions": ["print(int(input()) ** 3)"]}},
        {**base, "id": "c3", "question": "Print any of the even numbers above it."},
    ]
    with (folder / "problems.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in problems)
    run_stages(command, folder, tmp_path / "run", ["collect"])
    removed = [(row["id"], row["reason"]) for row in rows(tmp_path / "run/data/01_problems.removed.jsonl")]
    assert removed == [("c2", "self_test")]
    kept = {row["id"]: row for row in rows(tmp_path / "run/data/01_problems.jsonl")}
    assert kept["c3"]["gold"]["checker"] == "special"
    assert kept["c3"]["meta"]["statement_rules"] == ["any_answer"]
    assert "checker" not in kept["c1"]["gold"]


def test_answers_that_are_there_already_are_verified_and_nobody_is_asked_for_them(command, recipe, tmp_path):
    run, said = tmp_path / "run", {0: "0 + 1\n\n\\boxed{1}", 1: "1 + 1\n\n\\boxed{3}"}
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, sources={"file": {"path": "problems.jsonl", "answers": "answers.jsonl"}})
        lines = [{"id": f"add-{n:04}", "text": text} for n, text in said.items()] + [{"id": "add-0000", "text": said[0]}]
        (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        run_stages(command, folder, run, ["collect", "generate", "rewrite", "verify"])
        assert len(endpoint.requests) == 36
    traces = [(row["id"], row["sample"]) for row in rows(run / "data/02_traces.jsonl") if row["model"] == "file"]
    assert traces == [("add-0000", 0), ("add-0000", 1), ("add-0001", 0)]
    verdicts = {(row["id"], row["sample"]): row["ok"] for row in rows(run / "data/04_verdicts.jsonl")}
    assert [verdicts[key] for key in traces] == [True, True, False]


def test_an_answer_to_no_problem_is_told(command, recipe, tmp_path):
    folder = recipe(sources={"file": {"path": "problems.jsonl", "answers": "answers.jsonl"}})
    (folder / "answers.jsonl").write_text('{"id": "other", "text": "4"}\n')
    done = command("data_gen.collect", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "no such problem in problems.jsonl: other" in done.stderr


def ready(question, answer):
    return {"question": question, "domain": "physics", "combined_text": thought_solution("think", answer)}


def test_an_answer_that_came_with_its_question_stays_with_it_when_the_file_changes(command, recipe, tmp_path):
    run, copy = tmp_path / "run", tmp_path / "still2.jsonl"
    folder = recipe(sources={"still2": {"path": str(copy), "domains": ["physics"]}})
    said = {"Why is the sky blue in daytime?": "Rayleigh", "How fast is light in a vacuum?": "3e8"}
    for more in ({}, {"What is the mass of an electron?": "9e-31"}, {"How fast is light in a vacuum?": "299792458"}):
        said = more | said | more
        copy.write_text("".join(json.dumps(ready(*pair)) + "\n" for pair in said.items()))
        run_stages(command, folder, run, ["collect", "generate", "rewrite", "verify", "mix"])
        mixed = {row["user"]: row["assistant"] for row in rows(run / "data/05_mixture.jsonl")}
        assert mixed.keys() == said.keys()
        assert all(said[question] in assistant for question, assistant in mixed.items())


def test_a_copy_with_wrong_tests_takes_no_good_one_along(command, recipe, tmp_path):
    base = {"domain": "code", "verifier": "code_tests", "question": "Print the square."}
    right = ["print(int(input()) ** 2)"]
    problems = [
        {**base, "id": "bad", "gold": {"inputs": ["2"], "outputs": ["5"]}, "meta": {"reference_solutions": right}},
        {**base, "id": "good", "gold": {"inputs": ["2"], "outputs": ["4"]}, "meta": {"reference_solutions": right}},
        {**base, "id": "again", "gold": {"inputs": ["3"], "outputs": ["9"]}},
    ]
    folder = recipe(problems=1)
    with (folder / "problems.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in problems)
    run_stages(command, folder, tmp_path / "run", ["collect"])
    assert [row["id"] for row in rows(tmp_path / "run/data/01_problems.jsonl")] == ["add-0000", "good"]
    removed = {row["id"]: row["reason"] for row in rows(tmp_path / "run/data/01_problems.removed.jsonl")}
    assert removed == {"bad": "self_test", "again": "duplicate"}


def test_a_verifiable_problem_is_kept_before_one_that_nothing_checks(command, recipe, tmp_path):
    folder = recipe(problems=1)
    unchecked = {"domain": "math", "verifier": "none", "gold": {}, "id": "a", "question": "What is 0 + 1?"}
    lines = [unchecked, *rows(folder / "problems.jsonl")]
    (folder / "problems.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run_stages(command, folder, tmp_path / "run", ["collect"])
    assert [row["id"] for row in rows(tmp_path / "run/data/01_problems.jsonl")] == ["add-0000"]


def test_the_limit_counts_problems_that_stay(command, recipe, tmp_path):
    folder = recipe(sources={"file": {"path": "problems.jsonl", "difficulty": {"min": 5}, "limit": 3}})
    lines = [row | {"difficulty": number} for number, row in enumerate(rows(folder / "problems.jsonl"))]
    (folder / "problems.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run_stages(command, folder, tmp_path / "run", ["collect"])
    kept = [row["difficulty"] for row in rows(tmp_path / "run/data/01_problems.jsonl")]
    assert kept == [5, 6, 7]
