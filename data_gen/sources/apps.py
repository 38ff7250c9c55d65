"""`apps`: programming problems with tests and reference programs, from standard input or as a function.

    sources:
      apps:
        split: test                 # train | test, 5,000 rows each
        difficulties: null          # of introductory, interview, competition; null: all
        min_tests: 1                # a problem with fewer is dropped; DeepCoder asks for 5

    {"problem_id": 1079, "question": "...", "solutions": "[...]", "input_output": "{...}", "difficulty": "interview", ...}
    -> {"id": "apps-test-1079", "verifier": "code_tests", "gold": {"inputs": ["10\\n", ...], "outputs": [...]}, ...}

Columns, sizes and licence (MIT): https://huggingface.co/datasets/codeparrot/apps; train.jsonl (107 MB) and test.jsonl
(1.29 GB) at its root: https://huggingface.co/datasets/codeparrot/apps/tree/main. What the columns become, and the reasons
under which a row is dropped: `input_output.py`. The published difficulty is meta.difficulty, a word and no number.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from data_gen.sources import input_output
from data_gen.sources.hub import HubConfig, rows
from data_gen.sources.source import Dropped, Item

ROWS = 5000  # of either split
COLUMNS = ["problem_id", "question", "input_output"]
ORIGIN = input_output.Origin("apps", "MIT", ("difficulty", "url"))


class AppsConfig(HubConfig):
    """Keys of `apps`."""

    repo: str | None = "codeparrot/apps"
    split: Literal["train", "test"] = "test"  # train, or test as the original took
    difficulties: list[Literal["introductory", "interview", "competition"]] | None = None  # those to keep; null: all
    min_tests: int = Field(default=1, ge=1)  # problems with fewer tests are dropped

    def patterns(self) -> list[str]:
        """Return the name of the split's file."""
        return self.files or [f"{self.split}.jsonl"]

    def count(self) -> int | None:
        """Return the number of published rows, or None for a choice of difficulties, whose sizes we have not read."""
        return None if self.difficulties else min(ROWS, self.limit or ROWS)


def read(config: AppsConfig, recipe: Path) -> Iterator[Item]:
    """Yield a problem a row."""
    for row in rows(config, recipe, COLUMNS):
        if config.difficulties is None or row.get("difficulty") in config.difficulties:
            key = f"apps-{config.split}-{row['problem_id']}"
            if row["problem_id"] is None:
                yield Dropped(key, "bad_row")
            else:
                yield input_output.item(key, ORIGIN, row, config.min_tests)
