"""The Batch API and calls that fail: those that may go well are tried again, those that only the user can mend are told."""

import pytest

from data_gen.cli import UserError
from data_gen.records import Failure, Trace
from tests.batch_endpoint import DROP, GOOD, BatchEndpoint
from tests.endpoint import answer, status
from tests.test_batch import all_files, ask, requests


@pytest.mark.parametrize("call", ["upload", "create", "look", "download"])
@pytest.mark.parametrize(
    "faults",
    [
        [status(429)],
        [status(500), status(503)],
        [None],
        [DROP],
        [(200, {"Content-Type": "text/html"}, b"<html>"), None],
        [(200, {"X-Length": "99999", "Content-Type": "application/json"}, b'{"id"')],
    ],
    ids=["429", "5xx", "dropped", "answer_lost", "html", "cut"],
)
def test_a_call_that_fails_for_a_while_loses_nothing_and_pays_nothing_twice(tmp_path, call, faults):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults[call] = [GOOD, *faults]
        outcomes, _ = ask(requests(10), endpoint, tmp_path, max_requests=5)
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert (len(outcomes), set(endpoint.submitted.values())) == (10, {1})


def test_tries_are_apart_and_more_so_each_time(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
        endpoint.faults["upload"] = [status(500), status(500), status(500)]
        _, waits = ask(requests(1), endpoint, tmp_path, retries=3)
    assert 0.2 < waits[0] < waits[1] < waits[2] <= 2.0


def test_retry_after_is_obeyed(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["create"] = [status(429, Retry_After="77")]
        _, waits = ask(requests(1), endpoint, tmp_path)
    assert 77 in waits


def test_retries_are_bounded_and_the_message_tells_what_goes_on(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["look"] = [status(500)] * 99
        with pytest.raises(UserError, match=r"run the same again: 2 batches go on at the provider"):
            ask(requests(10), endpoint, tmp_path, max_requests=5, retries=2)
        assert endpoint.calls.count("look") == 3


@pytest.mark.parametrize(
    ("call", "reply", "told"),
    [
        ("upload", status(401, "bad key sk-secret"), "TEST_KEY"),
        ("create", status(403, "bad key sk-secret"), "TEST_KEY"),
        ("upload", status(404, "no files for sk-secret"), "base_url"),
        ("look", status(404, "no batch for sk-secret"), "take the lines with"),
        ("create", status(400, "no batches of this model with sk-secret"), "no batches of this model"),
    ],
)
def test_what_only_the_user_can_mend_ends_the_run_without_the_key(tmp_path, monkeypatch, call, reply, told):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults[call] = [reply]
        with pytest.raises(UserError, match=told) as error:
            ask(requests(3), endpoint, tmp_path, key="TEST_KEY")
        assert endpoint.calls.count(call) == 1
        assert "sk-secret" not in str(error.value)
        assert b"sk-secret" not in all_files(tmp_path)
        outcomes, _ = ask(requests(3), endpoint, tmp_path, key="TEST_KEY")  # mended: it goes on
    assert (len(outcomes), set(endpoint.submitted.values()), endpoint.keys) == (3, {1}, {"Bearer sk-secret"})


@pytest.mark.parametrize(
    "reply",
    [
        status(400, "bad sk-secret"),
        status(404, "no model for sk-secret"),
        status(500, "sk-secret"),
        (200, {}, b'{"error": "sk-secret"}'),
    ],
)
def test_a_key_that_an_answer_repeats_is_in_no_record(tmp_path, monkeypatch, reply):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    with BatchEndpoint(lambda _: reply) as endpoint:
        outcomes, _ = ask(requests(1), endpoint, tmp_path, key="TEST_KEY")
    assert isinstance(outcomes["q0"], Failure)
    assert "***" in outcomes["q0"].detail
    assert "sk-secret" not in outcomes["q0"].detail
