"""Published scores: read strictly, with intervals, and judged with the error of both sides."""

from typing import Any

import numpy as np
import pytest
import yaml

from data_gen.cli import ConfigError
from eval.benchmarks import BENCHMARKS
from eval.published import Score, as_result, interval, newcombe, read_published, verdict
from tests.conftest import ROOT

PUBLISHED = read_published()
ROW: dict[str, Any] = {
    "model": "a/b",
    "benchmark": "math500",
    "value": 0.5,
    "n": 500,
    "samples": 1,
    "kind": "published",
    "by": "them",
    "source": "https://example.org/x",
    "date": "2025-01-10",
    "protocol": "",
}


def measured(value, n=500, samples=1):
    return {"value": value, "n": n, "n_samples": samples}


@pytest.mark.parametrize(
    ("benchmark", "authors", "others"),
    [
        ("math500", [82.4, 86.4, 88.6], [84.0, 87.2, 88.2]),
        ("aime24", [43.3], [30.0, 30.0, 33.3, 33.33, 36.67, 43.3]),
        ("gpqa_diamond", [56.8], [50.0, 53.54]),
    ],
)
def test_the_original_stands_there_with_every_attempt_to_reproduce_it(benchmark, authors, others):
    values: dict[str, list[float]] = {"published": [], "independent": []}
    for score in PUBLISHED.scores:
        if (score.model, score.benchmark, score.metric) == ("NovaSky-AI/Sky-T1-32B-Preview", benchmark, "accuracy"):
            values[score.kind].append(round(100 * score.value, 2))
    assert (sorted(values["published"]), sorted(values["independent"])) == (authors, others)


def test_the_published_sizes_are_those_of_our_benchmarks():
    sizes: dict[str, dict[str, set[int]]] = {}
    for score in PUBLISHED.scores:
        if score.benchmark in BENCHMARKS and score.n is not None:
            sizes.setdefault(score.benchmark, {}).setdefault(score.metric, set()).add(score.n)
    assert {name: metrics["accuracy"] for name, metrics in sizes.items()} == {
        name: {published.count} for name, published in BENCHMARKS.items() if name in sizes
    }
    parts = [sizes["livecodebench"][f"accuracy_{part}"] for part in ("easy", "medium", "hard")]
    assert parts == [{182}, {206}, {123}]
    assert len(sizes) >= 7


def test_what_stands_beside_a_recipe_names_a_recipe_that_is_there():
    recipes = {path.parent.name for path in (ROOT / "recipes").rglob("data.yaml")}
    named = {name for beside in PUBLISHED.stand_beside for name in beside.recipes}
    assert named <= recipes
    assert "sky_t1_preview" in named


def test_a_score_of_one_answer_a_problem_is_a_whole_number_of_problems():
    single = [(score.value, score.n) for score in PUBLISHED.scores if score.samples == 1 and score.n is not None]
    for value, n in single:
        assert abs(value * n - round(value * n)) <= 0.0005 * n + 1e-9, (value, n)  # sources round to three digits
    assert len(single) >= 14


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([ROW | {"vaule": 1}], "vaule: unknown key (did you mean value?)"),
        ([ROW, ROW], "a/b on math500 (accuracy) by them stands twice"),
        ([ROW | {"value": 82.4}], "scores.0.value"),
        ([ROW | {"kind": "rumour"}], "'published' or 'independent' is expected"),
        ([{k: v for k, v in ROW.items() if k != "source"}], "scores.0.source: is needed"),
        ([{k: v for k, v in ROW.items() if k != "samples"}], "scores.0.samples: is needed"),  # null is said, not left out
        ([ROW | {"source": "somewhere"}], "scores.0.source"),
    ],
)
def test_a_fault_in_the_file_is_told(rows, told, tmp_path):
    path = tmp_path / "published.yaml"
    path.write_text(yaml.safe_dump({"scores": rows}))
    with pytest.raises(ConfigError) as raised:
        read_published(path)
    assert told in str(raised.value)


