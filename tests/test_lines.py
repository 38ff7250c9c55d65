"""Files that are read by their lines: a torn one, or one whose ids are not the problems' own, is told by its name."""

import gzip
import json

import pytest

from data_gen.cli import UserError
from data_gen.lines import ById, LineFile
from data_gen.records import Problem, Trace


def problem(one, answer="4"):
    gold = {"answer": answer}
    return {"id": one, "source": "x", "domain": "math", "question": "?", "verifier": "math_answer", "gold": gold}


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("content", [gzip.compress(b'{"id": "a", "text": "x"}\n' * 99)[:-9], b'{"id": "a"}\n'])
def test_a_packed_file_that_is_torn_or_not_packed_is_told(tmp_path, content):
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"t\.jsonl\.gz: a torn \.gz file"):
        LineFile(path)


def test_two_problems_of_one_id_are_refused_so_that_no_answer_is_graded_against_either(tmp_path):
    path = written(tmp_path / "p.jsonl", problem("a", "5"), problem("a", "4"), problem("b"))
    with LineFile(path) as file:
        problems = ById(file, Problem)
        assert problems.find("a") is not None
        with pytest.raises(UserError, match="two rows have the id 'a'"):
            problems.find("b")


def test_rows_of_a_packed_file_are_those_of_the_plain_one(tmp_path):
    plain = written(tmp_path / "t.jsonl", {"id": "a", "text": "x"}, {"id": "b", "text": "y"})
    packed = tmp_path / "t.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with LineFile(plain) as one, LineFile(packed) as other:
        assert [line for _, line in one] == [other.at(place) for _, place, _ in other.heads(Trace)]
