"""eval.yaml, as types: every key, its default and its meaning.

load_eval(Path("recipes/quickstart")).sampling.temperature   -> 0.0
"""

import datetime
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from data_gen.config import Prices
from data_gen.layers import read_layers
from data_gen.sources.hub import Published
from data_gen.yaml_schema import Strict


class FromDataset(Strict):
    """The system prompt that a published dataset trained with, read from its `system` column at run time."""

    from_dataset: str  # owner/name
    revision: str | None = None  # null: asked of the hub at first use and kept in the manifest
    files: list[str] | None = None  # patterns of its data files; null: those that `make adopt` knows
    path: str | None = None  # a file or folder on this machine, read instead


class Dates(Strict):
    """A window of days, both included; null: open on that side."""

    start: datetime.date | None = Field(default=None, alias="from")
    to: datetime.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Dates":
        if self.start is not None and self.to is not None and self.start > self.to:
            raise ValueError(f"from {self.start} is after to {self.to}")
        return self

    def hold(self, day: datetime.date) -> bool:
        """Return whether a day is in the window."""
        return (self.start is None or day >= self.start) and (self.to is None or day <= self.to)


class Sampling(Strict):
    """How evaluation asks."""

    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=32768, ge=1)


class Benchmark(Published):
    """How one benchmark is run, and where its questions are read.

    `path`, or `repo`, `files` and `revision`, replace what eval/benchmarks knows of a published one. `problems` (sources,
    as in data.yaml) make a benchmark of the recipe's own.
    """

    samples: int | None = Field(default=None, ge=1)  # answers a problem; null: the benchmark's own (docs/benchmarks.md)
    release: str | None = None  # livecodebench: v1 to v6, each holding those before it; null: v2
    dates: Dates | None = None  # livecodebench: problems of contests in {from: 2024-08-01, to: 2025-01-31} only
    columns: dict[str, str] = {}  # the reader's name of a column: its name in your file
    shuffle_seed: int = 0  # gpqa_diamond: the order of the choices
    problems: dict[str, dict[str, Any]] | None = None


class EvalConfig(Strict):
    """eval.yaml."""

    seed: int = 0
    base: str
    system_prompt: str | FromDataset | None = "student"  # student | null | a template file | {from_dataset: repo}
    sampling: Sampling = Sampling()
    benchmarks: dict[str, Benchmark] = Field(min_length=1)
    few_shot_row: bool = False  # also `base_few_shot`: the base model with the teacher's prompt and examples
    serve: dict[str, Any] = {}  # flags of vLLM, for models that we serve ourselves
    concurrency: int = Field(default=64, ge=1)  # requests in flight
    timeout_s: float = Field(default=3600, gt=0)
    retries: int = Field(default=8, ge=0)
    prices: Prices = Prices()


def load_eval(recipe: Path) -> EvalConfig:
    """Read and check `<recipe>/eval.yaml`. Raises ConfigError with a line for every fault."""
    return read_layers(recipe / "eval.yaml").parse(EvalConfig)
