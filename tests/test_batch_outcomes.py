"""What comes back of a batch: a trace or a failure for every request, whatever the provider sends or leaves out."""

import pytest

from data_gen.cli import UserError
from data_gen.records import Failure, Trace
from tests.batch_endpoint import BatchEndpoint
from tests.batches import all_files, ask, request, requests
from tests.endpoint import answer, status


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
