"""The recipes: each says what it is, what it takes and what was not run; one that extends another says only what differs."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from data_gen import train_env
from data_gen.config import dump
from data_gen.layers import EXTENDS
from data_gen.manifest import changed_keys
from data_gen.recipe import load_recipe
from data_gen.yaml_schema import read_yaml
from eval.config import load_eval
from launch import plan
from tests.conftest import ROOT

RECIPES = {str(path.parent.relative_to(ROOT / "recipes")): path.parent for path in (ROOT / "recipes").glob("**/data.yaml")}
ABLATIONS = [name for name in RECIPES if name.startswith("ablations/")]
each = pytest.mark.parametrize("name", sorted(RECIPES))


def settings(folder: Path) -> dict[str, Any]:
    """Return what a recipe's data.yaml and eval.yaml say, defaults filled in."""
    recipe = load_recipe(str(folder))
    sources = {name: dump(source) for name, source in recipe.source_configs.items()}
    return {"data": dump(recipe) | {"sources": sources}, "eval": dump(load_eval(folder))}


def named(content: dict[str, Any], prefix: str) -> set[str]:
    """Return the dotted keys that a YAML sets; a mapping with a `kind` counts as a whole."""
    keys = set()
    for key, value in content.items():
        inner = isinstance(value, dict) and value and "kind" not in value
        keys |= named(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}"}
    return keys


