"""The help text of a command: what it does, an example, and a line an option.

    usage(main, "data_gen.generate")
    -> python -m data_gen.generate [--option=value ...]

       Ask the recipe's teacher; `limit` takes so many problems only, `retry_final` asks final failures once more.

       example:
         python -m data_gen.generate --recipe=recipes/quickstart --run=runs/quickstart

       options:
         --recipe=TEXT      needed    the recipe's folder, as recipes/quickstart
         --limit=NUMBER     no limit  ...

The words are `main`'s own docstring, the examples are the command lines of its module's docstring. Options that mean the
same everywhere are explained here, once; the others by the command's docstring, and a test looks that each is.
"""

import inspect
import sys
import textwrap
import types
import typing
from collections.abc import Callable
from typing import Any

# What an option means in every command that has it.
OPTIONS = {
    "recipe": "the recipe's folder, as recipes/quickstart",
    "run": "the run's folder, as runs/quickstart: what is made lies there",
    "limit": "take only so many problems: a trial",
    "config": "a YAML of llamafactory_configs/, without its ending; if not given, the recipe's own",
    "retry_final": "ask once more where a request failed for good",
    "allow_weak_sandbox": "run models' programs though no sandbox holds here",
    "model": "names, comma-separated: base, trained, ...",
    "base_url": "an OpenAI-compatible address that serves the model already; if not given, it is served here",
    "api_key_env": "the environment variable that holds the key of base_url",
    "benchmarks": "those of eval.yaml to run, comma-separated; if not given, all",
    "baseline": "the model that the others are compared with",
    "benchmark": "only this benchmark",
    "json": "print JSON lines instead of a table",
    "tasks": "those of the regression set to run, comma-separated; if not given, all",
    "baseline_run": "the folder of another run that the baseline is of",
    "tokenizer": "a folder or name of the tokenizer, where the model's name is none",
    "workers": "processes; if not given, one a core",
    "executor": "local, or ray: the workers of a Ray cluster",
    "port": "the port it listens on",
    "repo": "owner/name on the hub",
    "revision": "a commit of repo; if not given, the newest one, which the manifest keeps",
    "license": "the licence to state",
    "private": "make the repository private",
    "rounds": "repetitions, of which the median counts",
    "gpus": "GPUs of each machine",
    "stage": "a stage, as train: its output goes, and that of the stages after it",
    "log": "the file that the server's output goes to",
    "print_command": "print the command and start nothing",
}
KINDS = {str: "TEXT", int: "NUMBER", float: "NUMBER", bool: "yes|no"}


def usage(main: Callable[..., None], name: str) -> str:
    """Return the help text of the command `name`, whose function is `main`."""
    parts = [f"python -m {name} [--option=value ...]", inspect.getdoc(main) or ""]
    examples = example_lines(inspect.getdoc(sys.modules[main.__module__]) or "", name)
    if examples:
        parts.append("\n".join([f"example{'s' if len(examples) > 1 else ''}:", *(f"  {line}" for line in examples)]))
    parts.append("\n".join(["options:", *option_lines(main)]))
    parts.append("exit status: 0 whole, 1 something remains or went wrong, 2 a bad option or YAML")
    return "\n\n".join(part for part in parts if part)


def example_lines(text: str, name: str) -> list[str]:
    """Return the command lines of a module's docstring that start the command."""
    lines = [line.strip().removeprefix("$ ") for line in text.splitlines()]
    return [line for line in lines if line.startswith(f"python -m {name} ") or line == f"python -m {name}"]


def option_lines(main: Callable[..., None]) -> list[str]:
    """Return a line an option: its name and kind, its default, and what it means where that is the same everywhere."""
    parameters = inspect.signature(main, eval_str=True).parameters
    rows = [(f"--{name}={kind(p.annotation)}", _default(p), OPTIONS.get(name, "")) for name, p in parameters.items()]
    if not rows:
        return ["  none"]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    blank = " " * (first + second + 6)
    lines = []
    for option, default, meaning in rows:
        head = f"  {option:<{first}}  {default:<{second}}  "
        lines += textwrap.wrap(head + meaning, 125, subsequent_indent=blank, drop_whitespace=True) or [head]
    return [line.rstrip() for line in lines]


def kinds(annotation: Any) -> list[type]:
    """Return the plain types of an annotation: `int | None` gives [int]."""
    members = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    return [member for member in members if member is not types.NoneType]


def kind(annotation: Any) -> str:
    """Return how a value of this annotation is written in the help."""
    return "|".join(KINDS[member] for member in kinds(annotation))


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return "needed"
    if parameter.default in (None, ""):
        return ""
    return {True: "yes", False: "no"}[parameter.default] if isinstance(parameter.default, bool) else str(parameter.default)
