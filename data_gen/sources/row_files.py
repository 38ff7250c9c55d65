"""Reading the rows of a data file, whatever its format: one row in memory at a time, or one small batch.

    read(Path("test.jsonl"), ["question", "solutions"])  -> {"problem_id": 0, "question": "...", "solutions": "[...]", ...}

By the name's end: .jsonl, .json (an array, which is held in memory, or one object a line), .parquet, .arrow (the stream
that `datasets` saves), .csv (every value a text); all but .parquet and .arrow packed with gzip too (.gz). Values are as
the file has them: a column that holds JSON stays a text. No dataset script is ever run.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from data_gen.cli import UserError
from data_gen.records import Row, read_rows

BATCH = 16  # rows of parquet and arrow turned into objects at once: rows of APPS and TACO reach megabytes
CSV_FIELD = 1 << 30  # characters; the csv module's own limit is 131,072


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


def suffix(path: Path) -> str:
    """Return what tells a file's format: the end of its name without .gz."""
    return Path(path.name.removesuffix(".gz")).suffix


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _json(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        if not file.read(100).lstrip().startswith("["):
            yield from read_rows(path)
            return
        file.seek(0)
        try:
            rows = json.load(file)
        except ValueError as error:
            raise UserError(f"{path}: not JSON: {error}; fetch the file again") from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UserError(f"{path}: row {number}: a JSON object is expected, not {type(row).__name__}")
        yield row


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(CSV_FIELD)
    with _open(path) as file:
        try:
            yield from csv.DictReader(file, strict=True)
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
    ".jsonl": read_rows,
    ".json": _json,
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".csv": _csv,
}
