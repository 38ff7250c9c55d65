"""Rule 5.2: an error, an empty body, a refusal or a cut answer never becomes training text."""

import asyncio
import contextlib
import datetime
import email.utils
import json
import socket
import threading
import time

import httpx2
import pytest

from data_gen.chat import ask_all
from data_gen.cli import UserError
from data_gen.config import Endpoint as EndpointConfig
from data_gen.lane import retry_after
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest, Sampling, seed_of
from tests.endpoint import Endpoint, answer, status

SAMPLING = Sampling("m", 0.7, 1.0, 100)
BODY = {"choices": [{"finish_reason": "stop", "message": {"content": "4"}}]}


def request(number: int = 0, sample: int = 0) -> ChatRequest:
    said = [{"role": "user", "content": f"question {number}"}]
    return ChatRequest(f"q{number}", sample, said, seed_of(0, f"q{number}", sample), SAMPLING)


def ask(requests, *urls, retries=2, **options):
    outcomes: list[Trace | Failure] = []
    endpoints = [EndpointConfig(base_url=url, concurrency=4) for url in urls]

    async def at_once(seconds):
        waits.append(seconds)

    waits: list[float] = []
    options.setdefault("record", outcomes.append)
    asyncio.run(ask_all(requests, endpoints, 2.0, retries, sleep=at_once, **options))
    return outcomes, waits


def test_a_whole_answer_is_a_trace_with_its_reasoning_and_usage():
    with Endpoint(lambda _: answer("It is 4.", reasoning_content="2 + 2")) as endpoint:
        outcomes, _ = ask([request()], endpoint.url)
    (trace,) = outcomes
    assert isinstance(trace, Trace)
    assert (trace.text, trace.reasoning, trace.usage.completion_tokens) == ("It is 4.", "2 + 2", 5)


@pytest.mark.parametrize(
    ("reply", "error", "final"),
    [
        (answer("half an ans", "length"), "length", True),
        (answer("", "content_filter"), "content_filter", True),
        (answer(None, refusal="I will not"), "refusal", True),
        (answer(""), "empty", True),
        (answer("  \n"), "empty", True),
        (answer(None, reasoning="only thoughts"), "empty", True),
        (answer("text", "tool_calls"), "malformed", True),
        (answer("text", None), "malformed", True),
        ((200, {}, b"{}"), "malformed", True),
        ((200, {}, b"[]"), "malformed", True),
        ((200, {}, json.dumps({"choices": []}).encode()), "malformed", True),
        ((200, {}, json.dumps({"choices": [{"message": {"content": ["x"]}, "finish_reason": "stop"}]}).encode()),
         "malformed", True),
        ((200, {"Content-Type": "text/html"}, b"<html>it works</html>"), "not_json", False),
        ((200, {}, b'{"choices": [{"finish_re'), "not_json", False),
        ((200, {"X-Length": "500"}, b'{"choices"'), "connection", False),
        (None, "connection", False),
        (status(429), "429", False),
        (status(500), "500", False),
        (status(503), "503", False),
        (status(400, "maximum context length"), "length", True),
        (status(400, "no such sampling parameter"), "rejected", False),
        (status(422, "no"), "rejected", False),
    ],
)  # fmt: skip
def test_whatever_is_no_whole_answer_is_a_failure(reply, error, final):
    with Endpoint(lambda body: reply if "question 0" in str(body) else answer("4")) as endpoint:
        outcomes, _ = ask([request(number) for number in range(2)], endpoint.url)
    failure = next(outcome for outcome in outcomes if outcome.id == "q0")
    assert isinstance(failure, Failure)
    expected = ("timeout", "connection") if error == "connection" else (error,)
    assert failure.error in expected
    assert failure.final == final
    assert isinstance(next(outcome for outcome in outcomes if outcome.id == "q1"), Trace)


def test_a_transient_error_is_retried_and_then_answered():
    replies = [status(500), None, (200, {}, b"<html>"), answer("4")]
    with Endpoint(lambda _: replies.pop(0)) as endpoint:
        outcomes, waits = ask([request()], endpoint.url, retries=5)
    assert isinstance(outcomes[0], Trace)
    assert len(waits) == 3


def test_retry_after_is_obeyed():
    replies = [status(429, Retry_After="7"), answer("4")]
    with Endpoint(lambda _: replies.pop(0)) as endpoint:
        _, waits = ask([request()], endpoint.url)
    assert waits[0] >= 7


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [("7", 7, 7), ("0.5", 0.5, 0.5), ("in a while", None, None), ("", None, None), ("-3", None, None)],
)
def test_retry_after_is_read_as_seconds(told, least, most):
    found = retry_after(httpx2.Headers({"Retry-After": told}))
    assert found is None if least is None else found is not None and least <= found <= most


