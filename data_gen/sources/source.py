"""What every source has: the keys that all share, and how a path in a recipe is found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from data_gen.cli import ConfigError
from data_gen.records import Problem
from data_gen.yaml_schema import Strict


class Difficulty(Strict):
    """Bounds on `difficulty`, both included; a problem without a number is kept only where no bound is given."""

    min: float | None = None
    max: float | None = None

    def holds(self, difficulty: float | None) -> bool:
        """Return whether a problem of this difficulty is kept."""
        if self.min is None and self.max is None:
            return True
        if difficulty is None:
            return False
        return (self.min is None or difficulty >= self.min) and (self.max is None or difficulty <= self.max)


class SourceConfig(Strict):
    """Keys that every source knows; each source adds its own."""

    limit: int | None = Field(default=None, ge=1)
    difficulty: Difficulty = Difficulty()

    def local_files(self, recipe: Path) -> list[Path]:
        """Return the user's files that this source reads: when one changes, collect runs again."""
        return []

    @staticmethod
    def find(recipe: Path, path: str) -> Path:
        """Return the file `path`: beside the recipe, else from the current folder. Raises ConfigError."""
        for candidate in (recipe / path, Path(path)):
            if candidate.is_file():
                return candidate
        raise ConfigError(f"{recipe}/data.yaml: {path}: no such file, neither beside the recipe nor from here")


class HubConfig(SourceConfig):
    """Keys of a source that reads published data files: a local `path`, or `files` of `repo` at `revision`."""

    path: str | None = None
    repo: str | None = None
    files: list[str] | None = None
    revision: str | None = None


@dataclass(frozen=True)
class Source:
    """A published collection of problems.

    `read` yields Problems (arguments: the config, the recipe's folder). `count` is how many problems the source
    offers before dedup and filters, or None where only reading it would tell. `read` is None where this version
    knows the source's YAML but cannot read it yet.
    """

    config: type[SourceConfig]
    read: Callable[[Any, Path], Iterator[Problem]] | None
    count: Callable[[Any], int | None]
