"""A creation without an answer, a torn or damaged journal, owners that are gone: no batch is lost, and none paid twice."""

import json

import pytest

from data_gen.batches.journal import BatchJournal
from data_gen.cli import UserError
from data_gen.records import Failure, Trace
from tests.batch_endpoint import DROP, BatchEndpoint
from tests.batch_kills import Killed, ask_missing, killed
from tests.batches import ask, request, requests
from tests.endpoint import answer, status


@pytest.mark.parametrize("hidden", ["metadata", "nothing"])
def test_a_batch_whose_creation_got_no_answer_is_found_among_many(tmp_path, hidden):
    with BatchEndpoint(lambda _: answer("4"), page=1) as endpoint:
        ask(requests(4)[:2], endpoint, tmp_path / "other", max_requests=1)
        endpoint.faults["create"] = [DROP]
        with pytest.raises(UserError, match="does not answer"):
            ask(requests(4)[2:], endpoint, tmp_path, retries=0)
        ask([request(7)], endpoint, tmp_path / "other")
        if hidden == "metadata":  # a provider that does not give it back
            for batch in endpoint.batches.values():
                batch["metadata"] = None
        outcomes, waits = ask(requests(4)[2:], endpoint, tmp_path, retries=0)
    assert set(outcomes) == {"q2", "q3"}
    assert 30 < waits[0] <= 60  # it may not be in the list at once
    assert set(endpoint.submitted.values()) == {1}


def test_a_key_that_is_refused_right_after_a_creation_without_answer_loses_no_batch(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["create"], endpoint.faults["list"] = [DROP], [status(401)]
        with pytest.raises(UserError, match="refuses the key"):
            ask(requests(2), endpoint, tmp_path)
        outcomes, _ = ask(requests(2), endpoint, tmp_path)
    assert (len(outcomes), set(endpoint.submitted.values())) == (2, {1})


def test_a_creation_that_never_happened_is_not_waited_for(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        endpoint.faults["create"] = [None]
        with pytest.raises(UserError, match="does not answer"):
            ask(requests(2), endpoint, tmp_path, retries=0)
        outcomes, _ = ask(requests(2), endpoint, tmp_path, retries=0)
    assert len(outcomes) == 2
    assert len(endpoint.batches) == 1


@pytest.mark.parametrize("kept", [0.0, 0.4, 0.98])
def test_a_torn_last_line_of_the_journal_costs_nothing(tmp_path, monkeypatch, kept):
    for rows in range(1, 9):
        folder = tmp_path / f"{rows}"
        journal = folder / "x.batches.jsonl"
        append = BatchJournal.append

        def torn_append(self, *arguments, rows=rows, journal=journal, append=append, **more):
            append(self, *arguments, **more)
            lines = journal.read_bytes().splitlines(keepends=True)
            if len(lines) == rows:
                journal.write_bytes(b"".join(lines[:-1]) + lines[-1][: 1 + int(len(lines[-1]) * kept)])
                raise Killed

        with BatchEndpoint(lambda _: answer("4")) as endpoint:
            answered: dict[str, Trace | Failure] = {}
            with monkeypatch.context() as patch:
                patch.setattr(BatchJournal, "append", torn_append)
                with pytest.raises(Killed):
                    ask_missing(endpoint, folder, answered)
            assert not journal.read_bytes().endswith(b"\n")
            ask_missing(endpoint, folder, answered)
        assert (len(answered), set(endpoint.submitted.values())) == (10, {1})
        assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_any_damaged_line_of_the_journal_makes_the_providers_list_count(tmp_path, capsys):
    for number in range(6):
        folder = tmp_path / f"{number}"
        with BatchEndpoint(lambda _: answer("4")) as endpoint:
            with pytest.raises(Killed):
                ask(requests(10), endpoint, folder, max_requests=5, progress=killed)
            journal = folder / "x.batches.jsonl"
            lines = journal.read_bytes().splitlines(keepends=True)
            assert len(lines) == 6
            lines[number] = b"\x00" * 20 + b"\n"
            journal.write_bytes(b"".join(lines))
            outcomes, _ = ask(requests(10), endpoint, folder, max_requests=5)
        assert (len(outcomes), set(endpoint.submitted.values())) == (10, {1}), number
        assert "damaged" in capsys.readouterr().out


def test_answers_whose_owners_are_gone_are_not_paid_again_silently(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, progress=killed)
        (ids,) = (tmp_path / "x.batches").glob("*.ids.jsonl")
        ids.unlink()
        with pytest.raises(UserError, match="take the lines"):
            ask(requests(4), endpoint, tmp_path)
    assert set(endpoint.submitted.values()) == {1}


def test_two_runs_do_not_share_a_journal(tmp_path):
    with BatchJournal(tmp_path / "x.batches.jsonl"), BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(UserError, match="another process"):
            ask(requests(1), endpoint, tmp_path)
        assert endpoint.calls == []