def test_retry_after_is_read_as_a_date():
    soon = email.utils.format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90))
    found = retry_after(httpx2.Headers({"Retry-After": soon}))
    assert found is not None
    assert 85 <= found <= 90


def test_a_date_to_come_back_at_is_compared_with_the_endpoints_own_clock():
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)  # by theirs: ours is a day behind
    soon = email.utils.format_datetime(now + datetime.timedelta(seconds=90))
    found = retry_after(httpx2.Headers({"Retry-After": soon, "Date": email.utils.format_datetime(now)}))
    assert found == 90


@pytest.mark.parametrize(("limits", "least"), [({"rpm": 600}, 2.5), ({"tpm": 420_000}, 2.5)])
def test_limits_hold_evenly_over_the_minute(limits, least):
    """40 requests: 10 a second after the first 10; or 7,000 tokens a second at 100 and a prompt each, but for one burst."""
    count = 40 if "rpm" in limits else 270
    with Endpoint(lambda _: answer("4")) as endpoint:
        config = EndpointConfig(base_url=endpoint.url, concurrency=64, **limits)
        started = time.monotonic()
        asyncio.run(ask_all([request(n) for n in range(count)], [config], 5.0, 0, lambda _: None))
    assert time.monotonic() - started > least


def test_an_answer_that_trickles_in_is_given_up_at_the_timeout():
    def trickle(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.1)

    outcomes: list[Trace | Failure] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=trickle, args=[server], daemon=True).start()
        config = EndpointConfig(base_url=f"http://127.0.0.1:{server.getsockname()[1]}/v1", concurrency=1)
        started = time.monotonic()
        asyncio.run(ask_all([request()], [config], 1.0, 0, outcomes.append))
    assert time.monotonic() - started < 5
    assert isinstance(outcomes[0], Failure)
    assert (outcomes[0].error, outcomes[0].final) == ("timeout", False)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 10.0, "completion_tokens": 5.0}, (10, 5)),
        ({"prompt_tokens": -10, "completion_tokens": None}, (0, 0)),
        ({"prompt_tokens": "10"}, (0, 0)),
        ({"prompt_tokens": 10**400, "completion_tokens": 1e300}, (0, 0)),  # a number that nothing can be paid by
        (None, (0, 0)),
        ([], (0, 0)),
    ],
)
def test_tokens_are_read_as_whole_numbers_from_0(usage, expected):
    body = json.dumps(BODY | {"usage": usage}).encode()
    with Endpoint(lambda _: (200, {}, body)) as endpoint:
        outcomes, _ = ask([request()], endpoint.url)
    assert (outcomes[0].usage.prompt_tokens, outcomes[0].usage.completion_tokens) == expected


def test_what_an_empty_answer_cost_before_a_whole_one_is_counted():
    replies = [answer(""), answer(" "), answer("4")]
    with Endpoint(lambda _: replies.pop(0)) as endpoint:
        outcomes, _ = ask([request()], endpoint.url)
    (trace,) = outcomes
    assert isinstance(trace, Trace)
    assert trace.wasted is not None
    assert (trace.wasted.prompt_tokens, trace.wasted.completion_tokens) == (20, 10)


def test_deep_json_is_a_failure_and_no_crash():
    deep = b'{"choices": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    with Endpoint(lambda body: (200, {}, deep) if "question 0" in str(body) else answer("4")) as endpoint:
        outcomes, _ = ask([request(n) for n in range(3)], endpoint.url, retries=0)
    assert sorted(isinstance(outcome, Trace) for outcome in outcomes) == [False, True, True]


def test_which_model_answered_is_kept_where_it_is_another():
    body = json.dumps(BODY | {"model": "m-2024-07-18"}).encode()
    with Endpoint(lambda _: (200, {}, body)) as endpoint:
        outcomes, _ = ask([request()], endpoint.url)
    assert outcomes[0].row()["answered_by"] == "m-2024-07-18"


def test_retries_are_bounded():
    with Endpoint(lambda _: status(500)) as endpoint:
        with pytest.raises(UserError, match="nothing but errors"):
            ask([request(number) for number in range(50)], endpoint.url, retries=2)
        assert len(endpoint.requests) <= 4 * 3 * 2  # lanes, attempts, and what was in flight when it was left


def test_samples_of_a_problem_have_seeds_and_hashes_of_their_own():
    requests = [request(0, sample) for sample in range(16)]
    with Endpoint(lambda _: answer("4")) as endpoint:
        ask(requests, endpoint.url)
        assert len({body["seed"] for body in endpoint.requests}) == 16
    assert len({r.hash for r in requests}) == 16
