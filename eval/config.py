"""eval.yaml, as types: every key, its default and its meaning.

load_eval(Path("recipes/quickstart")).sampling.temperature   -> 0.0
"""

import datetime
import re
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from data_gen.config import Prices
from data_gen.layers import read_layers
from data_gen.sources.hub import Published
from data_gen.yaml_schema import Strict
from eval.regression_sets import SETS


class FromDataset(Strict):
    """The system prompt that a published dataset trained with, read from its `system` column at run time."""

    from_dataset: str  # owner/name
    revision: str | None = None  # null: asked of the hub at first use and kept in the manifest
    files: list[str] | None = None  # patterns of its data files; null: those that `make adopt` knows
    path: str | None = None  # a file or folder on this machine, read instead


class Dates(Strict):
    """A window of days, both included; null: open on that side."""

    start: datetime.date | None = Field(default=None, alias="from")  # the first day
    to: datetime.date | None = None  # the last day

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

    temperature: float = Field(default=0.7, ge=0)  # 0: the likeliest token always
    top_p: float = Field(default=0.95, gt=0, le=1)  # share of the likeliest tokens that are drawn from
    max_tokens: int = Field(default=32768, ge=1)  # of one answer; one that is cut there counts as truncated


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
    problems: dict[str, dict[str, Any]] | None = None  # sources, as in data.yaml: a benchmark of the recipe's own


class EvalConfig(Strict):
    """eval.yaml."""

    seed: int = 0  # of the seeds on the wire, which differ by sample
    base: str  # the model `base`: a folder or owner/name
    system_prompt: str | FromDataset | None = "student"  # student | null | a template file | {from_dataset: repo}
    sampling: Sampling = Sampling()  # how models are asked
    benchmarks: dict[str, Benchmark] = Field(min_length=1)  # name of a benchmark: its keys, or {} for its defaults
    regression: list[str] = []  # of mmlu, arc_challenge, ifeval, mgsm: what training may have cost (docs/evaluation.md)
    few_shot_row: bool = False  # also `base_few_shot`: the base model with the teacher's prompt and examples
    serve: dict[str, Any] = {}  # flags of vLLM, for models that we serve ourselves
    concurrency: int = Field(default=64, ge=1)  # requests in flight
    timeout_s: float = Field(default=3600, gt=0)  # of one request
    retries: int = Field(default=8, ge=0)  # of one request, on transient errors
    prices: Prices = Prices()  # what the machine that serves costs

    @field_validator("system_prompt", mode="before")
    @classmethod
    def _read_or_named(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return FromDataset.model_validate(value)  # else a fault in it is told twice, as of a text and as of a mapping
        if not isinstance(value, str | FromDataset | None):
            raise ValueError("student, null, a template file or {from_dataset: owner/name} is expected")
        return value

    @field_validator("regression")
    @classmethod
    def _known_sets(cls, value: list[str]) -> list[str]:
        if unknown := [name for name in value if name not in SETS]:
            raise ValueError(f"{', '.join(unknown)}: there are {', '.join(SETS)}")
        if len(set(value)) < len(value):
            raise ValueError("each set once is expected")
        return value

    @field_validator("benchmarks")
    @classmethod
    def _names_of_files(cls, value: dict[str, Benchmark]) -> dict[str, Benchmark]:
        if odd := [name for name in value if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name, re.ASCII)]:
            raise ValueError(f"{', '.join(odd)}: letters, digits, _, - and . are expected: it becomes the name of a file")
        return value

    @field_validator("benchmarks")
    @classmethod
    def _no_sets(cls, value: dict[str, Benchmark]) -> dict[str, Benchmark]:
        if sets := [name for name in value if name in SETS]:
            raise ValueError(f"{', '.join(sets)}: a set of the regression check: write `regression: [{', '.join(sets)}]`")
        return value

    @property
    def gpus(self) -> int:
        """GPUs that are paid for: as prices.gpus says, else as many as `serve` takes."""
        flags = {name.replace("_", "-"): value for name, value in self.serve.items()}
        return self.prices.gpus or int(flags.get("tensor-parallel-size") or 1) * int(flags.get("data-parallel-size") or 1)

    def equal_samples(self, samples: dict[str, int]) -> str | None:
        """Return a warning where greedy sampling makes the samples of a problem equal; `samples` are by benchmark."""
        several = [f"benchmarks.{name}.samples is {count}" for name, count in samples.items() if count > 1]
        if self.sampling.temperature > 0 or not several:
            return None
        return (
            f"sampling.temperature is 0 and {', '.join(several)}: a server that repeats itself gives as many equal answers, "
            "each paid for; take a temperature above 0, or samples: 1"
        )


def load_eval(recipe: Path) -> EvalConfig:
    """Read and check `<recipe>/eval.yaml`. Raises ConfigError with a line for every fault."""
    return read_layers(recipe / "eval.yaml").parse(EvalConfig)
