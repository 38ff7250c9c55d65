"""The Batch API and kills: whatever instant a run ends at, the same call again pays for nothing twice and loses nothing."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import time

import openai
import pytest

from data_gen.batches.journal import BatchJournal
from data_gen.cli import UserError
from data_gen.records import Failure, Trace
from tests.batch_endpoint import DROP, BatchEndpoint
from tests.conftest import ROOT
from tests.endpoint import answer, status
from tests.test_batch import all_files, ask, request, requests


class Killed(BaseException):
    """Stands for a kill: nothing in the code may catch it."""


def die_at(monkeypatch, step):
    """Raise Killed at the given step; steps are the moments before and after each journal row and each HTTP call."""
    steps = itertools.count()

    def moment():
        if next(steps) == step:
            raise Killed

    append, call = BatchJournal.append, openai.AsyncOpenAI.request

    def dying_append(self, *arguments, **more):
        moment()
        append(self, *arguments, **more)
        moment()

    async def dying_call(self, *arguments, **more):
        moment()
        reply = await call(self, *arguments, **more)
        moment()
        return reply

    monkeypatch.setattr(BatchJournal, "append", dying_append)
    monkeypatch.setattr(openai.AsyncOpenAI, "request", dying_call)


def ask_missing(endpoint, folder, answered):
    """Ask for what is not in `answered` yet, as a stage does, and add what is recorded to it."""
    missing = [r for r in requests(10) if r.id not in answered]
    ask(missing, endpoint, folder, max_requests=5, record=lambda outcome: answered.update({outcome.id: outcome}))


def run_until_killed(endpoint, folder, monkeypatch, step, answered):
    """Run once with a kill at `step`. Return whether the run ended before it."""
    with monkeypatch.context() as patch:
        die_at(patch, step)
        try:
            ask_missing(endpoint, folder, answered)
        except Killed:
            return False
    return True


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


def killed(*_):
    raise Killed


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


@pytest.mark.parametrize("hidden", ["metadata", "nothing"])
def test_a_batch_whose_creation_got_no_answer_is_found_among_many(tmp_path, hidden):
    with BatchEndpoint(lambda _: answer("4"), page=1) as endpoint:
        ask(requests(4)[:2], endpoint, tmp_path / "other", max_requests=1)
        endpoint.faults["create"] = [DROP]
        with pytest.raises(UserError, match="does not answer"):
            ask(requests(4)[2:], endpoint, tmp_path, retries=0)
        ask([request(7)], endpoint, tmp_path / "other")
        if hidden == "metadata":  # a provider that does not give it back
            for batch in endpoint.batches.values():
                batch["metadata"] = None
        outcomes, waits = ask(requests(4)[2:], endpoint, tmp_path, retries=0)
    assert set(outcomes) == {"q2", "q3"}
    assert 30 < waits[0] <= 60  # it may not be in the list at once
    assert set(endpoint.submitted.values()) == {1}


def test_a_key_that_is_refused_right_after_a_creation_without_answer_loses_no_batch(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["create"], endpoint.faults["list"] = [DROP], [status(401)]
        with pytest.raises(UserError, match="refuses the key"):
            ask(requests(2), endpoint, tmp_path)
        outcomes, _ = ask(requests(2), endpoint, tmp_path)
    assert (len(outcomes), set(endpoint.submitted.values())) == (2, {1})


def test_a_creation_that_never_happened_is_not_waited_for(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["create"] = [None]
        with pytest.raises(UserError, match="does not answer"):
            ask(requests(2), endpoint, tmp_path, retries=0)
        outcomes, _ = ask(requests(2), endpoint, tmp_path, retries=0)
    assert len(outcomes) == 2
    assert len(endpoint.batches) == 1


@pytest.mark.parametrize("kept", [0.0, 0.4, 0.98])
def test_a_torn_last_line_of_the_journal_costs_nothing(tmp_path, monkeypatch, kept):
    for rows in range(1, 9):
        folder = tmp_path / f"{rows}"
        journal = folder / "x.batches.jsonl"
        append = BatchJournal.append

        def torn_append(self, *arguments, rows=rows, journal=journal, append=append, **more):
            append(self, *arguments, **more)
            lines = journal.read_bytes().splitlines(keepends=True)
            if len(lines) == rows:
                journal.write_bytes(b"".join(lines[:-1]) + lines[-1][: 1 + int(len(lines[-1]) * kept)])
                raise Killed

        with BatchEndpoint(lambda _: answer("4")) as endpoint:
            answered: dict[str, Trace | Failure] = {}
            with monkeypatch.context() as patch:
                patch.setattr(BatchJournal, "append", torn_append)
                with pytest.raises(Killed):
                    ask_missing(endpoint, folder, answered)
            assert not journal.read_bytes().endswith(b"\n")
            ask_missing(endpoint, folder, answered)
        assert (len(answered), set(endpoint.submitted.values())) == (10, {1})
        assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_any_damaged_line_of_the_journal_makes_the_providers_list_count(tmp_path, capsys):
    for number in range(6):
        folder = tmp_path / f"{number}"
        with BatchEndpoint(lambda _: answer("4")) as endpoint:
            with pytest.raises(Killed):
                ask(requests(10), endpoint, folder, max_requests=5, progress=killed)
            journal = folder / "x.batches.jsonl"
            lines = journal.read_bytes().splitlines(keepends=True)
            assert len(lines) == 6
            lines[number] = b"\x00" * 20 + b"\n"
            journal.write_bytes(b"".join(lines))
            outcomes, _ = ask(requests(10), endpoint, folder, max_requests=5)
        assert (len(outcomes), set(endpoint.submitted.values())) == (10, {1}), number
        assert "damaged" in capsys.readouterr().out


def test_answers_whose_owners_are_gone_are_not_paid_again_silently(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, progress=killed)
        (ids,) = (tmp_path / "x.batches").glob("*.ids.jsonl")
        ids.unlink()
        with pytest.raises(UserError, match="take the lines"):
            ask(requests(4), endpoint, tmp_path)
    assert set(endpoint.submitted.values()) == {1}


def test_two_runs_do_not_share_a_journal(tmp_path):
    with BatchJournal(tmp_path / "x.batches.jsonl"), BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(UserError, match="another process"):
            ask(requests(1), endpoint, tmp_path)
        assert endpoint.calls == []


CHILD = """
import asyncio, sys
from pathlib import Path
from data_gen.batches.ask import ask_batches
from data_gen.config import Endpoint
from data_gen.journal import Journal
from tests.test_batch import requests

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
