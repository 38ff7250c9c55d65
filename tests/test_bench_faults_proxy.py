"""The proxy of bench/faults.py: it remembers answers, breaks them as told, and restarts as a server does."""

import asyncio
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from bench.faults_proxy import BREAKS, Break, Proxy, request_key
from data_gen.chat import ask_all
from data_gen.config import Endpoint as Asked
from data_gen.records import Trace
from data_gen.responses import ChatRequest, Sampling
from tests.endpoint import Endpoint, answer


def asking(seed=1, model="runs/x/m"):
    messages = [{"role": "user", "content": "What is 1 + 1?"}]
    return ChatRequest("q", 0, messages, seed, Sampling(model, 0.7, 1.0, 16))


def ask(url, *requests, timeout_s=5.0, retries=0):
    """Ask through the project's own client and return what it makes of the answers."""
    outcomes: list[Any] = []
    endpoint = Asked(base_url=url, concurrency=2)
    asyncio.run(ask_all(requests, [endpoint], timeout_s, retries, outcomes.append))
    return outcomes


@pytest.fixture
def proxied(tmp_path):
    """A scripted model behind the proxy: every answer of it is another."""
    with Endpoint(lambda body: answer(f"answer {time.monotonic_ns()}")) as model:
        with Proxy(tmp_path / "answers.jsonl", lambda name: (model.url, "served")) as proxy:
            yield model, proxy


def test_the_same_request_gets_the_same_answer_at_every_door_and_is_asked_once(proxied):
    model, proxy = proxied
    texts = {ask(proxy.open(name).url, asking())[0].text for name in ("one", "two")}
    assert len(texts) == 1
    assert [body["model"] for body in model.requests] == ["served"]


def test_answers_are_known_in_a_later_call(proxied, tmp_path):
    _, proxy = proxied
    first = ask(proxy.open("one").url, asking())[0].text

    def nobody(model):
        raise AssertionError("the model is asked again")

    with Proxy(tmp_path / "answers.jsonl", nobody) as later:
        assert ask(later.open("two").url, asking())[0].text == first


def test_what_decides_an_answer_makes_another_request_and_the_weights_folder_does_not():
    body = asking().body
    assert request_key(body) == request_key(body | {"model": "runs/y/m"})
    others: list[dict[str, Any]] = [{"model": "runs/x/n"}, {"seed": 2}, {"temperature": 0.1}, {"messages": []}]
    for other in others:
        assert request_key(body | other) != request_key(body)


MEANINGS = {
    "status": ("500", False),
    "html": ("not_json", False),
    "cut_json": ("not_json", False),
    "reset": ("connection", False),
    "hang": ("timeout", False),
    "slow": ("timeout", False),
    "no_choices": ("malformed", True),
    "no_content": ("empty", True),
    "length": ("length", True),
}


@pytest.mark.parametrize("how", BREAKS)
def test_every_break_reaches_the_client_as_what_it_is(proxied, how):
    _, proxy = proxied
    door = proxy.open("door")
    door.script = lambda call: Break(how, seconds=1.5)
    (outcome,) = ask(door.url, asking(), timeout_s=0.7)
    if how == "wrong_type":  # the right answer all the same
        assert isinstance(outcome, Trace)
    else:
        assert (outcome.error, outcome.final) == MEANINGS[how]
    assert door.broken[how] == 1


def test_a_script_sees_which_call_it_is_and_a_door_counts_what_came_twice(proxied):
    _, proxy = proxied
    door = proxy.open("door")
    seen = []

    def script(call):
        seen.append((call.number, call.attempt))
        return Break("status") if call.attempt == 1 else None

    door.script = script
    (outcome,) = ask(door.url, asking(), retries=1)
    assert isinstance(outcome, Trace)
    assert seen == [(1, 1), (2, 2)]
    assert door.again == 1


def test_a_restarting_server_refuses_connections_and_comes_back_on_its_port(proxied):
    _, proxy = proxied
    door = proxy.open("door")
    url = door.url
    door.restart(0.5)
    time.sleep(0.2)
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"{url}/chat/completions", timeout=2)
    time.sleep(0.8)
    assert isinstance(ask(url, asking())[0], Trace)
