"""The small files of a run as types: manifest, funnel, scores, train.json. A broken one is one line that names it.

    manifest(run).stages["generate"].usage.completion_tokens     -> 27705
    training(run, "quickstart").planned.seconds                  -> 192.7
    runs/x/eval/base/heldout/scores.json: results: Field required; delete it: `make eval` makes it anew and asks nobody

What an older version of the project did not write is None. Rows of data are in `rows.py`.
"""

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AllowInfNan, ConfigDict, Field, TypeAdapter, ValidationError

from data_gen.cli import UserError
from data_gen.manifest import read_manifest
from data_gen.records import Record, faults_of
from data_gen.run_folder import Run
from eval.score import read_scores
from launch.training.trained import read_record

T = TypeVar("T")
MaybeNaN = Annotated[float, AllowInfNan(True)]


class Finite(Record):
    """A record whose numbers are numbers: JSON has no word for others, and a page must not show one."""

    model_config = ConfigDict(allow_inf_nan=False)


class Used(Finite):
    """Tokens and seconds of a stage that asked a model."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float | None = None


class Planned(Finite):
    """What a stage was to take; `bound`: the tokens are the most that it can be, no mean."""

    requests: int | None = None
    prompt_tokens: int | float | None = None
    completion_tokens: int | float | None = None
    tokens: int | float | None = None  # of a training
    bound: bool = False
    seconds: float | None = None
    dollars: float | None = None
    tokens_per_second: float | None = None
    price_source: str | None = None
    mfu_source: str | None = None


class StageRecord(Finite):
    """A stage as the manifest keeps it."""

    settings: dict[str, Any] = {}
    inputs: dict[str, str | None] = {}
    limit: int | None = None
    finished: bool = False
    seconds: float | None = None
    date: str | None = None
    usage: Used | None = None
    dollars: float | None = None
    tokens_per_second: float | None = None
    sandbox: dict[str, int] | None = None
    revisions: dict[str, str | None] = {}
    planned: Planned | None = None
    not_run: str | None = None  # why an evaluation could not be run here

    def part(self, name: str) -> dict[str, Any]:
        """Return the settings under a name, none where there are none."""
        held = self.settings.get(name)
        return held if isinstance(held, dict) else {}


class Manifest(Record):
    """manifest.json."""

    stages: dict[str, StageRecord]
    benchmarks: dict[str, dict[str, Any]] = {}
    environment: dict[str, Any] = {}
    not_run: dict[str, str] = {}  # a benchmark, or "model benchmark": why it was not run here


class Line(Finite):
    """A stage's line of the funnel."""

    stage: str
    into: int = Field(alias="in")
    kept: int
    unit: str = "rows"
    reasons: dict[str, int] = {}
    by_source: dict[str, dict[str, Any]] = {}


class Result(Finite):
    """One metric of a scores.json."""

    metric: str
    value: float
    ci95: tuple[float, float]


class Scores(Finite):
    """scores.json, as far as the report reads it."""

    model: str
    benchmark: str
    n: int
    n_samples: int
    no_answer: float
    truncated: float
    undecided: float
    date: str
    results: list[Result] = Field(min_length=1)
    weights: str | None = None
    tokens: dict[str, int | float] | None = None
    sandbox: dict[str, int] | None = None


class Training(Finite):
    """train.json, as far as the report reads it."""

    rows: int | None = None
    tokens: int | None = None
    epochs: float | None = None
    steps: int | None = None
    seconds: float | None = None
    tokens_per_second: float | None = None
    conditions: dict[str, Any] = {}
    planned: Planned | None = None
    spent: Planned | None = None
    losses: list[tuple[float, MaybeNaN]] = []  # of a training that diverged


def manifest(run: Run) -> Manifest:
    """Return the run's manifest. Raises UserError where it is broken."""
    advice = "mend it, or start another run with RUN=new"
    return _as(TypeAdapter(Manifest), read_manifest(run), run.manifest, advice)


def funnel(run: Run) -> list[Line]:
    """Return the funnel's lines of the stages that have run. Raises UserError where the file is broken."""
    if not run.funnel.is_file():
        return []
    advice = "delete it: the stages write their lines again (`make data`)"
    try:
        held = json.loads(run.funnel.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{run.funnel}: not JSON ({error}); {advice}") from error
    return _as(TypeAdapter(list[Line]), held, run.funnel, advice)


def scores(run: Run) -> list[Scores]:
    """Return every scores.json of the run. Raises UserError where one is broken."""
    advice = "delete it: `make eval` makes it anew and asks nobody"
    paths = sorted((run.folder / "eval").glob("*/*/scores.json"))
    return [_as(TypeAdapter(Scores), read_scores(path), path, advice) for path in paths]


def training(run: Run, config: str) -> Training:
    """Return the train.json of a model. Raises UserError where it is broken."""
    path = run.model(config) / "train.json"
    advice = "put it back, or train anew (make clean STAGE=train)"
    return _as(TypeAdapter(Training), read_record(run, config), path, advice)


def trainings(run: Run) -> dict[str, Training]:
    """Return the trainings that are whole, by their configs."""
    paths = sorted((run.folder / "model").glob("*/train.json"))
    return {path.parent.name: training(run, path.parent.name) for path in paths}


def _as(kind: TypeAdapter[T], held: Any, path: Path, advice: str) -> T:
    try:
        return kind.validate_python(held)
    except ValidationError as error:
        first = faults_of(error).split("; ")
        more = f" and {len(first) - 1} more faults" if len(first) > 1 else ""
        raise UserError(f"{path}: {first[0].lstrip(': ')}{more}; {advice}") from error
