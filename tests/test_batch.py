"""The Batch API: every request is submitted once, what comes back is a trace or a failure, and nothing of it is held."""

import asyncio
import itertools
import json
from typing import Any

import pytest

from data_gen.batches.ask import ask_batches
from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest, Sampling, seed_of
from tests.batch_endpoint import BatchEndpoint
from tests.endpoint import answer, status

SAMPLING = Sampling("m", 0.7, 1.0, 100)


def request(number: int) -> ChatRequest:
    said = [{"role": "user", "content": f"question {number}."}]
    return ChatRequest(f"q{number}", 0, said, seed_of(0, f"q{number}", 0), SAMPLING)


def requests(count: int) -> list[ChatRequest]:
    return [request(number) for number in range(count)]


def ask(asked, endpoint, folder, retries=2, key=None, **options):
    """Return the outcomes of one call, the last of each request, and how long it wanted to wait each time."""
    outcomes: dict[str, Trace | Failure] = {}
    waits: list[float] = []

    async def at_once(seconds):
        waits.append(seconds)

    def record(outcome):
        outcomes[outcome.id] = outcome

    config = Endpoint(base_url=endpoint.url, api_key_env=key)
    defaults: dict[str, Any] = {"record": record, "sleep": at_once, "poll_s": 60.0}
    asyncio.run(ask_batches(asked, config, folder / "x.batches.jsonl", retries=retries, **(defaults | options)))
    return outcomes, waits


def all_files(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_every_request_is_submitted_once_and_gets_its_own_answer(tmp_path):
    with BatchEndpoint(lambda body: answer("to " + body["messages"][0]["content"])) as endpoint:
        outcomes, waits = ask(requests(25), endpoint, tmp_path, max_requests=10)
    assert set(endpoint.submitted.values()) == {1}
    assert len(outcomes) == 25
    for number in range(25):
        trace = outcomes[f"q{number}"]
        assert isinstance(trace, Trace)
        assert (trace.text, trace.request, trace.model) == (f"to question {number}.", request(number).hash, "m")
        assert trace.usage.completion_tokens == 5
    assert set(waits) == {60.0}


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        ({"max_requests": 10}, [10, 10, 5]),
        ({"max_requests": 25}, [25]),
        ({"max_bytes": 1000}, [4, 4, 4, 4, 4, 4, 1]),
        ({"max_bytes": 1}, [1] * 25),
    ],
)
def test_a_batch_keeps_both_limits(tmp_path, limits, sizes):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        ask(requests(25), endpoint, tmp_path, **limits)
    files = [content for name, content in endpoint.files.items() if name.startswith("file-in")]
    assert [len(content.splitlines()) for content in files] == sizes
    assert all(len(content) <= limits.get("max_bytes", 10**6) or len(content.splitlines()) == 1 for content in files)


