"""Answers that a source brings along: to problems that the teacher answered before, cut off, taken away again."""

import json

import pytest

from data_gen.records import read_rows
from tests.endpoint import Endpoint
from tests.stages import run_stages, solve


def answered(command, folder, run, brought):
    """Collect and generate with these answers in the file; return the models that 02_traces.jsonl names, by key."""
    lines = "".join(json.dumps({"id": one, "sample": n, "text": "\\boxed{1}"}) + "\n" for one, n in brought)
    (folder / "answers.jsonl").write_text(lines)
    data = run_stages(command, folder, run, ["collect", "generate"])
    return {(row["id"], row["sample"]): row["model"] for row in read_rows(data / "02_traces.jsonl")}


def test_a_paid_answer_is_kept_where_one_comes_along_and_used_when_that_is_taken_away(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, problems=2, sources={"file": {"path": "problems.jsonl", "answers": "answers.jsonl"}})
        run, mine = tmp_path / "run", [("add-0000", 0)]
        first = answered(command, folder, run, mine)
        assert first == {("add-0000", 0): "file", ("add-0001", 0): "m", ("add-0001", 1): "m"}
        paid = len(endpoint.requests)
        both = answered(command, folder, run, [*mine, ("add-0001", 0)])
        assert both == {("add-0000", 0): "file", ("add-0001", 0): "file"}  # none of the teacher's beside it
        assert answered(command, folder, run, mine) == first
        assert len(endpoint.requests) == paid


def test_an_answer_that_was_taken_out_of_the_file_is_no_trace_any_more(command, recipe, tmp_path):
    folder = recipe(problems=1, sources={"file": {"path": "problems.jsonl", "answers": "answers.jsonl"}})
    run = tmp_path / "run"
    assert len(answered(command, folder, run, [("add-0000", 0), ("add-0000", 1)])) == 2
    assert answered(command, folder, run, [("add-0000", 0)]) == {("add-0000", 0): "file"}


@pytest.mark.parametrize(
    ("finish_reason", "error"), [("length", "length"), ("content_filter", "content_filter"), ("tool_calls", "malformed")]
)
def test_an_answer_that_was_cut_off_before_it_came_is_a_failure_and_no_trace(
    command, recipe, tmp_path, finish_reason, error
):
    folder = recipe(problems=1, sources={"file": {"path": "problems.jsonl", "answers": "answers.jsonl"}})
    cut = {"id": "add-0000", "sample": 1, "text": "\\boxed{1} and so", "finish_reason": finish_reason}
    (folder / "answers.jsonl").write_text(
        json.dumps({"id": "add-0000", "text": "\\boxed{1}"}) + "\n" + json.dumps(cut) + "\n"
    )
    for _ in range(2):
        data = run_stages(command, folder, tmp_path / "run", ["collect", "generate"])
        assert [row["sample"] for row in read_rows(data / "02_traces.jsonl")] == [0]
        assert [row["error"] for row in read_rows(data / "02_traces.errors.jsonl")] == [error]
        line = json.loads((data / "funnel.json").read_text())[1]
        assert (line["in"], line["kept"], line["reasons"]) == (2, 1, {error: 1})


def test_an_unverifiable_problem_takes_the_answer_that_its_own_source_brought(command, recipe, tmp_path):
    folder = recipe(problems=0, sources={"file": {"path": "mine.jsonl", "answers": "answers.jsonl"}})
    essay = {"id": "e", "source": "my_book", "domain": "science", "question": "Why?", "verifier": "none", "gold": {}}
    (folder / "mine.jsonl").write_text(json.dumps(essay) + "\n")
    (folder / "answers.jsonl").write_text(json.dumps({"id": "e", "text": "Think.\n\nBecause."}) + "\n")
    data = run_stages(command, folder, tmp_path / "run", ["collect", "generate", "rewrite", "verify"])
    assert [(row["ok"], row["tier"]) for row in read_rows(data / "04_verdicts.jsonl")] == [(True, "source")]
