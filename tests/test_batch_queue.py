"""A full queue is waited for with smaller batches, the budget stops new ones, and progress counts what is done."""

import itertools

import pytest

from data_gen.cli import UserError
from data_gen.records import Trace
from tests.batch_endpoint import BatchEndpoint
from tests.batches import ask, requests
from tests.endpoint import answer, status


def test_a_batch_that_finds_the_queue_full_is_submitted_when_another_is_done(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), ends=["completed", "full", "full"], polls=2) as endpoint:
        outcomes, _ = ask(requests(30), endpoint, tmp_path, max_requests=10)
    assert len(outcomes) == 30
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert set(endpoint.submitted.values()) == {1}
    assert len(endpoint.batches) == 5


def test_batches_that_no_queue_has_room_for_become_smaller(tmp_path, capsys):
    with BatchEndpoint(lambda _: answer("4"), ends=["full", "full", "completed"], polls=1) as endpoint:
        outcomes, waits = ask(requests(20), endpoint, tmp_path, max_requests=20)
    sizes = [batch["request_counts"]["total"] for batch in endpoint.batches.values()]
    assert sizes == [20, 10, 5, 5, 5, 5]
    assert len(outcomes) == 20
    assert waits.count(60.0) >= 2
    assert "Enqueued token limit reached" in capsys.readouterr().out


def test_a_queue_without_room_for_one_request_ends_the_run(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), ends=["full"] * 9, polls=1) as endpoint:
        with pytest.raises(UserError, match="no room for one request"):
            ask(requests(4), endpoint, tmp_path)
        assert len(endpoint.batches) == 3


def test_a_queue_that_is_full_at_the_creation_is_waited_for(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["create"] = [status(429, "Enqueued token limit reached for m")]
        outcomes, _ = ask(requests(4), endpoint, tmp_path)
    assert len(outcomes) == 4
    assert set(endpoint.submitted.values()) == {1}


def test_the_budget_stops_new_batches_and_those_in_flight_come_in(tmp_path):
    allowed = [True, True, False, False, False, False, False]
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        outcomes, _ = ask(requests(50), endpoint, tmp_path, max_requests=5, may_start=lambda: allowed.pop(0))
    assert len(outcomes) == 10


def test_the_budget_is_asked_once_for_each_batch(tmp_path):
    asked = itertools.count(1)
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        ask(requests(10), endpoint, tmp_path, max_requests=5, may_start=lambda: bool(next(asked)))
    assert next(asked) == 3


def test_a_budget_that_allows_nothing_ends_without_a_call(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        outcomes, waits = ask(requests(5), endpoint, tmp_path, may_start=lambda: False)
    assert (outcomes, waits, endpoint.calls) == ({}, [], [])


def test_requests_that_the_queue_had_no_room_for_end_with_the_budget(tmp_path):
    allowed = iter([True, True])
    with BatchEndpoint(lambda _: answer("4"), ends=["completed", "full"]) as endpoint:
        outcomes, _ = ask(requests(10), endpoint, tmp_path, max_requests=5, may_start=lambda: next(allowed, False))
        assert len(outcomes) == 5
        again, _ = ask([r for r in requests(10) if r.id not in outcomes], endpoint, tmp_path)
    assert len(again) == 5
    assert set(endpoint.submitted.values()) == {1}


def test_progress_counts_what_the_provider_is_done_with(tmp_path):
    seen: list[tuple[int, int]] = []
    with BatchEndpoint(lambda _: answer("4"), polls=3) as endpoint:
        ask(requests(6), endpoint, tmp_path, progress=lambda *counts: seen.append(counts))
    assert seen[0] == (0, 6)
    assert seen[-1] == (6, 6)
