"""Generate: nothing paid for is lost, and endpoints that cannot work are told."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT, heed_interrupts, rows
from tests.endpoint import Endpoint, answer, status
from tests.stages import STAGES, run_stages, solve


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
        assert len(endpoint.requests) == 10  # though eight may be in flight: each is taken to cost what the others did
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
        usage = json.loads((run / "manifest.json").read_text())["stages"]["generate"]["usage"]
        (folder / "problems.jsonl").write_text(problems.replace("Now, What is 7 + 1?", "What is 7 + 1?"))
        run_stages(command, folder, run, STAGES[:2])
        assert len(endpoint.requests) == 42  # the edit is taken back: the first answers are used again
        again = json.loads((run / "manifest.json").read_text())["stages"]["generate"]["usage"]
        assert (usage["completion_tokens"], again["completion_tokens"]) == (210, 210)
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


def test_a_file_that_may_grow_no_larger_is_one_line_and_loses_no_row(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, problems=100)
        run_stages(command, folder, tmp_path / "run", ["collect"])
        program = f"ulimit -f 24 && exec {sys.executable} -m data_gen.generate --recipe={folder} --run={tmp_path / 'run'}"
        done = subprocess.run(["bash", "-c", program], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1
        assert "may grow no larger" in done.stderr
        assert "Traceback" not in done.stderr
        kept = len(rows(tmp_path / "run/data/02_traces.jsonl"))
        before = len(endpoint.requests)
        run_stages(command, folder, tmp_path / "run", ["generate"])
        assert 0 < len(endpoint.requests) - before == 200 - kept < 200


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