def test_a_line_of_the_input_is_the_request_as_it_would_be_sent_alone(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        ask([request(3)], endpoint, tmp_path)
    assert json.loads(endpoint.files["file-in-0"])["body"] == request(3).body


def test_the_token_of_the_journal_names_the_file_and_the_batch(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        ask([request(3)], endpoint, tmp_path)
    token = json.loads((tmp_path / "x.batches.jsonl").read_text().splitlines()[0])["token"]
    assert endpoint.batches["batch_0"]["metadata"] == {"token": token}
    assert endpoint.names["file-in-0"] == f"{token}.jsonl"


def test_a_request_that_is_given_twice_is_asked_once(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        outcomes, _ = ask([request(1), request(2), request(1)], endpoint, tmp_path)
    assert set(outcomes) == {"q1", "q2"}
    assert len(endpoint.files["file-in-0"].splitlines()) == 2


def test_requests_are_read_as_batches_have_room_for_them(tmp_path):
    read, most = [], []

    def source():
        for number in range(100):
            read.append(number)
            yield request(number)

    def progress(done, submitted):
        most.append(len(read) - done)

    with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
        outcomes, _ = ask(source(), endpoint, tmp_path, max_requests=10, in_flight=2, progress=progress)
    assert len(outcomes) == 100
    assert max(most) <= 21


def test_files_of_a_batch_are_gone_when_it_is_recorded(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        ask(requests(5), endpoint, tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["x.batches.jsonl"]


@pytest.mark.parametrize(
    ("reply", "error", "final"),
    [
        (answer("half an ans", "length"), "length", True),
        (answer("", "content_filter"), "content_filter", True),
        (answer(None, refusal="I will not"), "refusal", True),
        (answer(""), "empty", False),
        ((200, {}, b"{}"), "malformed", False),
        ((200, {}, b"<html>"), "malformed", False),
        (status(429), "429", False),
        (status(500), "500", False),
        ((0, {}, b"null"), "0", False),
        (status(400, "maximum context length"), "length", True),
        (status(400, "content_filter"), "content_filter", True),
        (status(400, "no such parameter"), "rejected", False),
        (status(404, "no such model"), "rejected", False),
        (None, "missing", False),
    ],
)  # fmt: skip
def test_whatever_is_no_whole_answer_is_a_failure(tmp_path, reply, error, final):
    with BatchEndpoint(lambda body: reply if "question 0." in str(body) else answer("4")) as endpoint:
        outcomes, _ = ask(requests(3), endpoint, tmp_path)
    failure = outcomes["q0"]
    assert isinstance(failure, Failure)
    assert (failure.error, failure.final, failure.request) == (error, final, request(0).hash)
    assert isinstance(outcomes["q1"], Trace)
    assert isinstance(outcomes["q2"], Trace)


def test_a_cut_answer_keeps_its_text_and_its_tokens(tmp_path):
    with BatchEndpoint(lambda _: answer("half an ans", "length")) as endpoint:
        outcomes, _ = ask(requests(1), endpoint, tmp_path)
    failure = outcomes["q0"]
    assert isinstance(failure, Failure)
    assert (failure.detail, failure.usage.completion_tokens) == ("half an ans", 5)


def test_an_empty_answer_is_final_when_the_retries_of_later_runs_gave_none(tmp_path):
    finals = []
    with BatchEndpoint(lambda _: answer("")) as endpoint:
        for _ in range(3):
            outcomes, _ = ask(requests(1), endpoint, tmp_path, retries=2)
            assert isinstance(outcomes["q0"], Failure)
            finals.append((outcomes["q0"].attempts, outcomes["q0"].final))
    assert finals == [(1, False), (2, False), (3, True)]


@pytest.mark.parametrize(("end", "error"), [("expired", "expired"), ("cancelled", "cancelled"), ("broken", "missing")])
def test_what_a_batch_answered_before_it_ended_is_kept_and_the_rest_is_asked_again(tmp_path, end, error):
    with BatchEndpoint(lambda _: answer("4"), ends=[end]) as endpoint:
        outcomes, _ = ask(requests(10), endpoint, tmp_path)
        open_ones = [o for o in outcomes.values() if isinstance(o, Failure)]
        assert {(failure.error, failure.final) for failure in open_ones} == {(error, False)}
        assert len(open_ones) == 5
        again, _ = ask([r for r in requests(10) if r.id in {o.id for o in open_ones}], endpoint, tmp_path)
    assert len(again) == 5
    assert all(isinstance(outcome, Trace) for outcome in again.values())


def test_a_line_that_answers_no_request_of_ours_is_left_out_and_told(tmp_path, capsys):
    strange = [
        b'{"custom_id": "unknown", "response": {"status_code": 200}}',
        b"12",
        b'["a list"]',
        b'{"custom_id": []}',
    ]
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.extra = strange
        outcomes, _ = ask(requests(2), endpoint, tmp_path)
    assert len(outcomes) == 2
    assert "4 lines of batch_0" in capsys.readouterr().out


def test_a_batch_that_is_not_accepted_ends_the_run_with_the_reason_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    with BatchEndpoint(lambda _: answer("4"), ends=["completed", "failed"], polls=1) as endpoint:
        outcomes: list[Trace | Failure] = []
        with pytest.raises(UserError, match="line 1 is bad") as error:
            ask(requests(10), endpoint, tmp_path, max_requests=5, key="TEST_KEY", record=outcomes.append)
        assert "sk-secret" not in str(error.value)
        assert len(outcomes) == 5
        again, _ = ask(requests(10)[5:], endpoint, tmp_path, key="TEST_KEY")
    assert len(again) == 5
    assert set(endpoint.submitted.values()) == {1}
    assert b"sk-secret" not in all_files(tmp_path)


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
