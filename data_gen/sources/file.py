"""`file`: your own problems, one Problem record a line.

    sources:
      file: {path: my_problems.jsonl}

    {"id": "q1", "domain": "math", "question": "What is 2 + 2?", "verifier": "math_answer", "gold": {"answer": "4"}}

`id` may be left out (a hash of the question stands in) and so may `source` (`file`). A path is looked up beside the
recipe first, then from the folder you are in.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from data_gen.cli import UserError
from data_gen.records import Problem, faults_of, read_rows
from data_gen.sources.source import SourceConfig


class FileConfig(SourceConfig):
    """Keys of `file`."""

    path: str

    def local_files(self, recipe: Path) -> list[Path]:
        """Return the one file."""
        return [self.find(recipe, self.path)]


def read(config: FileConfig, recipe: Path) -> Iterator[Problem]:
    """Yield the file's problems. Raises UserError that names the row and every faulty key in it."""
    path = config.find(recipe, config.path)
    for number, row in enumerate(read_rows(path), 1):
        row.setdefault("source", "file")
        if "question" in row:
            row.setdefault("id", "file-" + hashlib.sha256(str(row["question"]).encode()).hexdigest()[:16])
        try:
            yield Problem.model_validate(row)
        except ValidationError as error:
            raise UserError(f"{path}: row {number} is not a Problem: {faults_of(error)}") from error