# Newcombe 1998, table II, method 10: doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
@pytest.mark.parametrize(
    ("a", "m", "b", "n", "expected"),
    [
        (56, 70, 48, 80, (0.0524, 0.3339)),
        (9, 10, 3, 10, (0.1705, 0.8090)),
        (6, 7, 2, 7, (0.0582, 0.8062)),
        (5, 56, 0, 29, (-0.0381, 0.1926)),
        (0, 10, 0, 20, (-0.1611, 0.2775)),
        (10, 10, 0, 20, (0.6791, 1.0000)),
        (10, 10, 0, 10, (0.6075, 1.0000)),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(a, m, b, n, expected):
    assert newcombe(a / m, m, b / n, n) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        (measured(0.824), {"value": 0.824}, "inside"),
        (measured(0.86), {"value": 0.824}, "inside"),  # outside theirs taken as exact: Wilson's of 430/500 is 82.7 to 88.8
        (measured(0.90), {"value": 0.824}, "outside"),
        (measured(0.75), {"value": 0.824}, "outside"),
        (measured(0.3, 30), {"value": 0.433, "n": 30}, "inside"),  # AIME24: the attempts are all inside
        (measured(0.3, 30, 64), {"value": 0.433, "n": 30}, "inside"),
        (measured(0.824, 50), {"value": 0.824}, "other problems"),
        (measured(0.824), {"value": 0.824, "n": None}, "no interval"),
        (None, {"value": 0.824}, "not run"),
    ],
)
def test_a_score_is_judged_with_the_error_of_both_sides(ours, theirs, says):
    assert verdict(ours, Score(**ROW | theirs))["says"] == says


@pytest.mark.parametrize(("problems", "samples"), [(30, 64), (198, 8)])
def test_equal_models_on_the_same_problems_are_seldom_outside(problems, samples):
    rng, score = np.random.default_rng(11), Score(**ROW | {"n": problems})
    outside = 0
    for _ in range(500):
        chance = rng.beta(0.5, 0.5, size=problems)
        ours = measured(float(rng.binomial(samples, chance).mean() / samples), problems, samples)
        theirs = score.model_copy(update={"value": float(rng.binomial(1, chance).mean())})
        outside += verdict(ours, theirs)["says"] == "outside"
    assert outside <= 0.05 * 500


def test_a_published_interval_counts_the_samples_that_the_source_says():
    one, many, unsaid = (interval(Score(**ROW | {"samples": samples})) for samples in (1, 64, None))
    assert one == unsaid == pytest.approx((0.4564, 0.5436), abs=1e-4)
    assert many == pytest.approx((0.4945, 0.5055), abs=1e-4)
    assert as_result(Score(**ROW | {"n": None}))["ci95"] is None


@pytest.mark.parametrize(
    ("weights", "trained_from", "recipe", "expected"),
    [
        ("Qwen/Qwen2.5-32B-Instruct", None, "x", ["Qwen/Qwen2.5-32B-Instruct"]),
        ("/models/Qwen2.5-32B-Instruct", None, "x", ["Qwen/Qwen2.5-32B-Instruct"]),
        ("runs/models/SmolLM2-135M-Instruct", None, "quickstart", []),
        ("runs/x/model/c", "Qwen/Qwen2.5-32B-Instruct", "sky_t1_preview", ["NovaSky-AI/Sky-T1-32B-Preview"]),
        ("runs/x/model/c", "Qwen/Qwen2.5-7B-Instruct", "sky_t1_preview", []),  # a smaller base is another model
        ("runs/x/model/c", "runs/models/SmolLM2-135M-Instruct", "quickstart", []),
    ],
)
def test_a_model_stands_beside_its_own_kind_alone(weights, trained_from, recipe, expected):
    assert PUBLISHED.beside(recipe, weights, trained_from)[:1] == expected
