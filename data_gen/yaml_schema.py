"""Reading YAML against a schema: unknown keys refused, all faults of a file reported together, one line a fault.

recipes/x/data.yaml: teacher.temprature: unknown key (did you mean temperature?)
recipes/x/data.yaml: mix.pick: 'shortest', 'longest', 'random' or 'all' is expected, not 'best'
"""

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from data_gen.cli import ConfigError

M = TypeVar("M", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with `1e-5` a number, as YAML 1.2 and LLaMA-Factory have it; PyYAML alone makes it text."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+"), list("-+0123456789"))


def parse_yaml(text: str) -> Any:
    """Return what a YAML text says. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # a safe loader


class Strict(BaseModel):
    """A YAML mapping in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file. Raises ConfigError when there is no file, no YAML or no mapping."""
    try:
        content = parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, no such date, an endless number
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a mapping of keys is expected")
    return content


def parse(content: dict[str, Any], kind: type[M], where: str | Callable[[Sequence[Any]], str]) -> M:
    """Check a mapping against `kind`. Raises ConfigError with a line for every fault, each beginning with `where`: a text,
    or a function that returns one for the keys that lead to the fault."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        faults = [
            f"{where if isinstance(where, str) else where(fault['loc'])}: {_explain(fault, kind)}"
            for fault in error.errors()
        ]
        raise ConfigError("\n".join(faults)) from error


def _explain(fault: Any, kind: type[BaseModel]) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        *parents, name = fault["loc"]
        close = difflib.get_close_matches(str(name), _keys(kind, parents), n=1)
        return f"{place}: unknown key" + (f" (did you mean {close[0]}?)" if close else "")
    if fault["type"] == "missing":
        return f"{place}: is needed"
    if fault["type"] == "literal_error":
        return f"{place}: {fault['ctx']['expected']} is expected, not {fault['input']!r}"
    said = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said  # of several keys together: what is said names them


def _keys(kind: Any, parents: list[Any]) -> list[str]:
    """Return the keys that the schema knows at the place `parents`."""
    for parent in parents:
        members = [kind, *get_args(kind)] if get_origin(kind) else [kind]
        models = [m for m in members if isinstance(m, type) and issubclass(m, BaseModel)]
        if isinstance(parent, int) or not models:
            kind = next((m for m in get_args(kind) if isinstance(m, type)), kind)  # the item type of a list
            continue
        field = models[0].model_fields.get(str(parent))
        if field is None:
            return []
        kind = field.annotation
    members = [kind, *get_args(kind)]
    models = [m for m in members if isinstance(m, type) and issubclass(m, BaseModel)]
    return [name for model in models for name in model.model_fields]
