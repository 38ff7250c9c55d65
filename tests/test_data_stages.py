"""The stages of `make data`, as commands, against a scripted endpoint."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import yaml

from data_gen.prompts import split_sections
from tests.conftest import ROOT, heed_interrupts, rows
from tests.endpoint import Endpoint, answer, status

STAGES = ["collect", "generate", "rewrite", "verify", "mix", "export"]


def asked(question: str) -> int:
    """Return N of `What is N + 1?`."""
    found = re.search(r"What is (\d+)", question)
    assert found is not None
    return int(found[1])


def solve(body):
    """Answer `What is N + 1?`: right in every second sample, wrong in the others, by the seed on the wire."""
    number = asked(body["messages"][-1]["content"])
    off = body["seed"] % 2
    return answer(f"{number} + 1 = {number + 1 + off}.\n\nThe answer is \\boxed{{{number + 1 + off}}}.")


def run_stages(command, folder, run, stages=STAGES):
    for stage in stages:
        done = command(f"data_gen.{stage}", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 0, done.stderr
    return run / "data"


def without_seconds(path):
    return sorted(json.dumps({k: v for k, v in row.items() if k != "seconds"}) for row in rows(path))


def test_the_stages_make_a_dataset_of_right_answers_only(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        data = run_stages(command, recipe(endpoint.url), tmp_path / "run")
    assert len(rows(data / "02_traces.jsonl")) == 40
    mixture = rows(data / "05_mixture.jsonl")
    assert 5 <= len(mixture) <= 20
    dataset = rows(tmp_path / "run/dataset/recipe.jsonl")
    assert len(dataset) == len(mixture)
    for row, origin in zip(dataset, mixture, strict=True):
        question, reply = (turn["value"] for turn in row["conversations"])
        assert [turn["from"] for turn in row["conversations"]] == ["user", "assistant"]
        number = asked(question)
        sections = split_sections(reply)
        assert sections is not None
        assert sections[1] == f"The answer is \\boxed{{{number + 1}}}."
        assert origin["id"] == f"add-{number:04}"
        assert row["system"]
    info = json.loads((tmp_path / "run/dataset/dataset_info.json").read_text())
    assert info["recipe"]["file_name"] == "recipe.jsonl"
    assert "ranking" not in info["recipe"]
    funnel = json.loads((data / "funnel.json").read_text())
    assert [line["stage"] for line in funnel] == STAGES
    for line in funnel:
        assert line["in"] == line["kept"] + sum(line["reasons"].values()), line


def test_finished_stages_say_so_and_ask_nothing(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, tmp_path / "run", STAGES[:2])
        before = len(endpoint.requests)
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
        assert len(endpoint.requests) == before
    assert done.returncode == 0
    assert "done already" in done.stdout


def test_a_changed_yaml_is_refused_by_the_names_of_the_changed_keys(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        run_stages(command, recipe(endpoint.url), tmp_path / "run", STAGES[:2])
        folder = recipe(endpoint.url, teacher={"temperature": 0.1})
        before = (tmp_path / "run/data/02_traces.jsonl").read_bytes()
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 2
    assert "teacher.temperature: 0.7 -> 0.1" in done.stderr
    assert "RUN=new" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "run/data/02_traces.jsonl").read_bytes() == before


def test_another_endpoint_is_no_other_answer(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint, Endpoint(solve) as other:
        run_stages(command, recipe(endpoint.url), tmp_path / "run", STAGES[:2])
        done = command("data_gen.generate", f"--recipe={recipe(other.url)}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 0


def test_a_larger_limit_goes_on_with_what_is_there(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run, ["collect"])
        assert command("data_gen.generate", f"--recipe={folder}", f"--run={run}", "--limit=5").returncode == 0
        assert len(endpoint.requests) == 10
        assert command("data_gen.generate", f"--recipe={folder}", f"--run={run}").returncode == 0
        assert len(endpoint.requests) == 40


def test_final_failures_are_recorded_once_and_asked_again_only_when_told(command, recipe, tmp_path):
    def script(body):
        return answer("cut off here", "length") if "What is 3 +" in str(body) else solve(body)

    run = tmp_path / "run"
    with Endpoint(script) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run, STAGES[:2])
        errors = rows(run / "data/02_traces.errors.jsonl")
        assert [(row["id"], row["sample"], row["error"], row["final"]) for row in errors] == [
            ("add-0003", 0, "length", True),
            ("add-0003", 1, "length", True),
        ]
        assert errors[0]["detail"] == "cut off here"
        before = len(endpoint.requests)
        run_stages(command, folder, run, ["generate"])
        assert len(endpoint.requests) == before
        again = command("data_gen.generate", f"--recipe={folder}", f"--run={run}", "--retry_final")
        assert again.returncode == 0, again.stderr
        assert len(endpoint.requests) == before + 2
    assert "cut off here" not in (run / "data/02_traces.jsonl").read_text()


def test_transient_failures_exit_1_and_the_next_run_asks_them_again(command, recipe, tmp_path):
    broken = [True]

    def script(body):
        return status(500) if broken[0] and "What is 3 +" in str(body) else solve(body)

    run = tmp_path / "run"
    with Endpoint(script) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run, ["collect"])
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 1
        assert "run the same again" in done.stderr
        assert len(rows(run / "data/02_traces.jsonl")) == 38
        broken[0] = False
        run_stages(command, folder, run, ["generate"])
    assert len(rows(run / "data/02_traces.jsonl")) == 40
    assert rows(run / "data/02_traces.errors.jsonl") == []


def test_the_budget_stops_cleanly_and_a_larger_one_goes_on(command, recipe, tmp_path):
    prices = {"prices": {"input_per_mtok": 1e5, "output_per_mtok": 1e5, "source": "test"}}  # $1.5 a request
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, teacher=prices, budget_usd=15)
        run_stages(command, folder, run, ["collect"])
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 1
        assert "budget" in done.stderr
        assert 10 <= len(endpoint.requests) <= 10 + 8  # the eight in flight come in
        run_stages(command, recipe(endpoint.url, teacher=prices), run, ["generate"])
        assert len(endpoint.requests) == 40


def test_tokens_of_failures_and_of_earlier_runs_are_counted_as_spent(command, recipe, tmp_path):
    def script(body):
        return answer("cut", "length") if "What is 3 +" in str(body) else solve(body)

    run = tmp_path / "run"
    with Endpoint(script) as endpoint:
        folder = recipe(endpoint.url, teacher={"prices": {"input_per_mtok": 1.0, "output_per_mtok": 2.0, "source": "test"}})
        run_stages(command, folder, run, ["collect"])
        for limit in ("--limit=2", "--limit=20"):
            assert command("data_gen.generate", f"--recipe={folder}", f"--run={run}", limit).returncode == 0
    stage = json.loads((run / "manifest.json").read_text())["stages"]["generate"]
    assert (stage["usage"]["prompt_tokens"], stage["usage"]["completion_tokens"]) == (400, 200)
    assert stage["dollars"] == pytest.approx((400 * 1.0 + 200 * 2.0) / 1e6)


def test_traces_of_an_edited_question_are_set_aside_and_asked_again(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run, STAGES[:2])
        problems = (folder / "problems.jsonl").read_text().replace("What is 7 + 1?", "Now, What is 7 + 1?")
        (folder / "problems.jsonl").write_text(problems)
        run_stages(command, folder, run, STAGES[:2])
        assert len(endpoint.requests) == 42
    assert [row["id"] for row in rows(run / "data/02_traces.superseded.jsonl")] == ["add-0007", "add-0007"]
    assert len(rows(run / "data/02_traces.jsonl")) == 40


def test_ctrl_c_is_one_line_and_keeps_what_is_there(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve, delay=0.2) as endpoint:
        folder = recipe(endpoint.url, problems=400)
        run_stages(command, folder, run, ["collect"])
        program = [sys.executable, "-m", "data_gen.generate", f"--recipe={folder}", f"--run={run}"]
        process = subprocess.Popen(
            program,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_interrupts,
        )
        journal, deadline = run / "data/02_traces.jsonl", time.monotonic() + 20
        while time.monotonic() < deadline and not (journal.is_file() and journal.stat().st_size):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert rows(journal)


@pytest.mark.slow
def test_kill_9_at_any_time_ends_in_the_same_files(command, recipe, tmp_path):
    with Endpoint(solve, delay=0.02) as endpoint:
        folder = recipe(endpoint.url, problems=150)
        whole = run_stages(command, folder, tmp_path / "whole")
        run = tmp_path / "killed"
        run_stages(command, folder, run, ["collect"])
        for wait in (0.1, 0.25, 0.4, 0.3):
            process = subprocess.Popen(
                [sys.executable, "-m", "data_gen.generate", f"--recipe={folder}", f"--run={run}"],
                cwd=ROOT,
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            journal, size = run / "data/02_traces.jsonl", -1
            size = journal.stat().st_size if journal.is_file() else 0
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and (not journal.is_file() or journal.stat().st_size <= size):
                time.sleep(0.01)
            time.sleep(wait)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        killed = run_stages(command, folder, run, STAGES[1:])
    assert without_seconds(killed / "02_traces.jsonl") == without_seconds(whole / "02_traces.jsonl")
    keys = [(row["id"], row["sample"]) for row in rows(killed / "02_traces.jsonl")]
    assert keys == sorted(set(keys))
    for name in ("data/05_mixture.jsonl", "dataset/recipe.jsonl", "dataset/dataset_info.json"):
        assert (run / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_switching_verification_off_keeps_wrong_answers_and_the_card_says_so(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        data = run_stages(command, recipe(endpoint.url, verify={"enabled": False}), tmp_path / "run")
    assert len(rows(data / "05_mixture.jsonl")) == 20
    assert "not verified" in (tmp_path / "run/dataset/README.md").read_text()


def test_zero_accepted_rows_is_a_failure_that_says_why(command, recipe, tmp_path):
    with Endpoint(lambda _: answer("No idea.\n\nIt is \\boxed{-1}.")) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, tmp_path / "run", STAGES[:3])
        done = command("data_gen.verify", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "kept nothing" in done.stderr
    assert "wrong 40" in done.stdout


def test_quotas_are_drawn_by_seed_and_a_shortfall_is_told(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, mix={"quotas": {"math": 4, "code": 3}})
        run_stages(command, folder, tmp_path / "run", STAGES[:4])
        done = command("data_gen.mix", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert len(rows(tmp_path / "run/data/05_mixture.jsonl")) == 4
    assert "code: 0 rows, 3 short" in done.stdout


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


def test_verify_takes_any_files_and_grades_the_solution(command, tmp_path):
    problems, traces, output = (tmp_path / name for name in ("p.jsonl", "t.jsonl", "v.jsonl"))
    base = {"source": "x", "domain": "math", "question": "?", "verifier": "math_answer"}
    problems.write_text(
        json.dumps({"id": "a", "gold": {"answer": "\\frac{1}{2}"}, **base}) + "\n"
        + json.dumps({"id": "b", "gold": {}, **base, "verifier": "none"}) + "\n"
    )  # fmt: skip
    answers = [
        {"id": "a", "sample": 1, "text": "\\boxed{0.5}"},
        {"id": "a", "sample": 0, "text": "\\boxed{0.5}", "solution": "\\boxed{2}"},
        {"id": "b", "sample": 0, "text": "ready"},
        {"id": "unknown", "sample": 0, "text": "\\boxed{1}"},
    ]
    traces.write_text("".join(json.dumps(row) + "\n" for row in answers))
    done = command("data_gen.verify", f"--problems={problems}", f"--traces={traces}", f"--output={output}")
    assert done.returncode == 0, done.stderr
    found = [(row["id"], row["sample"], row["ok"], row["reason"], row["tier"]) for row in rows(output)]
    assert found == [
        ("a", 0, False, "wrong", "number"),
        ("a", 1, True, "correct", "number"),
        ("b", 0, True, "correct", "source"),
        ("unknown", 0, None, "undecided", "no_verifier"),
    ]


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
    ("script", "words"),
    [
        (lambda _: status(401), "refuses the key"),
        (lambda _: (200, {"Content-Type": "text/html"}, b"<html>welcome</html>"), "not JSON"),
        (lambda _: status(404, "no model m"), "404"),
    ],
)
def test_an_endpoint_that_cannot_work_is_told_in_a_few_lines(command, recipe, tmp_path, script, words):
    with Endpoint(script) as endpoint:
        folder = recipe(endpoint.url, teacher={"retries": 0})
        run_stages(command, folder, tmp_path / "run", ["collect"])
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_that_is_down_is_told(command, recipe, tmp_path):
    folder = recipe("http://127.0.0.1:9/v1", teacher={"retries": 0})
    run_stages(command, folder, tmp_path / "run", ["collect"])
    done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "gives nothing but errors" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_few_open_files_lower_the_concurrency_with_a_line(recipe, command, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, teacher={"endpoints": [{"base_url": endpoint.url, "concurrency": 400}]})
        run_stages(command, folder, tmp_path / "run", ["collect"])
        program = f"ulimit -n 200 && exec {sys.executable} -m data_gen.generate --recipe={folder} --run={tmp_path / 'run'}"
        done = subprocess.run(["bash", "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "open files" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_one_line_and_loses_no_row(command, recipe, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        with Endpoint(solve) as endpoint:
            folder = recipe(endpoint.url, problems=100)
            run_stages(command, folder, disk / "run", ["collect"])
            done = command("data_gen.generate", f"--recipe={folder}", f"--run={disk / 'run'}")
            assert done.returncode == 1
            assert "disk is full" in done.stderr
            assert "Traceback" not in done.stderr
            kept = len(rows(disk / "run/data/02_traces.jsonl"))
            assert kept > 0
            subprocess.run(["mount", "-o", "remount,size=1m", disk], check=True)
            before = len(endpoint.requests)
            run_stages(command, folder, disk / "run", ["generate"])
            assert len(endpoint.requests) == before + 200 - kept
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_verdict_on_another_text_is_never_used(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run)
        edited = (folder / "problems.jsonl").read_text().replace("What is 3 + 1?", "What is 77 + 1?")
        (folder / "problems.jsonl").write_text(edited)
        run_stages(command, folder, run, STAGES[:3])
        stale = command("data_gen.mix", f"--recipe={folder}", f"--run={run}")
        assert stale.returncode == 1
        assert "run verify again" in stale.stderr
        run_stages(command, folder, run, STAGES[3:])
    assert "add-0003" not in {row["id"] for row in rows(run / "data/05_mixture.jsonl")}


def test_verify_grades_again_what_has_changed(command, tmp_path):
    problem = {
        "id": "a",
        "source": "x",
        "domain": "math",
        "question": "?",
        "verifier": "math_answer",
        "gold": {"answer": "1"},
    }
    (tmp_path / "p.jsonl").write_text(json.dumps(problem) + "\n")
    options = [f"--{name}={tmp_path / name[0]}.jsonl" for name in ("problems", "traces")] + [f"--output={tmp_path}/v.jsonl"]
    for text, ok in (("\\boxed{1}", True), ("\\boxed{999}", False)):
        (tmp_path / "t.jsonl").write_text(json.dumps({"id": "a", "sample": 0, "text": text}) + "\n")
        assert command("data_gen.verify", *options).returncode == 0
        assert [row["ok"] for row in rows(tmp_path / "v.jsonl")] == [ok]


def test_verify_never_writes_over_its_input_and_refuses_a_repeated_key(command, tmp_path):
    problem = {
        "id": "a",
        "source": "x",
        "domain": "math",
        "question": "?",
        "verifier": "math_answer",
        "gold": {"answer": "1"},
    }
    (tmp_path / "p.jsonl").write_text(json.dumps(problem) + "\n")
    (tmp_path / "t.jsonl").write_text(2 * (json.dumps({"id": "a", "sample": 0, "text": "\\boxed{1}"}) + "\n"))
    options = [f"--problems={tmp_path}/p.jsonl", f"--traces={tmp_path}/t.jsonl"]
    over = command("data_gen.verify", *options, f"--output={tmp_path}/t.jsonl")
    assert (over.returncode, len(rows(tmp_path / "t.jsonl"))) == (2, 2)
    twice = command("data_gen.verify", *options, f"--output={tmp_path}/v.jsonl")
    assert twice.returncode == 1
    assert "repeat" in twice.stderr


def test_a_teachers_answer_to_an_unverifiable_problem_is_undecided(command, tmp_path):
    problem = {"id": "a", "source": "x", "domain": "puzzle", "question": "?", "verifier": "none", "gold": {}}
    (tmp_path / "p.jsonl").write_text(json.dumps(problem) + "\n")
    answers = [{"id": "a", "sample": i, "text": "so it is", "model": model} for i, model in enumerate(["x", "teacher"])]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    files = [f"--problems={tmp_path}/p.jsonl", f"--traces={tmp_path}/t.jsonl", f"--output={tmp_path}/v.jsonl"]
    assert command("data_gen.verify", *files).returncode == 0
    assert [row["ok"] for row in rows(tmp_path / "v.jsonl")] == [True, None]


def test_problems_taken_out_take_their_traces_along(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run, STAGES[:2])
        kept = (folder / "problems.jsonl").read_text().splitlines(keepends=True)[:10]
        (folder / "problems.jsonl").write_text("".join(kept))
        run_stages(command, folder, run)
    funnel = {line["stage"]: line for line in json.loads((run / "data/funnel.json").read_text())}
    assert funnel["rewrite"]["reasons"] == {"no_problem": 20}
    assert len(rows(run / "data/02_traces.jsonl")) == 40


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
