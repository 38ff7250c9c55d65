"""What every source has: the keys that all share, what a published row becomes, and how a path in a recipe is found.

A source's `read` yields, for each published row, one of
    Problem(...)                        a question with what its verifier needs
    Ready(Problem(...), (Trace(...),))   the same, and its answers, which came with it: no teacher is asked
    Dropped("numina-4e...", "no_box")    no problem, and why: listed in 01_problems.removed.jsonl, counted in the funnel
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from data_gen.cli import ConfigError
from data_gen.records import Problem, Trace
from data_gen.yaml_schema import Strict


class Difficulty(Strict):
    """Bounds on `difficulty`, both included; a problem without a number is kept only where no bound is given."""

    min: float | None = None  # the least that is kept
    max: float | None = None  # the most that is kept

    @property
    def given(self) -> bool:
        """Whether there is a bound at all."""
        return self.min is not None or self.max is not None

    def holds(self, difficulty: float | None) -> bool:
        """Return whether a problem of this difficulty is kept."""
        if not self.given:
            return True
        if difficulty is None:
            return False
        return (self.min is None or difficulty >= self.min) and (self.max is None or difficulty <= self.max)


@dataclass(frozen=True)
class Ready:
    """A problem whose answers come with it. A trace without a model is the source's."""

    problem: Problem
    traces: tuple[Trace, ...]


@dataclass(frozen=True)
class Dropped:
    """A published row that gives no problem. `reason` is a short name under which such rows are counted."""

    id: str
    reason: str
    detail: str | None = None


Item = Problem | Ready | Dropped


class SourceConfig(Strict):
    """Keys that every source knows; each source adds its own."""

    limit: int | None = Field(default=None, ge=1)  # problems of this source at most
    difficulty: Difficulty = Difficulty()  # bounds on what is kept

    def bounds(self, problem: Problem) -> Difficulty:
        """Return the difficulty that a problem of this source must have."""
        return self.difficulty

    def resolved(self, known: dict[str, str]) -> "SourceConfig":
        """Return the config with every hub revision that the YAML leaves open set: from `known` ({repo: revision}, of an
        earlier run), else asked of the hub."""
        return self

    def revisions(self) -> dict[str, str]:
        """Return {repo: revision} of what this source reads from a hub."""
        return {}

    def local_files(self, recipe: Path) -> list[Path]:
        """Return the user's files that this source reads: when one changes, collect runs again."""
        return []

    @staticmethod
    def find(recipe: Path, path: str, folder: bool = False) -> Path:
        """Return the file `path`, or the folder where one will do: beside the recipe, else from the current folder.

        Raises ConfigError.
        """
        for candidate in (recipe / path, Path(path)):
            if candidate.is_file() or (folder and candidate.is_dir()):
                return candidate
        kind = "file or folder" if folder else "file"
        raise ConfigError(f"{recipe}/data.yaml: {path}: no such {kind}, neither beside the recipe nor from here")


@dataclass(frozen=True)
class Source:
    """A published collection of problems.

    `read` yields Items (arguments: the config, the recipe's folder). `count` is how many problems the source
    offers before dedup and filters, or None where only reading it would tell.
    """

    config: type[SourceConfig]
    read: Callable[[Any, Path], Iterator[Item]]
    count: Callable[[Any], int | None]
