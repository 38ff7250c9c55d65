"""`gsm8k`: grade-school word problems whose answer is a number after `####`.

    sources:
      gsm8k: {split: train}         # 7,473 rows; test has 1,319 and is a benchmark

    {"question": "Natalia sold ...", "answer": "... 48+24 = <<48+24=72>>72 clips ...\\n#### 72"}
    -> {"id": "gsm8k-train-1f2e...", "question": "Natalia sold ...", "gold": {"answer": "72"}, "meta": {"row": 0}, ...}

Columns, sizes, file names and licence (MIT): https://huggingface.co/datasets/openai/gsm8k. Ids are hashes of questions.
Dropped: no_mark (nothing after `####`), too_long, no_question, picture, bad_row (a column holds no text).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from data_gen.records import Problem
from data_gen.sources.hub import HubConfig, rows
from data_gen.sources.published_rows import Ids, question_of, text_of
from data_gen.sources.source import Dropped, Item
from data_gen.verifiers import gold

ROWS = {"train": 7473, "test": 1319}


class Gsm8kConfig(HubConfig):
    """Keys of `gsm8k`."""

    repo: str | None = "openai/gsm8k"
    split: Literal["train", "test"] = "train"  # train, or test

    def patterns(self) -> list[str]:
        """Return the pattern of the split's file."""
        return self.files or [f"main/{self.split}-*.parquet"]

    def count(self) -> int | None:
        """Return the number of published rows."""
        return min(ROWS[self.split], self.limit or ROWS[self.split])


def read(config: Gsm8kConfig, recipe: Path) -> Iterator[Item]:
    """Yield a problem a row."""
    ids = Ids(f"gsm8k-{config.split}")
    for number, row in enumerate(rows(config, recipe, ["question", "answer"])):
        key = ids.of(row["question"])
        try:
            question, answer = question_of(row, "question"), gold.from_gsm8k(text_of(row, "answer"))
        except gold.Dropped as error:
            yield Dropped(key, str(error))
            continue
        yield Problem(
            id=key,
            source="gsm8k",
            domain="math",
            question=question,
            verifier="math_answer",
            gold={"answer": answer},
            license="MIT",
            meta={"row": number},
        )
