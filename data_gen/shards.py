"""The dataset as parquet files, written as rows come: train-00000-of-00002.parquet, train-00001-of-00002.parquet.

    with Shards(Path("dataset/data")) as shards:
        for row in mixture:
            shards.add({"system": "...", "conversations": [...]} | row)
    shards.names        -> ["train-00000-of-00001.parquet"]

Columns are those of COLUMNS, others of a row are left out. At most BATCH_BYTES of text are held. A new file begins after
SHARD_BYTES. Names carry the number of files, as the hub's own do, so files get theirs when the last row has come.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Any

from data_gen.records import Row

BATCH_BYTES = 16 << 20  # of text: one row group
SHARD_BYTES = 500_000_000  # of a file, as `push_to_hub` of datasets splits by default


def columns() -> Any:
    """Return the schema of the files."""
    import pyarrow as pa  # 0.2 s, so only where it is used

    turn = pa.struct([("from", pa.string()), ("value", pa.string())])
    return pa.schema(
        [
            ("system", pa.string()),
            ("conversations", pa.list_(turn)),
            ("id", pa.string()),
            ("source", pa.string()),
            ("domain", pa.string()),
            ("sample", pa.int32()),
            ("teacher", pa.string()),
            ("rewriter", pa.string()),
            ("tier", pa.string()),
            ("pass_rate", pa.float64()),
            ("tokens", pa.int32()),
            ("license", pa.string()),
        ]
    )


class Shards:
    """The parquet files of one split in a folder of their own."""

    def __init__(self, folder: Path, split: str = "train") -> None:
        self._folder, self._split = folder, split
        self._schema = columns()
        self._held: list[Row] = []
        self._held_bytes = 0
        self._written: list[Path] = []
        self._file: Any = None
        self._writer: Any = None
        self.names: list[str] = []

    def __enter__(self) -> "Shards":
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._flush()
        self._end_file()
        if error is not None:
            return
        for number, path in enumerate(self._written):
            name = f"{self._split}-{number:05}-of-{len(self._written):05}.parquet"
            os.replace(path, self._folder / name)
            self.names.append(name)

    def add(self, row: Row) -> None:
        """Take one row."""
        self._held.append({name: row[name] for name in self._schema.names})
        self._held_bytes += len(row["system"]) + sum(len(turn["value"]) for turn in row["conversations"])
        if self._held_bytes >= BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        if self._writer is None:
            path = self._folder / f".{self._split}-{len(self._written):05}.partial"
            self._written.append(path)
            self._file = path.open("wb")
            self._writer = ParquetWriter(self._file, self._schema, compression="zstd")
        self._writer.write_table(pa.Table.from_pylist(self._held, schema=self._schema))
        self._held, self._held_bytes = [], 0
        if self._file.tell() >= SHARD_BYTES:
            self._end_file()

    def _end_file(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._writer = self._file = None
