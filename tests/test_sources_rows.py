"""Rows as they are found in the wild: one id for each question wherever it stands, one line or one reason for each fault."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.records import Problem, read_rows
from data_gen.sources import SOURCES, row_files
from data_gen.sources.published_rows import Ids
from data_gen.sources.source import Difficulty, Dropped, Item, Ready
from data_gen.yaml_schema import parse

TAGS = "<|begin_of_thought|>\n\nt\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\ns\n\n<|end_of_solution|>"
TESTS = '{"inputs": ["1"], "outputs": ["2"]}'
DEEP = "[" * 100_000 + "]" * 100_000
KEYS: dict[str, dict[str, Any]] = {
    "gsm8k": {},
    "numina": {"subsets": {"math": {}}},
    "still2": {"domains": ["math"]},
    "taco": {},
    "apps": {},
    "humaneval": {},
}
ROWS: dict[str, dict[str, Any]] = {
    "gsm8k": {"question": "1 + 1?", "answer": "#### 2"},
    "numina": {"source": "math", "problem": "1 + 1?", "solution": "\\boxed{2}"},
    "still2": {"question": "1 + 1?", "combined_text": TAGS, "domain": "math"},
    "taco": {"question": "Double it.", "input_output": TESTS, "difficulty": "MEDIUM"},
    "apps": {"problem_id": 1, "question": "Double it.", "input_output": TESTS},
    "humaneval": {
        "task_id": "HumanEval/1",
        "prompt": "def f(x):\n",
        "canonical_solution": "    return x\n",
        "test": "def check(candidate): ...",
        "entry_point": "f",
    },
}
HASHED = ["gsm8k", "numina", "still2", "taco"]
QUESTION = {name: "problem" if name == "numina" else "prompt" if name == "humaneval" else "question" for name in ROWS}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(name: str, path: Path, **keys: Any) -> list[Item]:
    return list(SOURCES[name].read(parse(KEYS[name] | {"path": str(path)} | keys, SOURCES[name].config, name), path.parent))


def named(items: list[Item]) -> list[tuple[str, str]]:
    """Return (id, question) of the problems."""
    problems = [item.problem if isinstance(item, Ready) else item for item in items]
    return [(item.id, item.question) for item in problems if isinstance(item, Problem)]


def row(name: str, number: int) -> dict[str, Any]:
    return ROWS[name] | {QUESTION[name]: f"What is {number}?"}


@pytest.mark.parametrize("name", HASHED)
def test_a_question_keeps_its_id_when_rows_are_put_in_before_it(name, tmp_path):
    before = named(read(name, write(tmp_path / "train.jsonl", [row(name, number) for number in range(20)])))
    more = [row(name, number) for number in (50, *range(20), 51)]
    after = named(read(name, write(tmp_path / "train.jsonl", more)))
    assert len(before) == 20
    assert set(before) < set(after)


@pytest.mark.parametrize("name", HASHED)
def test_the_same_question_again_gets_an_id_of_its_own_that_the_next_run_gives_again(name, tmp_path):
    rows = [row(name, number) for number in random.Random(0).choices(range(8), k=40)]
    first = named(read(name, write(tmp_path / "train.jsonl", rows)))
    assert len({key for key, _ in first}) == 40
    assert first == named(read(name, tmp_path / "train.jsonl"))
    assert first[:10] == named(read(name, write(tmp_path / "train.jsonl", rows[:10])))


@pytest.mark.parametrize(
    ("name", "column", "keys"),
    [("taco", "difficulty", {"train_difficulties": ["HARD"]}), ("still2", "domain", {"domains": ["physics"]})],
)
def test_ids_do_not_hang_on_which_rows_are_wanted(name, column, keys, tmp_path):
    (wanted,) = next(iter(keys.values()))
    rows = [row(name, 1), row(name, 1) | {column: wanted}]
    path = write(tmp_path / "train.jsonl", rows)
    every = {key: [ROWS[name][column], *values] for key, values in keys.items()}
    assert named(read(name, path, **keys)) == named(read(name, path, **every))[1:]


def test_the_row_of_a_question_is_told_beside_its_id(tmp_path):
    path = write(tmp_path / "train.jsonl", [row("gsm8k", 3), row("gsm8k", 3), row("gsm8k", 4)])
    problems = [item for item in read("gsm8k", path) if isinstance(item, Problem)]
    assert [problem.meta["row"] for problem in problems] == [0, 1, 2]
    assert problems[1].id == f"{problems[0].id}-2"
    assert problems[0].id == Ids("gsm8k-train").of(" What is 3? ")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("gsm8k", {"answer": 5}, "bad_row"),
        ("gsm8k", {"question": ["x"]}, "bad_row"),
        ("gsm8k", {"question": 7}, "bad_row"),
        ("gsm8k", {"question": " "}, "no_question"),
        ("gsm8k", {"answer": None}, "no_mark"),
        ("numina", {"problem": {"text": "x"}}, "bad_row"),
        ("numina", {"solution": ["\\boxed{2}"]}, "bad_row"),
        ("still2", {"combined_text": 5}, "bad_row"),
        ("still2", {"question": 5}, "bad_row"),
        ("taco", {"question": ["x"]}, "bad_row"),
        ("taco", {"starter_code": 5}, "bad_row"),
        ("apps", {"problem_id": None}, "bad_row"),
        ("apps", {"question": 5}, "bad_row"),
        ("humaneval", {"test": None}, "bad_row"),
        ("humaneval", {"prompt": None}, "bad_row"),
        ("humaneval", {"canonical_solution": 5}, "bad_row"),
        ("humaneval", {"entry_point": None}, "bad_row"),
    ],
)
def test_a_row_of_another_shape_is_dropped_with_a_reason_and_the_next_one_is_read(name, change, reason, tmp_path):
    path = write(tmp_path / "train.jsonl", [ROWS[name] | change, ROWS[name]])
    first, second = read(name, path)
    assert isinstance(first, Dropped)
    assert first.reason == reason
    assert not isinstance(second, Dropped)


@pytest.mark.parametrize("name", [name for name in ROWS if name != "humaneval"])
@pytest.mark.parametrize(
    "picture",
    [
        "![](https://cdn.mathpix.com/cropped/a.jpg?height=1&width=2)",
        "![figure](a.png)\n\n![](b.png)",
        "[asy]\ndraw((0,0)--(1,1));\n[/asy]",
        "[asy] draw((0,0)--(1,1));",
        "[img]https://x.org/a.png[/img].",
        "\\includegraphics[width=3cm]{a.png}",
        '<img src="a.png">',
    ],
)
def test_a_question_that_is_only_a_picture_is_dropped(name, picture, tmp_path):
    rows = [ROWS[name] | {QUESTION[name]: text} for text in (picture, f"What is the area?\n{picture}")]
    first, second = read(name, write(tmp_path / "train.jsonl", rows))
    assert isinstance(first, Dropped)
    assert first.reason == "picture"
    assert not isinstance(second, Dropped)


@pytest.mark.parametrize("name", [name for name in ROWS if name != "humaneval"])
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_half_a_surrogate_pair_stops_nothing(name, form, tmp_path):
    rows = [ROWS[name] | {QUESTION[name]: "caf\u00e9 \ud800 \U0001f600?"}]
    path = tmp_path / f"train.{form}"
    path.write_text(json.dumps(rows) if form == "json" else json.dumps(rows[0]), encoding="utf-8")
    ((_, question),) = named(read(name, path))
    assert question == "caf\u00e9 ? \U0001f600?"


@pytest.mark.parametrize("form", ["jsonl", "json"])
@pytest.mark.parametrize("nested", [{"fn_name": "f", "inputs": [[1]], "outputs": [0]}, {"inputs": [[1]], "outputs": [[0]]}])
def test_an_integer_of_thousands_of_digits_drops_its_row_and_no_other(form, nested, tmp_path):
    lines = [json.dumps(ROWS["taco"] | {"input_output": tests}) for tests in (nested, TESTS)]
    lines[0] = lines[0].replace("0]", "9" * 5000 + "]")
    path = tmp_path / f"train.{form}"
    path.write_text(f"[{','.join(lines)}]" if form == "json" else "\n".join(lines), encoding="utf-8")
    first, second = read("taco", path)
    assert isinstance(first, Dropped)
    assert first.reason == "huge_integer"
    assert isinstance(second, Problem)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", f'{{"x": {DEEP}}}'.encode(), r"a\.jsonl:1: nested too deep"),
        ("a.json", f'[{{"x": {DEEP}}}]'.encode(), r"a\.json: .*nested too deep"),
        ("a.json", b'[{"x": "caf\xe9"}]', r"a\.json: not JSON"),
        ("a.json", b'{"x": "caf\xe9"}', r"a\.json:1: not JSON"),
        ("a.csv", b"x,y\ncaf\xe9,1\n", r"a\.csv: not CSV"),
        ("a.csv", b"x,y\n1,2\n3,4,5\n", r"a\.csv:3: more fields than columns"),
        ("a.jsonl.gz", b"no gzip", r"a\.jsonl\.gz: a torn \.gz file"),
        ("a.json.gz", b"no gzip", r"a\.json\.gz: a torn \.gz file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_for_the_user(name, content, told, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=told) as found:
        list(row_files.read(tmp_path / name, ["x"]))
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b'{"question": "1 + 1?"}\n' * 900)[:-9]])
def test_a_torn_file_of_ones_own_problems_is_one_line_for_the_user(content, tmp_path):
    (tmp_path / "mine.jsonl.gz").write_bytes(content)
    with pytest.raises(UserError, match=r"mine\.jsonl\.gz: a torn \.gz file"):
        list(read_rows(tmp_path / "mine.jsonl.gz"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "x,y\r\n1,2\r\n"),
        ("a.csv", "x,y\n1,2,\n"),
        ("a.json", '[{"x": "1", "y": "2"}]'),
        ("a.json", '{"x": "1", "y": "2"}'),
        ("a.jsonl", '{"x": "1", "y": "2"}'),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_mark_of_the_byte_order_is_no_part_of_a_name(name, text, mark, tmp_path):
    (tmp_path / name).write_bytes(mark + text.encode())
    assert list(row_files.read(tmp_path / name, ["x", "y"])) == [{"x": "1", "y": "2"}]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "subsets: is needed"),
        ({"subsets": {}}, "subsets: .*at least 1"),
        ({"subsets": {"math": {"first": 0}}}, "first: .*greater than or equal to 1"),
        ({"subsets": {"math": {"first": -3}}}, "first: .*greater than or equal to 1"),
    ],
)
def test_numina_needs_a_subset_and_a_number_of_rows(keys, told):
    with pytest.raises(ConfigError, match=told):
        parse(keys, SOURCES["numina"].config, "numina")


def test_a_subset_that_the_file_does_not_hold_is_told(tmp_path, capsys):
    path = write(tmp_path / "n.jsonl", [ROWS["numina"], ROWS["numina"] | {"source": ["math"]}])
    assert len(read("numina", path, subsets={"math": {}, "cn_k12": {}})) == 1
    assert capsys.readouterr().out == f"numina: no row of subset cn_k12 in {path}\n"


def test_a_problem_that_another_source_calls_numinas_has_the_bounds_of_the_source():
    config = parse({"subsets": {"math": {"difficulty": {"min": 4}}}, "difficulty": {"max": 7}}, SOURCES["numina"].config, "")
    problem = Problem(id="1", source="numina", domain="math", question="q", verifier="none", gold={})
    assert config.bounds(problem) == Difficulty(max=7)
