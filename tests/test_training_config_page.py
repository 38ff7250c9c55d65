"""What the page and the recipes tell of the training YAMLs is what their heads and the estimate say."""

import re

import pytest

from data_gen.recipe import load_recipe
from tests.conftest import ROOT
from tests.training_heads import ADAPTERS, GPU_GB, ON_GPUS, gpus, head, needed

PAGE = (ROOT / "docs/training_configs.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ON_GPUS)
def test_the_page_names_the_hardware_and_the_memory_of_every_config(name):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {name} ")]
    assert [cell.strip() for cell in row.split("|")[3:5]] == [head(name)["hardware"], f"{needed(name).gpu_gb:.0f}"]


@pytest.mark.parametrize(
    ("room", "fitting"),
    [
        ("24 GB", {"sky_t1_7b_qlora"}),
        ("48 GB", {"sky_t1_7b_qlora", "sky_t1_7b_lora", "sky_t1_14b_qlora", "sky_t1_32b_qlora"}),
    ],
)
def test_a_smaller_gpu_holds_the_adapters_that_the_page_says(room, fitting):
    single = [name for name in ADAPTERS if gpus(name) == 1]
    assert {name for name in single if needed(name).gpu_gb < GPU_GB[room]} == fitting


def test_the_page_says_what_an_h200_needs_for_32b_without_offload():
    need = needed("sky_t1_fast", deepspeed="ds_configs/zero3.json")
    assert f"with nothing on the host {need.gpu_gb:.0f}" in re.sub(r"\s+", " ", PAGE)


def test_what_a_recipe_says_that_its_training_takes_is_what_the_head_says():
    told = {path.parent: path.read_text("utf-8") for path in sorted((ROOT / "recipes").glob("**/README.md"))}
    figures = r"Training: about ([\d.]+) hours\s+on\s+8\s+H100,\s+\$(\d+)"
    named = {folder: found.groups() for folder, text in told.items() if (found := re.search(figures, text))}
    assert len(named) >= 3
    for folder, (hours, dollars) in named.items():
        fields = head(load_recipe(str(folder)).training_config)
        assert fields["hours"].startswith(f"about {hours} "), folder
        assert fields["dollars"].startswith(f"about {dollars} "), folder
