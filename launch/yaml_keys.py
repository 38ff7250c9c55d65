"""yaml_keys: every key of data.yaml and eval.yaml with its kind, default and meaning, as docs/yaml_keys.md.

    python -m launch.yaml_keys [--write]

    | key | kind | default | meaning |
    | `concurrency` | whole number | `64` | requests in flight |

The meaning is the comment beside the key where it is defined (`data_gen/config.py`, `eval/config.py`, `data_gen/sources/`),
so that the page cannot say something else than the code; a test holds the page against this. Training YAML is
LLaMA-Factory's own format.
"""

import ast
import inspect
import io
import textwrap
import tokenize
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from data_gen.cli import command
from data_gen.config import PACKAGE, DataConfig
from data_gen.journal import write_text
from data_gen.sources import SOURCES
from eval.config import EvalConfig

PAGE = PACKAGE.parent / "docs/yaml_keys.md"
KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false", types.NoneType: "null", Any: "any"}
HEAD = """# Every key of a recipe

Made by `python -m launch.yaml_keys --write` out of the code that reads the files. Unknown keys are errors. A recipe may say
`extends: ../another` and only the keys that differ. Training keys are LLaMA-Factory's own: `llamafactory_configs/`.
"""


def main(write: bool = False) -> None:
    """Print the page; with `write`, put it into docs/yaml_keys.md."""
    text = page()
    if write:
        write_text(PAGE, text)
        print(f"wrote {PAGE}")
    else:
        print(text)


def page() -> str:
    """Return the page."""
    sources = {f"data.yaml, `sources: {{{name}: ...}}`": source.config for name, source in SOURCES.items()}
    tops: dict[str, type[BaseModel]] = {"data.yaml": DataConfig, **sources, "eval.yaml": EvalConfig}
    known: set[type[BaseModel]] = set()
    parts = [HEAD]
    for title, top in tops.items():
        parts += [section(title, top)]
        for model in nested(top):
            if model not in known:
                known.add(model)
                parts.append(section(model.__name__, model))
    return "\n".join(parts)


def section(title: str, model: type[BaseModel]) -> str:
    """Return a model's heading, what it is, and a line a key."""
    told = meanings(model)
    about = " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())
    rows = []
    for name, field in model.model_fields.items():
        default = "needed" if field.is_required() else default_of(field.get_default(call_default_factory=True))
        rows.append(f"| `{field.alias or name}` | {kind(field.annotation)} | {default} | {told.get(name, '')} |")
    table = "\n".join(["| key | kind | default | meaning |", "|---|---|---|---|", *rows])
    return f"## {title}\n\n{about}\n\n{table}\n"


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return the comment beside each key, also of the classes that the model is made from."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if not issubclass(one, BaseModel) or one is BaseModel:
            continue
        source = textwrap.dedent(inspect.getsource(one))
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
        body = typing.cast(ast.ClassDef, ast.parse(source).body[0]).body
        for line in body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                name = line.target.id
                found[name] = comments.get(line.end_lineno or 0, "").replace("|", "\\|") or found.get(name, "")
    return found


def nested(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield the models that a model's keys hold, in order, each before its own."""
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            yield inner
            yield from nested(inner)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation names."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)


def kind(annotation: Any) -> str:
    """Return what may be written for an annotation: "whole number or null"."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(dict.fromkeys(map(kind, arguments)))
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {kind(arguments[0])}"
    if origin is dict:
        return "mapping" if arguments[1] is Any else f"mapping of {kind(arguments[1])}"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return KINDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def default_of(value: Any) -> str:
    """Return a default as YAML has it; the keys of a section of its own stand there."""
    if isinstance(value, BaseModel):
        return "its defaults"
    if isinstance(value, list) and any(isinstance(one, BaseModel) for one in value):
        return f"`[{', '.join(str(one.model_dump(exclude_defaults=True)) for one in value)}]`"
    if value is None or value is PydanticUndefined:
        return "`null`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    command(main)
