"""docs/yaml_keys.md: every key of the recipes' files, as the code that reads them has it."""

import re

from pydantic import BaseModel

from data_gen.config import DataConfig
from data_gen.sources import SOURCES
from eval.config import EvalConfig
from launch import yaml_keys

ALL: list[type[BaseModel]] = [DataConfig, EvalConfig, *(source.config for source in SOURCES.values())]
MODELS = list(dict.fromkeys(model for top in ALL for model in (top, *yaml_keys.nested(top))))


def test_the_page_is_what_the_code_says():
    assert yaml_keys.PAGE.read_text(encoding="utf-8") == yaml_keys.page(), "python -m launch.yaml_keys --write"


def test_every_key_says_what_it_means():
    assert len(MODELS) > 20
    silent = {
        model.__name__: [name for name in model.model_fields if not yaml_keys.meanings(model)[name]] for model in MODELS
    }
    assert {name: keys for name, keys in silent.items() if keys} == {}


def test_every_kind_with_keys_of_its_own_has_its_section():
    text = yaml_keys.page()
    linked = set(re.findall(r"\]\(#(\w+)\)", text))
    assert len(linked) > 15
    assert linked <= {heading.lower() for heading in re.findall(r"^## (\w+)$", text, re.MULTILINE)}
