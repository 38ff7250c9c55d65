"""The Batch API and kills: whatever instant a run ends at, the same call again pays for nothing twice and loses nothing."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import time

import pytest

from data_gen.records import Failure, Trace
from tests.batch_endpoint import BatchEndpoint
from tests.batch_kills import Killed, ask_missing, killed, run_until_killed
from tests.batches import all_files, ask, request, requests
from tests.conftest import ROOT
from tests.endpoint import answer


def test_a_kill_before_or_after_any_row_and_any_call_submits_nothing_twice(tmp_path, monkeypatch):
    for step in itertools.count():
        folder = tmp_path / str(step)
        answered: dict[str, Trace | Failure] = {}
        with BatchEndpoint(lambda _: answer("4")) as endpoint:
            whole = run_until_killed(endpoint, folder, monkeypatch, step, answered)
            ask_missing(endpoint, folder, answered)
        assert all(isinstance(outcome, Trace) for outcome in answered.values())
        assert (len(answered), dict(endpoint.submitted)) == (10, {r.hash: 1 for r in requests(10)}), step
        if whole:
            break
    assert step > 30


def test_two_kills_in_a_row_submit_nothing_twice(tmp_path, monkeypatch):
    for first, second in itertools.product(range(2, 18, 3), range(0, 12, 2)):
        folder = tmp_path / f"{first}-{second}"
        answered: dict[str, Trace | Failure] = {}
        with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
            run_until_killed(endpoint, folder, monkeypatch, first, answered)
            run_until_killed(endpoint, folder, monkeypatch, second, answered)
            ask_missing(endpoint, folder, answered)
        assert (len(answered), dict(endpoint.submitted)) == (10, {r.hash: 1 for r in requests(10)}), (first, second)


def test_a_crash_while_recording_costs_no_second_download_and_no_answer(tmp_path):
    seen = []

    def record(outcome):
        seen.append(outcome.id)
        if len(seen) == 3:
            raise OSError(28, "no space left")

    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(OSError, match="no space left"):
            ask(requests(5), endpoint, tmp_path, record=record)
        outcomes, _ = ask(requests(5), endpoint, tmp_path)
    assert len(outcomes) == 5
    assert endpoint.calls.count("download") == 1
    assert set(endpoint.submitted.values()) == {1}


def test_a_run_after_all_batches_are_over_only_downloads(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
        with pytest.raises(Killed):
            ask(requests(10), endpoint, tmp_path, max_requests=5, progress=killed)
        endpoint.calls.clear()
        outcomes, waits = ask(requests(10), endpoint, tmp_path, max_requests=5)
    assert (len(outcomes), waits) == (10, [])
    assert endpoint.calls == ["look", "download"] * 2


def test_a_budget_that_is_spent_does_not_keep_earlier_batches_from_coming_in(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, progress=killed)
        outcomes, _ = ask(requests(9), endpoint, tmp_path, may_start=lambda: False)
    assert len(outcomes) == 4
    assert len(endpoint.batches) == 1


def test_answers_that_are_not_wanted_any_more_are_recorded_because_they_are_paid(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, progress=killed)
        outcomes, _ = ask([request(3), request(9)], endpoint, tmp_path)
    assert set(outcomes) == {"q0", "q1", "q2", "q3", "q9"}
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert endpoint.submitted[request(3).hash] == 1


def test_a_request_that_a_batch_of_an_earlier_run_failed_is_not_asked_again_by_the_run_that_learns_it(tmp_path):
    with BatchEndpoint(lambda _: answer("")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, progress=killed)
        ask(itertools.chain(requests(4), [request(9)]), endpoint, tmp_path)
    assert dict(endpoint.submitted) == {r.hash: 1 for r in [*requests(4), request(9)]}


def test_a_batch_of_an_earlier_run_that_found_the_queue_full_is_asked_by_the_next_run_if_still_wanted(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), ends=["full"]) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, progress=killed)
        outcomes, _ = ask([request(9)], endpoint, tmp_path)
    assert {o.id for o in outcomes.values() if isinstance(o, Failure) and not o.final} == {"q0", "q1", "q2", "q3"}
    assert dict(endpoint.submitted) == {request(9).hash: 1}


CHILD = """
import asyncio, sys
from pathlib import Path
from data_gen.batches.ask import ask_batches
from data_gen.config import Endpoint
from data_gen.journal import Journal
from tests.batches import requests

folder = Path(sys.argv[1])
with Journal(folder / "traces.jsonl") as traces:
    missing = [r for r in requests(200) if (r.id, r.sample) not in traces]
    asyncio.run(ask_batches(missing, Endpoint(base_url=sys.argv[2], api_key_env="TEST_KEY"), folder / "x.batches.jsonl",
                            lambda outcome: traces.append(outcome.row()), 3, max_requests=20, in_flight=3, poll_s=0.05))
"""


@pytest.mark.slow
def test_kills_at_random_instants_lose_no_answer_and_submit_nothing_twice(tmp_path):
    environment = os.environ | {"TEST_KEY": "sk-secret"}
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    journal = tmp_path / "x.batches.jsonl"
    kills = 0
    with BatchEndpoint(lambda _: answer("4"), polls=3) as endpoint:
        for attempt in range(15):
            before = journal.stat().st_size if journal.exists() else 0
            process = subprocess.Popen([*command, endpoint.url], cwd=ROOT, env=environment)
            # Kill when it is at work: some milliseconds, another number each time, after it first wrote to the journal.
            while process.poll() is None and (journal.stat().st_size if journal.exists() else 0) == before:
                time.sleep(0.001)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=(attempt * 37 % 101) / 400)
            kills += process.poll() is None
            process.kill()
            process.wait()
        last = subprocess.run([*command, endpoint.url], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert kills >= 5
    assert last.returncode == 0, last.stderr
    rows = [json.loads(line) for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    assert {row["id"] for row in rows} == {f"q{number}" for number in range(200)}
    assert all(row["text"] == "4" for row in rows)
    assert dict(endpoint.submitted) == {r.hash: 1 for r in requests(200)}
    assert b"sk-secret" not in all_files(tmp_path)
