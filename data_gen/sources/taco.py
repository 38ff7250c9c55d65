"""`taco`: programming problems with tests, reference programs and a difficulty in words.

    sources:
      taco:
        train_difficulties: [MEDIUM]      # of EASY, MEDIUM, MEDIUM_HARD, HARD, VERY_HARD; []: nothing of train
        test: true                        # all 1,000 of the test split too
        min_tests: 1                      # a problem with fewer is dropped

    {"question": "...", "solutions": "[...]", "input_output": "{...}", "difficulty": "MEDIUM", "name": null, ...}
    -> {"id": "taco-train-90ab...", "verifier": "code_tests", "gold": {"inputs": [...], "outputs": [...]}, ...}

Columns, sizes (25,443 and 1,000) and licence (Apache-2.0): https://huggingface.co/datasets/BAAI/TACO and
https://github.com/FlagOpen/TACO. It is published as Arrow files that its script TACO.py lists, train/data-00000-of-00009
to -00008 and test/data-00000-of-00001; they are read without the script. Ids are hashes of questions. A file belongs to
the split with which its name begins, else to that of its folder, else to train.
What the columns become, and the reasons under which a row is dropped: `input_output.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from data_gen.sources import input_output, row_files
from data_gen.sources.hub import HubConfig, paths
from data_gen.sources.published_rows import Ids
from data_gen.sources.source import Item

COLUMNS = ["question", "input_output", "difficulty"]
ABOUT = ("difficulty", "name", "source", "url", "tags", "skill_types", "time_limit")
ORIGIN = input_output.Origin("taco", "Apache-2.0", ABOUT)


class TacoConfig(HubConfig):
    """Keys of `taco`: which difficulties of the train split, and whether the test split comes too."""

    repo: str | None = "BAAI/TACO"
    train_difficulties: list[Literal["EASY", "MEDIUM", "MEDIUM_HARD", "HARD", "VERY_HARD"]] = [
        "MEDIUM"
    ]  # of the train split
    test: bool = True  # whether the test split comes too
    min_tests: int = Field(default=1, ge=1)  # problems with fewer tests are dropped

    def patterns(self) -> list[str]:
        """Return the patterns of the wanted splits' files."""
        wanted = [("train", bool(self.train_difficulties)), ("test", self.test)]
        return self.files or [f"{split}/*.arrow" for split, want in wanted if want]

    def count(self) -> int | None:
        """Return the number of published rows, or None for a choice whose size we have not read."""
        if self.train_difficulties not in ([], ["MEDIUM"]):
            return None
        rows = (3244 if self.train_difficulties else 0) + (1000 if self.test else 0)
        return min(rows, self.limit or rows)


def read(config: TacoConfig, recipe: Path) -> Iterator[Item]:
    """Yield a problem a row of the wanted difficulties and splits."""
    ids = {split: Ids(f"taco-{split}") for split in ("train", "test")}
    seen = {"train": 0, "test": 0}
    for path in paths(config, recipe, config.patterns()):
        named = path if path.name.startswith(("train", "test")) else path.parent
        split = "test" if named.name.startswith("test") else "train"
        for row in row_files.read(path, COLUMNS):
            key, number = ids[split].of(row["question"]), seen[split]
            seen[split] += 1
            if config.test if split == "test" else row["difficulty"] in config.train_difficulties:
                yield input_output.item(key, ORIGIN, row, config.min_tests, {"row": number})
