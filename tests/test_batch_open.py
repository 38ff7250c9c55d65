"""How many batches are open: what a run must know that would pay for the same requests in another way."""

import itertools

import pytest

from data_gen.batches.journal import open_batches
from data_gen.records import Failure, Trace
from tests.batch_endpoint import BatchEndpoint
from tests.batch_kills import Killed, ask_missing, killed, run_until_killed
from tests.batches import all_files, ask, requests
from tests.endpoint import answer


def test_batches_are_open_from_their_creation_until_they_are_recorded(tmp_path, monkeypatch):
    """A kill at each step in turn: what may be at the provider is counted, also when its creation was not answered."""
    for step in itertools.count():
        folder = tmp_path / str(step)
        answered: dict[str, Trace | Failure] = {}
        with BatchEndpoint(lambda _: answer("4"), polls=1) as endpoint:
            whole = run_until_killed(endpoint, folder, monkeypatch, step, answered)
            created, recorded = len(endpoint.batches), len(answered) // 5
            # Between the last answer and the row that closes a batch, and between the row before a creation and the
            # creation, nobody can tell; nothing open is ever left out.
            assert created - recorded <= open_batches(folder / "x.batches.jsonl") <= created - recorded + 1, step
            ask_missing(endpoint, folder, answered)
            assert open_batches(folder / "x.batches.jsonl") == 0
        if whole:
            break
    assert step > 20


def test_counting_open_batches_writes_nothing(tmp_path):
    journal = tmp_path / "data" / "x.batches.jsonl"
    assert open_batches(journal) == 0
    assert not journal.parent.exists()
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, journal.parent, max_requests=2, progress=killed)
    with journal.open("ab") as file:
        file.write(b'{"event": "coll')
    before = all_files(journal.parent)
    assert open_batches(journal) == 2
    assert all_files(journal.parent) == before


def test_a_damaged_journal_hides_no_open_batch(tmp_path):
    with BatchEndpoint(lambda _: answer("4")) as endpoint:
        with pytest.raises(Killed):
            ask(requests(4), endpoint, tmp_path, max_requests=2, progress=killed)
    journal = tmp_path / "x.batches.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    for number in range(len(lines)):
        journal.write_bytes(b"".join([*lines[:number], b"\x00\n", *lines[number + 1 :]]))
        assert open_batches(journal) == 2, number
