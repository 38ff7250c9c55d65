"""Rule 5.1: what was paid for is never lost."""

import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_gen.cli import UserError
from data_gen.journal import Journal
from data_gen.records import read_rows
from tests.conftest import ROOT

WRITER = """
import sys
from pathlib import Path
from data_gen.journal import Journal
with Journal(Path(sys.argv[1])) as journal:
    for number in range(100000):
        if (f"q{number}", 0) not in journal:
            journal.append({"id": f"q{number}", "sample": 0, "text": "x" * 9000})
"""


def test_rows_are_there_after_reopening(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append({"id": "b", "sample": 1, "text": "é\n"})
        journal.append({"id": "b", "sample": 0, "text": ""})
    with Journal(path) as journal:
        assert list(journal) == [("b", 1), ("b", 0)]
        assert journal.read(("b", 1))["text"] == "é\n"
        journal.finish()
    assert [row["sample"] for row in read_rows(path)] == [0, 1]


def test_a_torn_last_line_is_cut_and_its_key_is_open_again(tmp_path):
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"id": "a", "sample": 0}\n{"id": "b", "sam')
    with Journal(path) as journal:
        assert ("a", 0) in journal
        assert ("b", 0) not in journal
        journal.append({"id": "b", "sample": 0})
    assert [row["id"] for row in read_rows(path)] == ["a", "b"]


def test_a_corrupt_line_is_set_aside_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"id": "a", "sample": 0}\nnot json\n{"id": "b", "sample": 0}\n')
    with Journal(path) as journal:
        assert list(journal) == [("a", 0), ("b", 0)]
        assert journal.read(("b", 0))["id"] == "b"
    assert (tmp_path / "j.jsonl.corrupt").read_bytes() == b"not json\n"


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_file_cut_anywhere_loses_at_most_the_line_it_was_cut_in(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "j.jsonl"
    with Journal(path) as journal:
        for number in range(10):
            journal.append({"id": f"q{number}", "sample": 0, "text": "ü" * number})
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    with Journal(path) as journal:
        assert len(journal) == whole[:cut].count(b"\n")
        journal.append({"id": "after", "sample": 0})
        assert journal.read(("after", 0))["id"] == "after"


@given(text=st.text(st.characters(codec=None, exclude_categories=[])))
def test_any_text_comes_back_as_valid_utf8(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "j.jsonl"
    with Journal(path) as journal:
        journal.append({"id": "a", "sample": 0, "text": text})
    with Journal(path) as journal:
        assert journal.read(("a", 0))["text"] == text.encode("utf-8", "replace").decode()


def test_two_processes_cannot_write_one_journal(tmp_path):
    with Journal(tmp_path / "j.jsonl"), pytest.raises(UserError, match="another process"):
        with Journal(tmp_path / "j.jsonl"):
            pass


@pytest.mark.parametrize("after", [0.3, 0.45, 0.6])
def test_kill_9_leaves_whole_rows_and_the_next_run_goes_on(tmp_path, after):
    path = tmp_path / "j.jsonl"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT)
    deadline = time.monotonic() + 30
    while (not path.is_file() or path.stat().st_size == 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(after - 0.25)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with Journal(path) as journal:
        count = len(journal)
        assert count > 0
        assert list(journal) == [(f"q{number}", 0) for number in range(count)]
        journal.append({"id": f"q{count}", "sample": 0, "text": "next"})
    assert sum(1 for _ in read_rows(path)) == count + 1


def test_a_full_disk_leaves_only_whole_rows(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    real = os.write

    def half(descriptor, data):
        if len(data) > 20:
            return real(descriptor, data[:20])
        raise OSError(28, "No space left on device")

    with Journal(path) as journal:
        journal.append({"id": "a", "sample": 0})
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space"):
            journal.append({"id": "b", "sample": 0, "text": "x" * 10})
        monkeypatch.undo()
        journal.append({"id": "c", "sample": 0})
    assert [row["id"] for row in read_rows(path)] == ["a", "c"]
