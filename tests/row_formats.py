"""Two rows in a file of any format that a data set may have.

write(tmp_path / "a.parquet")                           -> the path; row_files.read gives ROWS again
"""

import csv
import gzip
import json
from pathlib import Path

import pyarrow
import pyarrow.ipc
import pyarrow.parquet

from data_gen.sources import row_files

ROWS = [{"question": "1 + 1?\n", "answer": "#### 2"}, {"question": 'say "é, ü"', "answer": "#### 0"}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def write(path: Path) -> Path:
    """Write ROWS in the format that the file's name says."""
    kind = row_files.suffix(path)
    if kind == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    elif kind == ".arrow":
        table = pyarrow.Table.from_pylist(ROWS)
        with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table)
    else:
        with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
            if kind == ".csv":
                writer = csv.DictWriter(file, ROWS[0])
                writer.writeheader()
                writer.writerows(ROWS)
            else:
                file.write(json.dumps(ROWS) if path.name.startswith("array") else LINES)
    return path


NAMES = "a.jsonl a.jsonl.gz a.json array.json array.json.gz a.parquet a.arrow a.csv a.csv.gz".split()
