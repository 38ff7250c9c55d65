"""`numina`: competition problems of NuminaMath-CoT, a subset and a difficulty at a time.

    sources:
      numina:
        subsets:                                  # by the column `source`
          math: {difficulty: {min: 4}}
          olympiads: {first: 20000, difficulty: {min: 9, max: 9}}     # the first 20,000 rows of it, before any filter
        labels:                                   # where difficulties come from: joined on the problem's text
          - {repo: EleutherAI/hendrycks_math, files: ["*/train-*.parquet"],
             column: level, scale: math_level, subsets: [math]}
          - {repo: NovaSky-AI/labeled_numina_difficulty_162K, files: ["data/train-*.parquet"],
             column: gpt_difficulty_parsed, scale: llm_1_10, subsets: [amc_aime, olympiads]}

    {"source": "math", "problem": "...", "solution": "... $\\\\boxed{4}$.", "messages": [...]}
    -> {"id": "numina-math-77d1...", "question": "...", "gold": {"answer": "4"}, "difficulty": 5.0, ...}

Ids are hashes of problems, meta.row is the row's number in its subset. A problem without a label has difficulty null.
Columns and licence (Apache-2.0): https://huggingface.co/datasets/AI-MO/NuminaMath-CoT; of the labels, the cards of the two
data sets above. Dropped, as `verifiers/gold.py` finds them: no_box, several_boxes, too_long; and no_question, picture,
bad_row (a column holds no text).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field

from data_gen.records import Problem, Row
from data_gen.sources.hub import HubConfig, Published, rows
from data_gen.sources.published_rows import Ids, question_of, text_of
from data_gen.sources.source import Difficulty, Dropped, Item
from data_gen.verifiers import gold
from data_gen.yaml_schema import Strict

# As https://github.com/NovaSky-AI/SkyThought, recipes/sky-t1-preview/recipe.py, counts them.
ROWS = {"math": 7477, "amc_aime": 4070}
Subset = Literal[
    "math", "amc_aime", "olympiads", "aops_forum", "cn_k12", "gsm8k", "orca_math", "synthetic_amc", "synthetic_math"
]


class NuminaSubset(Strict):
    """One `source` of NuminaMath-CoT: the first rows to look at, and the difficulty wanted."""

    first: int | None = Field(default=None, ge=1)  # only so many of its rows are looked at; null: all
    difficulty: Difficulty = Difficulty()  # bounds on what is kept


class NuminaLabels(Published):
    """Difficulties out of another data set: its columns `problem` and `column`, for problems of `subsets`."""

    problem: str = "problem"  # its column with the question
    column: str  # its column with the difficulty
    scale: str  # what the numbers are, as meta.difficulty_scale
    subsets: list[Subset]  # the subsets that they are for


class NuminaConfig(HubConfig):
    """Keys of `numina`: its subsets by name, and where their difficulties come from."""

    FILES = ("data/train-*.parquet",)

    repo: str | None = "AI-MO/NuminaMath-CoT"
    subsets: dict[Subset, NuminaSubset] = Field(min_length=1)  # a `source` of NuminaMath-CoT: its keys
    labels: list[NuminaLabels] = []  # where difficulties are published

    def count(self) -> int | None:
        """Return the published rows before the difficulty filter, or None for a subset whose size we have not read."""
        return self._rows(self.subsets)

    def rated(self) -> int | None:
        """Return how many rows have bounds to keep, at most, or None for a subset whose size we have not read."""
        return self._rows([name for name in self.subsets if self._bounds(name).given])

    def _rows(self, subsets: Iterable[Subset]) -> int | None:
        counts = [self.subsets[name].first or ROWS.get(name) for name in subsets]
        known = [count for count in counts if count is not None]
        return min(sum(known), self.limit or sum(known)) if len(known) == len(counts) else None

    def bounds(self, problem: Problem) -> Difficulty:
        """Return the bounds of the problem's subset, or the source's where the subset has none."""
        return self._bounds(problem.meta.get("subset"))

    def _bounds(self, name: Any) -> Difficulty:
        own = {str(subset): keys.difficulty for subset, keys in self.subsets.items()}.get(str(name), self.difficulty)
        return own if own.given else self.difficulty

    def resolved(self, known: dict[str, str]) -> Self:
        """Return the config with its own revision and those of its labels set."""
        config = super().resolved(known)
        return config.model_copy(update={"labels": [labels.resolved(known) for labels in self.labels]})

    def revisions(self) -> dict[str, str]:
        """Return {repo: revision}, those of the labels too."""
        return {repo: revision for part in self.labels for repo, revision in part.revisions().items()} | super().revisions()

    def local_files(self, recipe: Path) -> list[Path]:
        """Return the files of local copies, those of the labels too."""
        return super().local_files(recipe) + [path for part in self.labels for path in part.local_files(recipe)]


def read(config: NuminaConfig, recipe: Path) -> Iterator[Item]:
    """Yield a problem a row of the wanted subsets, in the order of the files."""
    tables = [(labels, _table(labels, recipe)) for labels in config.labels]
    seen: Counter[str] = Counter()
    ids = {str(name): Ids(f"numina-{name}") for name in config.subsets}
    waiting = {str(name): subset.first for name, subset in config.subsets.items()}
    for row in rows(config, recipe, ["source", "problem", "solution"], only=True):
        name = row["source"]
        if not isinstance(name, str) or name not in waiting:
            continue
        number = seen[name]
        seen[name] += 1
        if waiting[name] == seen[name]:
            del waiting[name]
        yield _item(ids[name].of(row["problem"]), number, row, tables)
        if not waiting:
            return
    for name in config.subsets:
        if not seen[name]:
            print(f"numina: no row of subset {name} in {config.path or config.repo}")


def _item(key: str, number: int, row: Row, tables: list[tuple[NuminaLabels, dict[int, float]]]) -> Item:
    try:
        question, answer = question_of(row, "problem"), gold.from_solution(text_of(row, "solution"))
    except gold.Dropped as error:
        return Dropped(key, str(error))
    meta = {"subset": row["source"], "row": number}
    difficulty = None
    for labels, table in tables:
        if difficulty is None and row["source"] in labels.subsets:
            difficulty = table.get(_key(question))
            meta |= {"difficulty_scale": labels.scale} if difficulty is not None else {}
    return Problem(
        id=key,
        source="numina",
        domain="math",
        question=question,
        verifier="math_answer",
        gold={"answer": answer},
        difficulty=difficulty,
        license="Apache-2.0",
        meta=meta,
    )


def _table(labels: NuminaLabels, recipe: Path) -> dict[int, float]:
    """Return the labels by a hash of the problem: no text is held."""
    table = {}
    for row in rows(labels, recipe, [labels.problem, labels.column], only=True):
        level = _number(row[labels.column])
        if level is not None and isinstance(row[labels.problem], str):
            table[_key(row[labels.problem])] = level
    return table


def _key(problem: str) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(problem.split()).encode("utf-8", "replace"), digest_size=8).digest())


def _number(label: object) -> float | None:
    """Return the number of a label: 5 of "Level 5"; None for "Level ?" and for -1, the model's answer without a number."""
    match = re.fullmatch(r"(?:Level )?(-?\d+(?:\.\d+)?)", str(label).strip())
    return float(match[1]) if match and float(match[1]) >= 0 else None
