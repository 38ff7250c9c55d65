"""Data files of every format and local copies of them: the same rows of each, and a fault is one line."""

import gzip
import json

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.sources import row_files
from data_gen.sources.hub import HubConfig, rows
from tests.row_formats import NAMES, ROWS, write


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_gives_the_same_rows_in_every_format(name, only, tmp_path):
    assert list(row_files.read(write(tmp_path / name), ["question", "answer"], only)) == ROWS


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_column_is_told_with_those_that_are_there(name, only, tmp_path):
    with pytest.raises(UserError, match=f"{name}: no column solution; there are: question, answer"):
        list(row_files.read(write(tmp_path / name), ["question", "solution"], only))


@pytest.mark.parametrize("name", [*(name for name in NAMES if name != "a.csv"), "a.txt"])
def test_a_file_that_is_not_what_its_name_says_is_one_line_for_the_user(name, tmp_path):
    path = tmp_path / name
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.write('[{"torn": 1' if name.startswith("array") else '"torn')
    with pytest.raises(UserError, match=name) as found:
        list(row_files.read(path))
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".gz")])
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_torn_packed_file_is_one_line_for_the_user(name, keep, tmp_path):
    whole = write(tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(UserError, match=r"torn \.gz file"):
        list(row_files.read(tmp_path / name))


def test_a_field_of_megabytes_is_read(tmp_path):
    for name in ("a.jsonl", "a.csv"):
        with (tmp_path / name).open("w") as file:
            file.write("x\n" + "1" * 3_000_000 if name == "a.csv" else json.dumps({"x": "1" * 3_000_000}))
        assert [len(row["x"]) for row in row_files.read(tmp_path / name)] == [3_000_000]


def test_a_folder_is_read_in_the_order_of_patterns_and_names(tmp_path):
    for name in ("b/train-1.jsonl", "b/train-0.jsonl", "a/train-0.jsonl", "b/test-0.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps({"name": name}), encoding="utf-8")
    config = HubConfig(path=".", files=["b/train-*.jsonl", "a/*.jsonl"])
    assert [row["name"] for row in rows(config, tmp_path)] == ["b/train-0.jsonl", "b/train-1.jsonl", "a/train-0.jsonl"]
    assert [path.name for path in config.local_files(tmp_path)] == ["train-0.jsonl", "train-1.jsonl", "train-0.jsonl"]


@pytest.mark.parametrize(
    ("keys", "kind", "fault"),
    [
        ({"path": "nowhere"}, ConfigError, "nowhere: no such file or folder"),
        ({"path": ".", "files": ["*.parquet"]}, UserError, r"no file in it fits \*\.parquet: set `files:`"),
        ({}, UserError, "neither `path:` nor `repo:`"),
    ],
)
def test_what_cannot_be_found_is_one_line_that_says_what_to_set(keys, kind, fault, tmp_path):
    with pytest.raises(kind, match=fault):
        list(rows(HubConfig(**keys), tmp_path))
