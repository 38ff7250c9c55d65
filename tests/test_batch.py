"""What goes to the Batch API: every request once, in batches that keep their limits, with nothing of it held."""

import json

import pytest

from data_gen.records import Trace
from tests.batch_endpoint import BatchEndpoint
from tests.batches import ask, request, requests
from tests.endpoint import answer


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
