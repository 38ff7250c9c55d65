"""Verify: what is graded, against what, and when again."""

import gzip
import json

import pytest

from data_gen.cli import UserError
from data_gen.records import read_rows
from tests.conftest import rows
from tests.endpoint import Endpoint, answer
from tests.stages import STAGES, run_stages, solve

PROBLEM = {
    "id": "a",
    "source": "x",
    "domain": "math",
    "question": "?",
    "verifier": "math_answer",
    "gold": {"answer": "1"},
}


def test_verify_takes_any_files_and_grades_the_solution(command, tmp_path):
    problems, traces, output = (tmp_path / name for name in ("p.jsonl", "t.jsonl", "v.jsonl"))
    problems.write_text(
        json.dumps({**PROBLEM, "gold": {"answer": "\\frac{1}{2}"}}) + "\n"
        + json.dumps({**PROBLEM, "id": "b", "gold": {}, "verifier": "none"}) + "\n"
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


def test_zero_accepted_rows_is_a_failure_that_says_why(command, recipe, tmp_path):
    with Endpoint(lambda _: answer("No idea.\n\nIt is \\boxed{-1}.")) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, tmp_path / "run", STAGES[:3])
        done = command("data_gen.verify", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "kept nothing" in done.stderr
    assert "wrong 40" in done.stdout


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
    (tmp_path / "p.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    options = [f"--{name}={tmp_path / name[0]}.jsonl" for name in ("problems", "traces")] + [f"--output={tmp_path}/v.jsonl"]
    for text, ok in (("\\boxed{1}", True), ("\\boxed{999}", False)):
        (tmp_path / "t.jsonl").write_text(json.dumps({"id": "a", "sample": 0, "text": text}) + "\n")
        assert command("data_gen.verify", *options).returncode == 0
        assert [row["ok"] for row in rows(tmp_path / "v.jsonl")] == [ok]


def test_verify_never_writes_over_its_input_and_refuses_a_repeated_key(command, tmp_path):
    (tmp_path / "p.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    (tmp_path / "t.jsonl").write_text(2 * (json.dumps({"id": "a", "sample": 0, "text": "\\boxed{1}"}) + "\n"))
    options = [f"--problems={tmp_path}/p.jsonl", f"--traces={tmp_path}/t.jsonl"]
    over = command("data_gen.verify", *options, f"--output={tmp_path}/t.jsonl")
    assert (over.returncode, len(rows(tmp_path / "t.jsonl"))) == (2, 2)
    twice = command("data_gen.verify", *options, f"--output={tmp_path}/v.jsonl")
    assert twice.returncode == 1
    assert "repeat" in twice.stderr


def test_a_teachers_answer_to_an_unverifiable_problem_is_undecided(command, tmp_path):
    problem = {**PROBLEM, "domain": "puzzle", "verifier": "none", "gold": {}}
    (tmp_path / "p.jsonl").write_text(json.dumps(problem) + "\n")
    answers = [{"id": "a", "sample": i, "text": "so it is", "model": model} for i, model in enumerate(["x", "teacher"])]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    files = [f"--problems={tmp_path}/p.jsonl", f"--traces={tmp_path}/t.jsonl", f"--output={tmp_path}/v.jsonl"]
    assert command("data_gen.verify", *files).returncode == 0
    assert [row["ok"] for row in rows(tmp_path / "v.jsonl")] == [True, None]


def test_packed_rows_are_read_like_others(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\nno json\n'))
    with pytest.raises(UserError, match=r"rows\.jsonl\.gz:2: not JSON"):
        list(read_rows(path))


def test_a_row_that_is_no_trace_is_named_and_costs_no_other_its_verdict(command, tmp_path):
    (tmp_path / "p.jsonl").write_text(json.dumps(PROBLEM) + "\n" + '{"id": "b", "verifier": "choice"}\n')
    good = {"id": "a", "sample": 0, "text": "\\boxed{1}"}
    for bad, file, fault in (
        ({"id": "a", "sample": 1}, "t.jsonl", "'a': text: Field required (it is no Trace)"),
        ({"id": "b", "sample": 0, "text": "x"}, "p.jsonl", "'b': source: Field required"),
    ):
        (tmp_path / "t.jsonl").write_text(json.dumps(good) + "\n" + json.dumps(bad) + "\n")
        (tmp_path / "v.jsonl").unlink(missing_ok=True)
        files = [f"--{name}={tmp_path}/{name[0]}.jsonl" for name in ("problems", "traces")]
        done = command("data_gen.verify", *files, f"--output={tmp_path}/v.jsonl")
        assert done.returncode == 1
        assert f"{tmp_path}/{file}: row {fault}" in done.stderr
        assert "Traceback" not in done.stderr
        assert [row["ok"] for row in rows(tmp_path / "v.jsonl")] == [True]
