"""Several endpoints, their keys, and what they refuse: nobody's trouble costs another's answers, and no key is told."""

import asyncio
import contextlib
import json
import socket
import threading
import time

import pytest

from data_gen.chat import ask_all
from data_gen.cli import UserError
from data_gen.config import Endpoint as EndpointConfig
from data_gen.records import Failure, Trace
from tests.endpoint import Endpoint, Reply, answer, status
from tests.test_chat import ask, request


def test_while_an_endpoint_wants_no_requests_nobody_sends_one():
    arrived: list[float] = []

    def script(_):
        arrived.append(time.monotonic())
        return status(429, Retry_After="1") if len(arrived) <= 4 else answer("4")

    with Endpoint(script, delay=0.1) as endpoint:
        config = EndpointConfig(base_url=endpoint.url, concurrency=4)
        asyncio.run(ask_all([request(n) for n in range(20)], [config], 5.0, 3, lambda _: None))
    assert arrived[4] - arrived[3] > 0.9


@pytest.mark.parametrize(
    "reply",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_dropped_connection(reply):
    def script(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                connection.recv(65536)
                connection.sendall(reply)
                connection.close()

    outcomes: list[Trace | Failure] = []
    with socket.create_server(("127.0.0.1", 0)) as server, Endpoint(lambda _: answer("4"), delay=0.1) as good:
        threading.Thread(target=script, args=[server], daemon=True).start()
        urls = [f"http://127.0.0.1:{server.getsockname()[1]}/v1", good.url]
        endpoints = [EndpointConfig(base_url=url, concurrency=2) for url in urls]
        asyncio.run(ask_all([request(n) for n in range(10)], endpoints, 5.0, 0, outcomes.append))
    assert sum(isinstance(outcome, Trace) for outcome in outcomes) == 10


@pytest.mark.parametrize("code", [401, 404])
def test_an_endpoint_that_refuses_takes_nothing_of_another_along(code, capsys):
    """The other one is slow: what it was asked is paid for."""
    with Endpoint(lambda _: status(code, "no")) as one, Endpoint(lambda _: answer("4"), delay=0.3) as other:
        outcomes, _ = ask([request(n) for n in range(12)], one.url, other.url)
    assert sum(isinstance(outcome, Trace) for outcome in outcomes) == 12
    assert "an endpoint was left" in capsys.readouterr().out


def test_a_403_about_one_request_stops_no_other():
    with Endpoint(lambda body: status(403, "moderation") if "question 7" in str(body) else answer("4")) as endpoint:
        outcomes, _ = ask([request(n) for n in range(20)], endpoint.url)
    failed = [(outcome.id, outcome.error, outcome.final) for outcome in outcomes if isinstance(outcome, Failure)]
    assert failed == [("q7", "rejected", False)]
    assert len(outcomes) == 20


def test_an_error_with_status_200_is_no_final_answer_and_goes_to_another_endpoint():
    said: Reply = (200, {}, json.dumps({"error": {"code": 429, "message": "slow down"}}).encode())
    with Endpoint(lambda _: said) as one, Endpoint(lambda _: answer("4"), delay=0.05) as other:
        outcomes, _ = ask([request(n) for n in range(40)], one.url, other.url, retries=0)
    assert sum(isinstance(outcome, Trace) for outcome in outcomes) == 40


def test_an_endpoint_that_wants_a_day_is_left_with_a_line_and_holds_nothing(capsys):
    with Endpoint(lambda _: status(429, Retry_After="86400")) as one, Endpoint(lambda _: answer("4"), delay=0.05) as other:
        outcomes, _ = ask([request(n) for n in range(20)], one.url, other.url)
    assert sum(isinstance(outcome, Trace) for outcome in outcomes) == 20
    assert "86400 s" in capsys.readouterr().out


@pytest.mark.parametrize("told", ["9" * 400, "9999999999"])
def test_an_endless_retry_after_ends_the_run_with_a_line(told):
    with Endpoint(lambda _: status(429, Retry_After=told)) as endpoint, pytest.raises(UserError, match="no request for"):
        ask([request()], endpoint.url)


def test_nothing_of_the_environment_goes_to_an_endpoint(monkeypatch):
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "mine-alone")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Api-Key: mine-alone")
    with Endpoint(lambda _: answer("4")) as endpoint:
        ask([request()], endpoint.url)
        assert "mine-alone" not in str(endpoint.headers)


def test_a_key_that_an_endpoint_repeats_in_an_answer_is_scrubbed_even_where_it_is_cut(monkeypatch):
    monkeypatch.setenv("TEST_KEY", "sk-secretsecretsecret\n")
    replies = [(200, {}, b"<html>" + b"x" * 175 + b"sk-secretsecretsecret"), answer("you said sk-secretsecretsecret")]
    outcomes: list[Trace | Failure] = []
    with Endpoint(lambda _: replies.pop(0)) as endpoint:
        config = EndpointConfig(base_url=endpoint.url, api_key_env="TEST_KEY")
        asyncio.run(
            ask_all([request(0), request(1)], [config.model_copy(update={"concurrency": 1})], 2.0, 0, outcomes.append)
        )
        assert endpoint.keys[0] == "Bearer sk-secretsecretsecret"
    assert "sk-" not in str([outcome.row() for outcome in outcomes])


@pytest.mark.parametrize("key", ["sk-\u00e9", "sk-\x07"])
def test_a_key_that_cannot_be_one_is_told(monkeypatch, key):
    monkeypatch.setenv("TEST_KEY", key)
    with pytest.raises(UserError, match="TEST_KEY holds signs") as error:
        asyncio.run(ask_all([request()], [EndpointConfig(base_url="http://x", api_key_env="TEST_KEY")],
                            2.0, 0, lambda _: None))  # fmt: skip
    assert key not in str(error.value)


def test_a_refused_key_stops_at_once_and_the_key_is_in_no_message(monkeypatch):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    config = EndpointConfig(base_url="http://x", api_key_env="TEST_KEY")
    with Endpoint(lambda _: status(401, "bad key sk-secret")) as endpoint:
        config = config.model_copy(update={"base_url": endpoint.url})
        with pytest.raises(UserError) as error:
            asyncio.run(ask_all([request()], [config], 2.0, 2, lambda _: None))
        assert endpoint.keys == ["Bearer sk-secret"]
    assert "TEST_KEY" in str(error.value)
    assert "sk-secret" not in str(error.value)


def test_an_endpoint_that_wants_a_key_is_told_where_to_name_one_in_a_recipe_and_in_an_evaluation():
    with Endpoint(lambda _: status(401)) as endpoint:
        with pytest.raises(UserError) as error:
            ask([request()], endpoint.url)
    assert "`api_key_env` beside `base_url` in data.yaml" in str(error.value)
    assert "--api_key_env beside --base_url in an evaluation" in str(error.value)


def test_a_key_that_an_endpoint_echoes_is_scrubbed_from_the_record(monkeypatch):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    outcomes: list[Trace | Failure] = []
    with Endpoint(lambda _: status(400, "bad sk-secret")) as endpoint:
        config = EndpointConfig(base_url=endpoint.url, api_key_env="TEST_KEY")
        asyncio.run(ask_all([request()], [config], 2.0, 0, outcomes.append))
    assert isinstance(outcomes[0], Failure)
    assert "sk-secret" not in outcomes[0].detail


def test_a_missing_key_is_told_by_its_name():
    with pytest.raises(UserError, match="NO_SUCH_KEY_HERE"):
        asyncio.run(ask_all([request()], [EndpointConfig(base_url="http://x", api_key_env="NO_SUCH_KEY_HERE")],
                            2.0, 0, lambda _: None))  # fmt: skip


def test_endpoints_share_the_work_and_a_dead_one_loses_nothing():
    requests = [request(number) for number in range(60)]
    with Endpoint(lambda _: answer("4"), delay=0.01) as one, Endpoint(lambda _: answer("4"), delay=0.01) as two:
        outcomes, _ = ask(requests, one.url, two.url, "http://127.0.0.1:9/v1", retries=0)
        assert min(len(one.requests), len(two.requests)) >= 15
    assert {outcome.id for outcome in outcomes} == {r.id for r in requests}
    assert all(isinstance(outcome, Trace) for outcome in outcomes)


def test_the_budget_stops_new_requests():
    done: list[Trace | Failure] = []
    with Endpoint(lambda _: answer("4")) as endpoint:
        config = EndpointConfig(base_url=endpoint.url, concurrency=1)
        asyncio.run(ask_all((request(n) for n in range(50)), [config], 2.0, 0, done.append, lambda in_flight: len(done) < 5))
    assert len(done) == 5


def test_a_dead_endpoint_beside_a_living_one_loses_nothing_with_retries():
    requests = [request(number) for number in range(60)]
    with Endpoint(lambda _: answer("4")) as endpoint:
        outcomes, _ = ask(requests, "http://127.0.0.1:9/v1", endpoint.url, retries=3)
    assert sum(isinstance(outcome, Trace) for outcome in outcomes) == 60


def test_a_404_that_echoes_the_key_does_not_print_it(monkeypatch):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    with Endpoint(lambda _: status(404, "no model for sk-secret")) as endpoint:
        config = EndpointConfig(base_url=endpoint.url, api_key_env="TEST_KEY")
        with pytest.raises(UserError) as error:
            asyncio.run(ask_all([request()], [config], 2.0, 0, lambda _: None))
    assert "sk-secret" not in str(error.value)
