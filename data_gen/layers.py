"""layers: a YAML that says only what it differs in from another recipe's.

    extends: ../../sky_t1_preview       # a recipe's folder, seen from this one: its file of the same name is read first
    sources: {apps: null}               # in recipes/ablations/x/data.yaml; eval.yaml may do the same
    verify: {math: exact}

    read_layers(Path("recipes/ablations/x/data.yaml")).content["verify"]     -> {"enabled": True, "math": "exact"}

Mappings are merged key by key; lists and single values replace. null in the place of a mapping takes it out, so that its
default holds. A mapping of another `kind` is another thing and replaces the whole: `rewriter: {kind: rules}` leaves no
rewriting model behind. A file that a recipe names is looked up beside it and then beside each that it extends. Not
covered: several parents, and LLaMA-Factory's YAML, which LLaMA-Factory reads itself.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError
from data_gen.yaml_schema import M, parse, read_yaml

EXTENDS = "extends"
FILES = ("path", "system_prompt", "few_shot")  # keys whose value may be the name of a file of the recipe


@dataclass(frozen=True)
class Layers:
    """A YAML laid over those that it extends: `content` is what they say together, `files` what each says, itself first."""

    content: dict[str, Any]
    files: list[tuple[Path, dict[str, Any]]]

    def where(self, place: Sequence[Any] = ()) -> str:
        """Return the file in which the key at `place` stands, the nearest where several have it."""
        path, _ = max(self.files, key=lambda file: _depth(file[1], place))  # of equals max takes the first
        return str(path)

    def parse(self, kind: type[M]) -> M:
        """Check what they say together against `kind`. Raises ConfigError, a line a fault, with the file that it is in."""
        return parse(self.content, kind, self.where)


def read_layers(path: Path) -> Layers:
    """Read a YAML and those that it extends. Raises ConfigError where one is missing, no YAML, or extends itself."""
    files: list[tuple[Path, dict[str, Any]]] = []
    here: Path | None = path
    while here is not None:
        content = read_yaml(here)
        parent = content.pop(EXTENDS, None)
        files.append((here, content))
        here = None if parent is None else _parent(parent, files)
    merged: dict[str, Any] = {}
    for _, content in reversed(files):
        merged = overlay(merged, content)
    return Layers(_with_files(merged, [file.parent for file, _ in files]), files)


def overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return `below` with what `above` says differently."""
    merged = dict(below)
    for key, value in above.items():
        under = below.get(key)
        if isinstance(under, dict) and value is None:
            del merged[key]
        elif isinstance(under, dict) and isinstance(value, dict) and value.get("kind") in (None, under.get("kind")):
            merged[key] = overlay(under, value)
        else:
            merged[key] = value
    return merged


def _parent(named: Any, files: list[tuple[Path, dict[str, Any]]]) -> Path:
    """Return the file that the last of `files` extends. Raises ConfigError."""
    path, _ = files[-1]
    if not isinstance(named, str):
        raise ConfigError(f"{path}: {EXTENDS}: the folder of one recipe is expected, like ../sky_t1_preview, not {named!r}")
    parent = Path(os.path.normpath(path.parent / named / path.name))
    if not parent.is_file():
        raise ConfigError(f"{path}: {EXTENDS}: {named}: no recipe there (no {parent})")
    if any(parent.resolve() == file.resolve() for file, _ in files):
        circle = " -> ".join(str(file) for file in [*(file for file, _ in files), parent])
        raise ConfigError(f"{path}: {EXTENDS}: {named}: a circle: {circle}")
    return parent


def _with_files(content: Any, folders: list[Path]) -> Any:
    """Return the content with each name of a file that lies beside a parent only as a path from the recipe's folder."""
    if isinstance(content, list):
        return [_with_files(item, folders) for item in content]
    if not isinstance(content, dict):
        return content
    return {
        key: _from_here(value, folders) if key in FILES and isinstance(value, str) else _with_files(value, folders)
        for key, value in content.items()
    }


def _from_here(name: str, folders: list[Path]) -> str:
    beside = next((folder for folder in folders if os.path.exists(folder / name)), folders[0])  # False for a text as well
    return name if beside == folders[0] else os.path.relpath(beside / name, folders[0])


def _depth(content: Any, place: Sequence[Any]) -> int:
    """Return how many of the keys in `place` lead on in the content."""
    for depth, key in enumerate(place):
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):  # not there, or what is there has no keys
            return depth
    return len(place)
