"""Result files that do not come whole, or hold what no JSON reader likes: no batch is closed with a part of its answers."""

import itertools
import json
import re

import pytest

from data_gen.batches.journal import open_batches
from data_gen.cli import UserError
from data_gen.records import Failure, Trace
from tests.batch_endpoint import BatchEndpoint
from tests.batches import all_files, ask, request, requests
from tests.endpoint import answer, status

KEY = "sk-SECRET/SECRET+SECRET"


def lines_of(content):
    return content.splitlines(keepends=True)


TEARS = {
    "in the middle of a line": lambda content: b"".join(lines_of(content)[:4]) + lines_of(content)[4][:50],
    "between two lines": lambda content: b"".join(lines_of(content)[:4]),
    "before a newline": lambda content: b"".join(lines_of(content)[:5]).removesuffix(b"\n"),
    "to nothing": lambda _: b"",
    "at its beginning": lambda content: content[30:],
    "by a page of HTML": lambda _: b"<html>\n<p>Bad gateway</p>\n</html>\n",
    "by a line of zeros": lambda content: content.replace(lines_of(content)[4], b"\x00" * 40 + b"\n"),
    "by a broken character": lambda content: content.replace(b'"4"', b'"\xff"', 1),
}


@pytest.mark.parametrize("tear", TEARS.values(), ids=TEARS)
def test_a_torn_download_is_tried_again_and_costs_nothing(tmp_path, tear):
    downloads = itertools.count()
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.served = lambda content: tear(content) if next(downloads) < 2 else content
        outcomes, _ = ask(requests(10), endpoint, tmp_path, retries=2)
    assert len(outcomes) == 10
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert endpoint.calls.count("download") == 3


@pytest.mark.parametrize("tear", TEARS.values(), ids=TEARS)
def test_a_download_that_stays_torn_ends_the_run_and_closes_nothing(tmp_path, tear):
    recorded: list[Trace | Failure] = []
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.served = tear
        with pytest.raises(UserError, match=r"batch_0: .*stays open.*\n.*run the same again \(1 batches go on"):
            ask(requests(10), endpoint, tmp_path, retries=2, record=recorded.append)
        assert recorded == []
        assert endpoint.calls.count("download") == 3
        assert open_batches(tmp_path / "x.batches.jsonl") == 1
        assert not [*tmp_path.rglob("*.output.*")]
        endpoint.served = lambda content: content
        outcomes, _ = ask(requests(10), endpoint, tmp_path)
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert (len(outcomes), set(endpoint.submitted.values())) == (10, {1})


def test_a_torn_error_file_costs_no_second_download_of_the_answers(tmp_path):
    downloads = itertools.count()
    with BatchEndpoint(lambda body: status(500) if "question 0." in str(body) else answer("4")) as endpoint:
        endpoint.served = lambda content: content[:-9] if next(downloads) == 1 else content
        outcomes, _ = ask(requests(10), endpoint, tmp_path)
    assert len(outcomes) == 10
    assert endpoint.calls.count("download") == 3


def test_a_batch_whose_download_stays_torn_does_not_hold_up_the_others(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
        endpoint.served = lambda content: content[:-9] if request(3).hash.encode() in content else content
        recorded: list[Trace | Failure] = []
        with pytest.raises(UserError, match="batch_0"):
            ask(requests(15), endpoint, tmp_path, max_requests=5, record=recorded.append)
    assert {outcome.id for outcome in recorded} == {f"q{number}" for number in range(5, 15)}


def test_a_batch_that_counts_more_answers_than_it_has_files_for_stays_open(tmp_path):
    with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
        look = endpoint._look
        endpoint._look = lambda batch: look(batch) | {"output_file_id": None}  # type: ignore[method-assign]
        with pytest.raises(UserError, match="0 results came of 10"):
            ask(requests(10), endpoint, tmp_path)
    assert open_batches(tmp_path / "x.batches.jsonl") == 1


@pytest.mark.parametrize("counts", [None, {}, {"completed": None, "failed": "many"}])
def test_a_provider_that_counts_nothing_is_believed(tmp_path, counts):
    with BatchEndpoint(lambda body: None if "question 0." in str(body) else answer("4"), polls=1) as endpoint:
        look = endpoint._look
        endpoint._look = lambda batch: look(batch) | {"request_counts": counts}  # type: ignore[method-assign]
        outcomes, _ = ask(requests(10), endpoint, tmp_path)
    errors = [outcome.error for outcome in outcomes.values() if isinstance(outcome, Failure)]
    assert (len(outcomes), errors) == (10, ["missing"])


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\r\n", b" \n \n"])
def test_a_file_is_whole_however_its_last_line_ends(tmp_path, end):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.served = lambda content: content.removesuffix(b"\n") + end
        outcomes, _ = ask(requests(10), endpoint, tmp_path)
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())
    assert endpoint.calls.count("download") == 1


HOSTILE = {
    "nested 200,000 deep": b"[" * 200_000 + b"]" * 200_000,
    "a number of 5,000 digits": b"1" * 5000,
    **{f"nested {depth} deep": b'{"a":' * depth + b"1" + b"}" * depth for depth in range(100, 1100, 25)},
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_line_that_cannot_be_read_is_a_failure_of_its_request_alone(tmp_path, body):
    def served(content):
        lines = lines_of(content)
        number = next(number for number, line in enumerate(lines) if request(3).hash.encode() in line)
        lines[number] = re.sub(rb'"body": .*\}, "error"', lambda _: b'"body": ' + body + b'}, "error"', lines[number])
        return b"".join(lines)

    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.served = served
        outcomes, _ = ask(requests(5), endpoint, tmp_path)
    failure = outcomes.pop("q3")
    assert isinstance(failure, Failure)
    assert not failure.final
    assert failure.error != "missing"
    assert len(outcomes) == 4
    assert all(isinstance(outcome, Trace) for outcome in outcomes.values())


@pytest.mark.parametrize("spelt", [KEY, KEY.replace("/", "\\/"), "".join(f"\\u{ord(sign):04x}" for sign in KEY)])
def test_a_key_that_a_result_repeats_is_in_no_file_however_it_is_spelt(tmp_path, monkeypatch, spelt):
    monkeypatch.setenv("TEST_KEY", KEY)
    seen = []

    def record(outcome):
        seen.append(json.dumps(outcome.row()))
        assert KEY.encode() not in all_files(tmp_path)
        raise KeyboardInterrupt

    with BatchEndpoint(lambda _: answer("Authorization: Bearer KEY, so 4")) as endpoint:
        endpoint.served = lambda content: content.replace(b"KEY", spelt.encode())
        with pytest.raises(KeyboardInterrupt):
            ask(requests(1), endpoint, tmp_path, key="TEST_KEY", record=record)
    assert "Authorization: Bearer ***, so 4" in seen[0]
    assert b"SECRET" not in all_files(tmp_path)
