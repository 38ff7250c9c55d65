"""A recipe that extends another: what it says is laid over what its parents say; a fault names the file that it is in."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen.cli import ConfigError
from data_gen.layers import EXTENDS, overlay, read_layers
from data_gen.manifest import flat
from data_gen.recipe import load_recipe
from data_gen.yaml_schema import read_yaml
from tests.endpoint import Endpoint
from tests.stages import run_stages, solve


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": {"b": 1}, "d": 1}, {"a": None}, {"d": 1}),
        ({"a": 1}, {"a": None}, {"a": None}),  # for some keys null is a value
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"kind": "x", "b": 1}}, {"a": {"kind": "y"}}, {"a": {"kind": "y"}}),
        ({"a": {"kind": "x", "b": 1}}, {"a": {"b": 2}}, {"a": {"kind": "x", "b": 2}}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 2}}}, {"a": {"b": {"c": 1, "d": 2}}}),
    ],
)
def test_what_a_recipe_says_is_laid_over_what_its_parent_says(below, above, merged):
    before = yaml.safe_dump(below)
    assert overlay(below, above) == merged
    assert yaml.safe_dump(below) == before


@pytest.fixture
def extending(recipe, tmp_path):
    """Return a function that writes a recipe which extends the fixture's, and returns its folder."""

    def write(name: str = "child", parent: str = "../recipe", **keys: Any) -> Path:
        if not (tmp_path / "recipe").is_dir():
            recipe()
        folder: Path = tmp_path / name
        folder.mkdir()
        (folder / "data.yaml").write_text(yaml.safe_dump({EXTENDS: parent} | keys), encoding="utf-8")
        return folder

    return write


def test_a_grandchild_says_only_what_it_differs_in(extending):
    extending("child", teacher={"temperature": 0.1}, verify={"math": "exact"})
    config = load_recipe(str(extending("grandchild", "../child", teacher={"samples": 7}, verify=None)))
    assert (config.name, config.training_config) == ("grandchild", "grandchild")
    assert (config.teacher.model, config.teacher.temperature, config.teacher.samples) == ("m", 0.1, 7)
    assert config.verify.math == "layered"


@pytest.mark.parametrize(
    ("parent", "keys", "told"),
    [
        ({}, {"teacher": {"temprature": 1}}, "child/data.yaml: teacher.temprature: unknown key (did you mean temperature?)"),
        ({"mix": {"pick": "best"}}, {}, "recipe/data.yaml: mix.pick: "),
        ({"mix": {"pick": "best"}}, {"mix": {"pick": "worst"}}, "child/data.yaml: mix.pick: "),
        ({"mix": {"pick": "best"}}, {"mix": {"per_question": 0}}, "recipe/data.yaml: mix.pick: "),
        ({}, {"sources": {"file": {"pat": "x"}}}, "child/data.yaml: sources.file: pat: unknown key (did you mean path?)"),
        (
            {"sources": {"file": {"limit": 0}}},
            {"sources": {"file": {"path": "x"}}},
            "recipe/data.yaml: sources.file: limit: ",
        ),
        ({}, {"sources": {"filé": {}}}, "child/data.yaml: sources.filé: no such source"),
        ({}, {"sources": {"file": None}}, "data.yaml: sources: "),
        ({}, {"teacher": None}, "child/data.yaml: teacher: is needed"),
        ({}, {"student": {"system_prompt": "no.txt"}}, "child/data.yaml: no.txt: no such template"),
    ],
)
def test_a_fault_names_the_file_that_it_stands_in_and_its_key(recipe, extending, parent, keys, told):
    recipe(**parent)
    with pytest.raises(ConfigError) as error:
        load_recipe(str(extending(**keys)))
    assert any(told in line for line in str(error.value).splitlines()), str(error.value)


@pytest.mark.parametrize(
    ("parent", "told"),
    [
        ("../nowhere", "child/data.yaml: extends: ../nowhere: no recipe there"),
        (".", "child/data.yaml: extends: .: a circle: "),
        ("../grandchild", "grandchild/data.yaml: extends: ../child: a circle: "),
        (["../recipe"], "child/data.yaml: extends: the folder of one recipe is expected"),
    ],
)
def test_a_parent_that_cannot_be_is_one_line(extending, parent, told):
    extending("grandchild", "../child")
    folder = extending("child", parent)
    with pytest.raises(ConfigError) as error:
        load_recipe(str(folder))
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_files_are_looked_up_beside_the_recipe_then_beside_its_parents_then_in_data_gen(extending, tmp_path):
    child = extending("child", student={"system_prompt": "both.txt"}, teacher={"system_prompt": "parents.txt"})
    for folder, file in ((child, "both.txt"), (tmp_path / "recipe", "both.txt"), (tmp_path / "recipe", "parents.txt")):
        (folder / file).write_text(f"of {folder.name}", encoding="utf-8")
    config = load_recipe(str(child))
    assert config.template(config.student.system_prompt) == "of child"
    assert config.template(config.teacher.system_prompt or "") == "of recipe"
    source = config.source_configs["file"]
    assert [path.resolve() for path in source.local_files(child)] == [tmp_path / "recipe/problems.jsonl"]
    assert load_recipe(str(extending("plain"))).template("templates/thought_solution.txt")


def test_a_file_beside_the_recipe_changes_nothing_in_what_it_says(recipe):
    folder = recipe()
    assert flat(read_layers(folder / "data.yaml").content) == flat(read_yaml(folder / "data.yaml"))


@pytest.mark.slow
def test_a_run_whose_files_are_copied_pays_for_nothing_again(command, recipe, extending, tmp_path):
    with Endpoint(solve) as endpoint:
        problems = tmp_path / "recipe" / "problems.jsonl"
        parent = recipe(endpoint.url, sources={"file": {"path": str(problems)}})
        data = run_stages(command, parent, tmp_path / "run")
        paid = len(endpoint.requests)
        copy = tmp_path / "copy"
        (copy / "data").mkdir(parents=True)
        shutil.copy(tmp_path / "run/manifest.json", copy)
        for path in [*data.glob("0[1-3]*"), data / "funnel.json"]:  # as in ablations/exact_matching/README.md
            shutil.copy(path, copy / "data")
        run_stages(command, extending("child", verify={"math": "exact"}), copy)
        assert len(endpoint.requests) == paid
    assert (copy / "dataset/child.jsonl").is_file()