def commands(name: str) -> list[list[str]]:
    """Return the words of each command in a recipe's README."""
    text = (RECIPES[name] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


# --- the recipes ------------------------------------------------------------------------------------------------------


def test_all_recipes_are_found():
    assert sorted(RECIPES) == [
        "ablations/base14b",
        "ablations/base7b",
        "ablations/coder14b_apps",
        "ablations/exact_matching",
        "ablations/math_apps",
        "ablations/math_only",
        "ablations/no_rewriting",
        "ablations/no_verification",
        "quickstart",
        "sky_t1_plus",
        "sky_t1_preview",
    ]


@each
def test_a_plan_can_be_made_of_every_recipe(name, capsys):
    plan.main(str(RECIPES[name]), tokens_per_gpu_s=500)
    assert "requests" in capsys.readouterr().out


@each
def test_the_model_that_is_trained_is_the_base_that_it_is_compared_with(name):
    training = train_env.read_training(load_recipe(str(RECIPES[name])).training_config)
    assert training is not None
    assert training.keys["model_name_or_path"] == load_eval(RECIPES[name]).base


@each
@pytest.mark.parametrize("file", ["data.yaml", "eval.yaml"])
def test_the_head_of_a_yaml_has_its_own_command(name, file):
    head = (RECIPES[name] / file).read_text(encoding="utf-8").split("\n\n")[0]
    stage = file.removesuffix(".yaml")
    assert re.findall(rf"make {stage} RECIPE=([\w/]+)", head) == [name]


@each
def test_a_recipe_that_extends_another_differs_in_exactly_the_keys_that_it_names(name):
    folder = RECIPES[name]
    own = {stage: read_yaml(folder / f"{stage}.yaml") for stage in ("data", "eval")}
    parents = {stage: content.pop(EXTENDS, None) for stage, content in own.items()}
    assert parents["data"] == parents["eval"]
    if parents["data"] is None:
        return
    changed = {line.split(": ")[0] for line in changed_keys(settings(folder / parents["data"]), settings(folder))}
    says = named(own["data"], "data.") | named(own["eval"], "eval.")
    assert not {key for key in changed if not any(f"{key}.".startswith(f"{name}.") for name in says)}
    assert not {name for name in says if not any(f"{key}.".startswith(f"{name}.") for key in changed)}


def test_every_ablation_extends_the_published_recipe_or_the_quickstart_where_that_is_enough():
    parents = {name.partition("/")[2]: read_yaml(RECIPES[name] / "data.yaml")[EXTENDS] for name in ABLATIONS}
    assert parents.pop("no_verification") == "../../quickstart"
    assert len(parents) == 7
    assert set(parents.values()) == {"../../sky_t1_preview"}


def test_the_full_mixture_is_math_only_and_math_apps_and_what_they_leave_out():
    sources = {name: set(load_recipe(str(RECIPES[name])).sources) for name in ("ablations/math_only", "ablations/math_apps")}
    assert sources == {"ablations/math_only": {"numina"}, "ablations/math_apps": {"numina", "apps"}}
    assert set(load_recipe("sky_t1_preview").sources) == {"numina", "apps", "taco", "still2"}


def test_without_rewriting_no_rewriting_model_is_left():
    assert load_recipe("sky_t1_preview").rewriter.chat is not None
    assert load_recipe("ablations/no_rewriting").rewriter.chat is None


@pytest.mark.parametrize("config", ["sky_t1_7b", "sky_t1_14b", "sky_t1_coder14b"])
def test_another_base_is_trained_with_the_published_values(config):
    ours, published = train_env.read_training(config), train_env.read_training("sky_t1_preview")
    assert ours is not None
    assert published is not None
    assert [line.split(": ")[0] for line in changed_keys(published.keys, ours.keys)] == ["model_name_or_path"]


# --- their READMEs ----------------------------------------------------------------------------------------------------


@each
def test_a_readme_begins_with_its_own_recipe_and_reports_its_own_run(name):
    words = [word for line in commands(name) for word in line]
    recipes = [word.removeprefix("RECIPE=") for word in words if word.startswith("RECIPE=")]
    assert recipes
    assert set(recipes) == {name}
    reported = [word for line in commands(name) if line[:2] == ["make", "report"] for word in line[2:]]
    assert reported == [f"RUN={name.rpartition('/')[2]}"]


@each
def test_every_command_of_a_readme_exists(name):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    variables = set(re.findall(r"^([A-Z]+) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert len(targets) >= 12
    for words in commands(name):
        if words[0] == "make":
            assert words[1] in targets, words
            assert {word.partition("=")[0] for word in words[2:]} <= variables, words
        elif words[:2] == [".venv/bin/python", "-m"]:
            assert (ROOT / words[2].replace(".", "/")).with_suffix(".py").is_file(), words
        else:
            assert words[0] in ("export", "mkdir", "cp", ".venv-train/bin/pip"), words
        for word in words:
            assert not word.startswith("requirements/") or (ROOT / word).is_file(), words


@each
def test_a_readme_says_what_was_not_run_what_it_costs_and_what_remains(name):
    text = (RECIPES[name] / "README.md").read_text(encoding="utf-8").lower()
    assert re.search(r"^1\. ", text, re.MULTILINE)
    for word in ("not run", "cost", "funnel"):
        assert word in text


@each
def test_the_links_of_a_readme_lead_somewhere(name):
    text = (RECIPES[name] / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (RECIPES[name] / target).exists(), target


@pytest.mark.parametrize(
    "name", ["sky_t1_preview", "sky_t1_plus", "ablations/math_only", "ablations/math_apps", "ablations/coder14b_apps"]
)
def test_the_costs_of_a_readme_are_those_of_its_plan(name, capsys):
    plan.main(str(RECIPES[name]), tokens_per_gpu_s=500)
    data = re.sub(r"(?m)^eval .*\n?", "", capsys.readouterr().out)  # evaluation has a sum of its own below
    planned = re.findall(r"dollars (?:about |at most )?(\$[\d,.]+\d)|([\d,.]+ GPU-hours)", data)
    text = (RECIPES[name] / "README.md").read_text(encoding="utf-8")
    assert len(planned) >= 3
    for figures in planned:
        assert "".join(figures) in text


def test_the_sums_of_the_published_recipes_readme_follow_from_their_numbers():
    text = (RECIPES["sky_t1_preview"] / "README.md").read_text(encoding="utf-8")
    code = 182 * 3415 + 206 * 8263 + 123 * 14564
    tokens = 4 * 500 * 2124 + 64 * 30 * 6881 + 8 * 198 * 3503 + 4 * code
    samples = {name: one.samples for name, one in load_eval(RECIPES["sky_t1_preview"]).benchmarks.items()}
    assert samples == {"math500": 4, "aime24": 64, "gpqa_diamond": 8, "livecodebench": 4}
    hours = tokens / 500 / 3600
    assert f"{tokens / 1e6:.1f} million tokens, {hours:.1f} GPU-hours | ${hours * 2.96:.2f} | {hours / 8:.1f} on 8" in text
    assert f"| {122.4 / 8:.1f} on 8 GPUs" in text


def test_the_run_of_an_ablation_has_its_last_name():
    done = subprocess.run(
        ["make", "--dry-run", "report", "RECIPE=ablations/math_only"], cwd=ROOT, capture_output=True, text=True
    )
    assert "--run=runs/math_only" in done.stdout
