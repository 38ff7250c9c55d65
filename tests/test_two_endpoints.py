"""Two endpoints of which one gives nothing of use: the other answers, and what was paid for is counted."""

import asyncio

import pytest

from data_gen.chat import ask_all
from data_gen.cli import UserError
from data_gen.config import Endpoint as Where
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest, Sampling
from tests.endpoint import Endpoint, answer, status


async def at_once(seconds):
    """A clock on which no time passes."""


def asked_of_two(script, requests=12, other=lambda body: answer("fine")):
    """Ask a bad endpoint, which is the faster, and a good one; return the outcomes and the calls that each got."""
    outcomes: list[Trace | Failure] = []
    with Endpoint(script) as bad, Endpoint(other, delay=0.02) as good:
        places = [Where(base_url=endpoint.url, concurrency=1) for endpoint in (bad, good)]
        said = [[{"role": "user", "content": f"question {number}"}] for number in range(requests)]
        asked = [ChatRequest(f"q{n}", 0, text, 1, Sampling("m", 0.7, 1.0, 10)) for n, text in enumerate(said)]
        asyncio.run(ask_all(asked, places, timeout_s=30, retries=1, record=outcomes.append, sleep=at_once))
    return outcomes, len(bad.requests), len(good.requests)


@pytest.mark.parametrize(
    "reply", [answer(""), answer("x", finish_reason=None), status(503)], ids=["empty", "malformed", "503"]
)
def test_what_one_endpoint_cannot_answer_goes_to_the_other(reply):
    outcomes, _, _ = asked_of_two(lambda body: reply)
    assert len(outcomes) == 12
    assert all(isinstance(outcome, Trace) for outcome in outcomes)


def test_what_an_endpoint_was_paid_for_answers_of_no_use_is_counted():
    outcomes, bad, good = asked_of_two(lambda body: answer(""))
    paid = [
        usage for outcome in outcomes for usage in (outcome.usage, getattr(outcome, "wasted", None)) if usage is not None
    ]
    assert bad
    assert sum(usage.completion_tokens for usage in paid) == 5 * (bad + good)  # 5 tokens an answer


def test_what_no_endpoint_answers_is_told_as_a_failure():
    outcomes, bad, good = asked_of_two(lambda body: answer(""), requests=1, other=lambda body: status(503))
    assert (bad > 0, good > 0) == (True, True)
    assert [isinstance(outcome, Failure) for outcome in outcomes] == [True]


def test_a_run_ends_where_no_endpoint_gives_anything():
    with pytest.raises(UserError, match="nothing but errors"):
        asked_of_two(lambda body: answer(""), other=lambda body: status(503))
