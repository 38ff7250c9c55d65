"""Options: a mistake is one line and exit status 2, before anything runs."""

import importlib
import inspect
import re

import pytest

from data_gen.cli import ConfigError, parse
from data_gen.command_help import OPTIONS, usage
from tests.conftest import ROOT

COMMANDS = [
    "data_gen.collect",
    "data_gen.label",
    "data_gen.generate",
    "data_gen.rewrite",
    "data_gen.verify",
    "data_gen.mix",
    "data_gen.export",
    "data_gen.adopt",
    "data_gen.sandbox.probe",
    "eval.benchmarks",
    "eval.compare",
    "eval.regression",
    "eval.run",
    "eval.report",
    "eval.rescore",
    "eval.viewer",
    "launch.clean",
    "launch.doctor",
    "launch.evaluations",
    "launch.merge",
    "launch.model_card",
    "launch.nodes",
    "launch.pin",
    "launch.plan",
    "launch.publish",
    "launch.ray_serve",
    "launch.scale",
    "launch.serve",
    "launch.serving",
    "launch.train",
    "launch.yaml_keys",
]


def stage(recipe: str, run: str, limit: int | None = None, share: float = 0.5, retry_final: bool = False) -> None:
    """Stand for a stage."""


def test_values_follow_the_annotations():
    assert parse(stage, ["--recipe=1,10", "--run", "007", "--limit=3", "--retry-final"]) == {
        "recipe": "1,10",
        "run": "007",
        "limit": 3,
        "retry_final": True,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipie=x", "--run=y"], "did you mean --recipe?"),
        (["--recipe=x"], "--run=… is needed"),
        (["--recipe=x", "--run=y", "--limit=many"], "--limit=many: int is expected"),
        (["--recipe=x", "--run=y", "extra"], "unexpected 'extra'"),
        (["--recipe=x", "--recipe=y", "--run=z"], "given twice"),
        (["--recipe", "--run=z"], "--recipe needs a value"),
    ],
)
def test_a_mistake_is_told(arguments, words):
    with pytest.raises(ConfigError) as error:
        parse(stage, arguments)
    assert words in str(error.value)


@pytest.mark.parametrize("module", COMMANDS)
def test_every_command_has_help_and_refuses_a_misspelt_option(command, module):
    helped = command(module, "--help")
    assert helped.returncode == 0
    assert "options:" in helped.stdout
    refused = command(module, "--no_such_option=1")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "--no_such_option" in refused.stderr


def product_commands() -> list[str]:
    files = [path for part in ("data_gen", "eval", "launch") for path in sorted((ROOT / part).rglob("*.py"))]
    started = [path for path in files if "\n    command(main)" in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in started]


def test_the_list_of_commands_is_whole():
    assert {name.removesuffix(".__main__") for name in product_commands()} == set(COMMANDS)


@pytest.mark.parametrize("module", product_commands())
def test_the_help_says_what_every_option_means_and_shows_an_example(module):
    imported = importlib.import_module(module)
    name = module.removesuffix(".__main__")
    said = usage(imported.main, name)
    about = inspect.getdoc(imported.main) or ""
    options = inspect.signature(imported.main).parameters
    assert [option for option in options if option not in OPTIONS and not re.search(rf"(`|--){option}\b", about)] == []
    assert re.search(rf"^  python -m {re.escape(name)}( |$)", said, re.MULTILINE)
    assert max(map(len, said.splitlines())) <= 125


@pytest.mark.parametrize("module", ["data_gen.collect", "eval.run", "launch.train", "launch.plan"])
def test_an_unknown_recipe_is_told_with_those_there_are(command, module):
    options = ["--recipe=recipes/nothing"] + ([] if module == "launch.plan" else ["--run=runs/nothing"])
    done = command(module, *options)
    assert done.returncode == 2
    assert "recipes/quickstart" in done.stderr
    assert "Traceback" not in done.stderr
