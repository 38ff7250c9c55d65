"""Stages that ask through the Batch API end in the files that requests one by one give."""

import json
import subprocess
import sys
import time

from tests.batch_endpoint import BatchEndpoint
from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint
from tests.stages import STAGES, faithful, run_stages, solve, without_seconds
from tests.test_rewrite_llm import rewriter

PRICES = {"prices": {"input_per_mtok": 1e5, "output_per_mtok": 1e5, "source": "test"}}  # $1.5 a request


def batched(url, **keys):
    return {"endpoints": [{"base_url": url}], "batch": {"poll_s": 0.01, **keys}}


def test_teacher_and_rewriter_in_batches_give_the_same_dataset(command, recipe, tmp_path):
    one, other = tmp_path / "one", tmp_path / "batches"
    with Endpoint(solve) as teacher, Endpoint(faithful) as editor:
        run_stages(command, recipe(teacher.url, rewriter=rewriter(editor.url)), one, STAGES)
    with BatchEndpoint(solve) as teacher, BatchEndpoint(faithful) as editor:
        teaches, edits = batched(teacher.url, max_requests=15), batched(editor.url)
        run_stages(command, recipe(teacher=teaches, rewriter=rewriter("", **edits)), other, STAGES)
        assert len(teacher.submitted) == len(editor.submitted) == 40
        assert len(teacher.batches) == 3
    assert without_seconds(other / "data/02_traces.jsonl") == without_seconds(one / "data/02_traces.jsonl")
    for name in ("data/05_mixture.jsonl", "dataset/recipe.jsonl"):
        assert (other / name).read_bytes() == (one / name).read_bytes()


def test_a_batch_that_answers_an_edited_question_is_no_answer_to_it(command, recipe, tmp_path):
    """The first run is stopped while its batch is under way; the question of one problem is edited before the second."""
    run = tmp_path / "run"
    with BatchEndpoint(solve, polls=1_000_000) as endpoint:
        folder = recipe(teacher=batched(endpoint.url))
        run_stages(command, folder, run, ["collect"])
        stopped(folder, run, endpoint)
        problems = (folder / "problems.jsonl").read_text().replace("What is 7 + 1?", "Now, What is 7 + 1?")
        (folder / "problems.jsonl").write_text(problems)
        endpoint.polls = 1
        run_stages(command, folder, run, ["collect", "generate"])
        assert len(endpoint.submitted) == 42
    assert [row["id"] for row in rows(run / "data/02_traces.superseded.jsonl")] == ["add-0007", "add-0007"]
    traces = {(row["id"], row["sample"]): row for row in rows(run / "data/02_traces.jsonl")}
    assert len(traces) == 40
    stage = json.loads((run / "manifest.json").read_text())["stages"]["generate"]
    assert stage["usage"]["completion_tokens"] == 42 * 5  # paid, though two of them are of no use


def test_under_a_budget_batches_spend_it_and_no_more(command, recipe, tmp_path):
    """$1.5 a request, at most $12 by max_tokens: $30 are batches of two, ten of them."""
    expect = {"expect": {"prompt_tokens": 10, "completion_tokens": 10}}  # a mean: no bound
    run = tmp_path / "run"
    with BatchEndpoint(solve) as endpoint:
        folder = recipe(teacher=batched(endpoint.url) | PRICES | expect, budget_usd=30)
        run_stages(command, folder, run, ["collect"])
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 1
        assert "stopped at the budget" in done.stderr
        assert (len(endpoint.submitted), len(endpoint.batches)) == (20, 10)


def test_open_batches_are_collected_before_anything_is_asked_in_another_way(command, recipe, tmp_path):
    run = tmp_path / "run"
    with BatchEndpoint(solve, polls=1_000_000) as endpoint:
        folder = recipe(teacher=batched(endpoint.url))
        run_stages(command, folder, run, ["collect"])
        stopped(folder, run, endpoint)
        recipe(endpoint.url)  # the same without batches
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 1
        assert "1 batches are paid for and open" in done.stderr
        endpoint.polls = 1
        recipe(teacher=batched(endpoint.url))
        run_stages(command, folder, run, ["generate"])
        assert len(endpoint.submitted) == 40
    assert len(rows(run / "data/02_traces.jsonl")) == 40


def stopped(folder, run, endpoint):
    """Start generate and kill it when its batch is at the provider."""
    process = subprocess.Popen(
        [sys.executable, "-m", "data_gen.generate", f"--recipe={folder}", f"--run={run}"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not endpoint.submitted and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
