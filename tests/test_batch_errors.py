"""The Batch API and calls that fail: those that may go well are tried again, those that only the user can mend are told."""

import pytest

from data_gen.cli import UserError
from data_gen.records import Failure, Trace
from tests.batch_endpoint import DROP, GOOD, BatchEndpoint, raw
from tests.batches import all_files, ask, requests
from tests.endpoint import answer, status

CALLS = ["upload", "create", "look", "download"]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NO_HTTP = {
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "no_status": b"HTTP/1.1 abc OK\r\n\r\n",
    "odd_status": b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}",
    "long_header": OK + b"X: " + b"a" * 20_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "bad_chunk_size": OK + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n{}\r\n",
    "bad_second_chunk": OK + b'Transfer-Encoding: chunked\r\n\r\n2\r\n{"\r\nZZZ\r\n',
    "cut_chunk": OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"ab',
    "negative_length": OK + b"Content-Length: -5\r\n\r\nhello",
    "short_body": OK + b"Content-Length: 500\r\n\r\n{}\n",
    "bad_gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "bad_zstd": OK + b"Content-Encoding: zstd\r\nContent-Length: 5\r\n\r\nhello",
    "bad_charset": b"HTTP/1.1 500 X\r\nContent-Type: text/html; charset=foo\r\nContent-Length: 5\r\n\r\n\xff\xfelo",
    "no_content": b"HTTP/1.1 204 No\r\n\r\n",
    "redirect_to_nowhere": b"HTTP/1.1 307 X\r\nLocation: http://[::bad/\r\nContent-Length: 0\r\n\r\n",
    "redirect_to_ftp": b"HTTP/1.1 307 X\r\nLocation: ftp://foo/\r\nContent-Length: 0\r\n\r\n",
    "upgrade": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "deep_json": OK + b"Content-Length: 400000\r\n\r\n" + b"[" * 200_000 + b"]" * 200_000,
    "deep_error": b"HTTP/1.1 500 X\r\nContent-Length: 400000\r\n\r\n" + b"[" * 200_000 + b"]" * 200_000,
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("reply", NO_HTTP.values(), ids=NO_HTTP)
def test_a_reply_that_is_no_http_or_no_json_is_asked_for_again(tmp_path, call, reply):
    with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
        endpoint.faults[call] = [raw(reply)]
        outcomes, _ = ask(requests(2), endpoint, tmp_path)
        assert endpoint.calls.count(call) >= 2
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert (len(outcomes), set(endpoint.submitted.values())) == (2, {1})


@pytest.mark.parametrize("call", CALLS)
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


SECRET = "sk-SECRETSECRETSECRETSECRET"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", [200, 400, 404, 429, 500])
def test_no_part_of_a_key_is_told_wherever_the_text_of_an_error_is_cut(tmp_path, monkeypatch, call, code):
    monkeypatch.setenv("TEST_KEY", SECRET)
    for shift in range(0, 20, 4):  # keys in all places: one of them is where the text is cut
        folder, text = tmp_path / f"{shift}", "x" * shift + SECRET * 120
        with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
            endpoint.faults[call] = [(code, {"Content-Type": "text/html"}, text.encode())] * 3
            with pytest.raises(UserError) as error:
                ask(requests(1), endpoint, folder, retries=0, key="TEST_KEY")
        assert "***" in str(error.value)
        assert "SECRET" not in str(error.value)
        assert b"SECRET" not in all_files(folder)


def test_no_header_of_the_environment_reaches_the_endpoint(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Internal: for-another\nAuthorization: Bearer for-another")
    for name in ("ORG_ID", "PROJECT_ID", "API_KEY", "ADMIN_KEY", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "for-another")
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        ask(requests(1), endpoint, tmp_path, key="TEST_KEY")
    assert endpoint.headers["authorization"] == {"Bearer sk-secret"}
    assert not {"x-internal", "openai-organization", "openai-project"} & endpoint.headers.keys()
    assert "for-another" not in str(endpoint.headers)


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
