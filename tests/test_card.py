"""The card of a dataset says what is in it, how it was made, and claims nothing that a row lacks."""

from typing import Any

import pytest
import yaml

from data_gen.card import card, front_matter
from data_gen.composition import Composition
from data_gen.recipe import load_recipe
from tests.test_export import mixed


def counted(*mixture) -> Composition:
    counts = Composition()
    for row in mixture:
        counts.add(row)
    return counts


@pytest.mark.parametrize(
    ("licenses", "expected"),
    [
        (["MIT"], "mit"),
        (["Apache-2.0", "MIT", "MIT"], ["apache-2.0", "mit"]),
        ([None], "unknown"),
        (["MIT", None], "other"),
        (["My-Own"], "other"),
        (["MIT", "My-Own"], "other"),
    ],
)
def test_the_front_matter_claims_no_licence_that_a_row_lacks(licenses, expected):
    counts = counted(*(mixed(number, license=license) for number, license in enumerate(licenses)))
    assert yaml.safe_load(front_matter("x", counts))["license"] == expected


def test_the_front_matter_names_the_parquet_files_and_the_size():
    keys = yaml.safe_load(front_matter("x", counted(*(mixed(number) for number in range(1_000)))))
    assert keys["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}
    ]
    assert keys["size_categories"] == "1K<n<10K"
    assert "language" not in keys


def test_lengths_are_those_of_the_exported_rows():
    counts = counted(*(mixed(number, tokens=number) for number in range(1, 101)))
    expected = {"n": 100, "mean": 50.5, "p50": 50, "p95": 95, "max": 100}
    lengths = counts.lengths()
    assert lengths is not None
    assert lengths | expected == lengths
    assert lengths["histogram"] == {"1": 1, "2": 1, "4": 2, "8": 4, "16": 8, "32": 16, "64": 32, "128": 36}
    assert counts.tokens == 5050
    assert counted(mixed(1, tokens=5), mixed(2)).lengths() is None


TEACHER = {"model": "Qwen/QwQ", "temperature": 0.7, "top_p": 1.0, "max_tokens": 100, "samples": 4}
SETTINGS: dict[str, Any] = {
    "collect": {
        "dedup": {"exact": True, "minhash": 0.85},
        "decontaminate": {"against": ["math500", "aime24"], "ngram": 13, "near": 0.5},
    },
    "generate": {"teacher": TEACHER | {"system_prompt": "Solve ```it```.", "few_shot": "- user: 1 | 1"}},
    "rewrite": {
        "rewriter": {"kind": "llm"},
        "chat": TEACHER | {"model": "gpt", "system_prompt": "Edit it.", "few_shot": None},
    },
    "verify": {"verify": {"enabled": True, "math": "layered"}, "verifier_version": "v9"},
    "mix": {"seed": 3, "mix": {"per_question": 1, "pick": "shortest", "quotas": {"math": 10}}, "verify": {"enabled": True}},
    "export": {"student": {"system_prompt": "Think."}},
}
MANIFEST: dict[str, Any] = {
    "run": "r",
    "environment": {"commit": "c0ffee", "python": "3.11", "packages": {"openai": "3"}},
    "stages": {name: {"settings": settings} for name, settings in SETTINGS.items()},
}
MANIFEST["stages"]["collect"]["revisions"] = {"AI-MO/NuminaMath-CoT": "9d8d2"}
FUNNEL = [
    {
        "stage": "collect",
        "in": 12_000,
        "kept": 9_000,
        "unit": "problems",
        "reasons": {"duplicate": 2_000, "contaminated": 1_000},
        "by_source": {"numina": {"in": 12_000, "kept": 9_000, "reasons": {"duplicate": 2_000, "contaminated": 1_000}}},
    }
]


@pytest.mark.parametrize(
    "said",
    [
        "Each of 1 answers was decided right by a verifier",
        "1 rows came with their answers and are taken at their authors' word",
        "| still2 | science | source | 1 |",
        "| file | math | number | 1 |",
        "`Qwen/QwQ` | temperature 0.7, top_p 1.0, max_tokens 100, samples 4",
        "rewrites into thought and solution | `gpt`",
        "Verification on (math: layered; verifier v9",
        "the shortest; quotas: math 10; seed 3",
        "Questions of math500, aime24 were removed",
        "a run of 13 words",
        "similarity of 0.85",
        "Removed: duplicate 2,000, contaminated 1,000.",
        "| collect | 12,000 | 9,000 | problems | duplicate 2,000, contaminated 1,000 |",
        "| collect | numina | 12,000 | 9,000 |",
        "````text\nSolve ```it```.\n````",
        "```text\nThink.\n```",
        "Edit it.",
        "- user: 1 | 1",
        "| MIT | 1 |",
        "| unknown | 1 |",
        "`AI-MO/NuminaMath-CoT` | revision `9d8d2`",
        "c0ffee",
    ],
)
def test_the_card_says(said):
    accepted = mixed(1, source="still2", domain="science", tier="source", teacher="still2", license=None)
    assert said in card("x", MANIFEST, FUNNEL, counted(mixed(0), accepted), "x")


def test_the_card_names_the_recipe_where_it_lies():
    recipe = load_recipe("recipes/ablations/no_verification")
    text = card(recipe.name, MANIFEST, FUNNEL, counted(mixed(0)), recipe.place)
    assert "make data RECIPE=ablations/no_verification RUN=" in text
