"""Reading the rows of a data file, whatever its format: one row in memory at a time, or one small batch.

    read(Path("test.jsonl"), ["question", "solutions"])  -> {"problem_id": 0, "question": "...", "solutions": "[...]", ...}

By the name's end: .jsonl, .json (an array, which is held in memory, or one object a line), .parquet, .arrow (the stream
that `datasets` saves), .csv (every value a text); all but .parquet and .arrow packed with gzip too (.gz). Values are as
the file has them: a column that holds JSON stays a text. Two things that JSON can hold and no text here may: a lone
surrogate becomes `?`, an integer of more than 4,300 digits a `HugeInteger`. No dataset script is ever run.
"""

import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.records import Row, numbered_lines, row_of

BATCH = 16  # rows of parquet and arrow turned into objects at once: rows of APPS and TACO reach megabytes
CSV_FIELD = 1 << 30  # characters; the csv module's own limit is 131,072
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")  # half a pair, or a whole one


class HugeInteger(str):
    """The digits of an integer that Python does not read."""


def read(path: Path, columns: Sequence[str] = (), only: bool = False) -> Iterator[Row]:
    """Yield the file's rows; with `only`, no other columns of a parquet file are read, which saves its reading time.

    Raises UserError where the file cannot be read or lacks one of `columns`.
    """
    reader = READERS.get(suffix(path))
    if reader is None:
        raise UserError(f"{path}: no format that is read here; there are: {', '.join(READERS)}")
    try:
        for row in _parquet(path, columns) if only and reader is _parquet else reader(path):
            missing = [column for column in columns if column not in row]
            if missing:
                raise UserError(f"{path}: no column {', '.join(missing)}; there are: {', '.join(row)}")
            yield row
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: a torn .gz file: {error}; fetch the file again") from error
    except RecursionError as error:
        raise UserError(f"{path}: a row is nested too deep to be read; mend or delete it") from error


def suffix(path: Path) -> str:
    """Return what tells a file's format: the end of its name without .gz."""
    return Path(path.name.removesuffix(".gz")).suffix


def _jsonl(path: Path) -> Iterator[Row]:
    for number, line in numbered_lines(path):
        try:
            row = row_of(path, number, line)
        except UserError:
            row = row_of(path, number, line, _integer)  # with a huge one; else it is the same fault again
        yield _whole(row) if _SURROGATE.search(line) else row


def _json(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        if not file.read(100).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            yield from _jsonl(path)
            return
        file.seek(0)
        text = file.read()
    try:
        rows = json.loads(text, parse_int=_integer)
    except ValueError as error:
        raise UserError(f"{path}: not JSON: {error}; fetch the file again") from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UserError(f"{path}: row {number}: a JSON object is expected, not {type(row).__name__}")
        yield _whole(row) if _SURROGATE.search(text) else row


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _integer(digits: str) -> int | HugeInteger:
    most = sys.get_int_max_str_digits()
    return int(digits) if not most or len(digits.lstrip("-")) <= most else HugeInteger(digits)


def _whole(value: Any) -> Any:
    """Return the value as UTF-8 can hold it."""
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and not value.isascii() else value


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(CSV_FIELD)
    with io.TextIOWrapper(_open(path), encoding="utf-8-sig", newline="") as file:
        try:
            table = csv.DictReader(file, strict=True)
            for row in table:
                if any(row.pop(None, ())):
                    raise UserError(f"{path}:{table.line_num}: more fields than columns: is a comma without quotes in it?")
                yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise UserError(f"{path}: not CSV: {error}") from error


def _parquet(path: Path, columns: Sequence[str] = ()) -> Iterator[Row]:
    from pyarrow import ArrowException  # 0.2 s, so only where it is used
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path, pre_buffer=False) as file:
            known = set(columns) <= set(file.schema_arrow.names)  # else all are read, to name those that are there
            chosen = list(columns) if columns and known else None
            for batch in file.iter_batches(BATCH, columns=chosen, use_threads=False):
                yield from batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise _unreadable(path, "parquet", error) from error


def _arrow(path: Path) -> Iterator[Row]:
    from pyarrow import ArrowException, OSFile
    from pyarrow.ipc import open_stream

    try:
        with OSFile(str(path)) as file, open_stream(file) as stream:
            for batch in stream:
                for start in range(0, batch.num_rows, BATCH):
                    yield from batch.slice(start, BATCH).to_pylist()
    except (ArrowException, OSError) as error:
        raise _unreadable(path, "arrow", error) from error


def _unreadable(path: Path, kind: str, error: Exception) -> UserError:
    return UserError(f"{path}: not {kind}: {' '.join(str(error).split())[:200]}; fetch the file again")


READERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".csv": _csv,
}
