"""The arithmetic before anything is spent: worked by hand, held against files that the stages write, and as documented."""

import re

import pytest

from launch import plan, scale
from launch.scale import Workload
from tests.conftest import ROOT
from tests.endpoint import Endpoint, answer
from tests.stages import asked, run_stages

GENERATED = {"reasoning_gym": {"limit": 1000, "tasks": {"chain_sum": {}}}}  # a source that knows how many it has
DOCUMENT = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")


def test_gpu_hours_are_tokens_over_the_rate_of_one_gpu():
    assert scale.gpu_hours(3_600_000, tokens_per_gpu_s=1000) == 1.0
    assert Workload(10, samples=4, completion_tokens=500).tokens_out == 20_000


def test_requests_in_flight_do_not_depend_on_the_length_of_an_answer():
    for tokens in (100, 5000):
        answers_per_s = 2000 / tokens
        assert scale.requests_in_flight(2000, 0.1) == pytest.approx(answers_per_s * tokens * 0.1)


def test_one_gpu_of_80_gb_cannot_hold_the_recipes_longest_answer_and_two_can():
    assert scale.kv_tokens(1) < 32768 < scale.kv_tokens(2)
    assert scale.kv_tokens(2) == int((2 * 80 * 0.92 - 65.52) * 1e9 / 262144)


def test_the_disk_that_is_planned_is_what_the_stages_write(command, recipe, tmp_path):
    words = " ".join(f"Step {number} gives {number * number}." for number in range(1000))

    def solve(body):
        number = asked(body["messages"][-1]["content"])
        return answer(f"{words}\n\nThe answer is \\boxed{{{number + 1}}}.")

    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, problems=20, teacher={"max_tokens": 16384}, dedup={"minhash": None})
        data = run_stages(command, folder, tmp_path / "run")
    work = Workload(20, samples=2, prompt_tokens=10, completion_tokens=len(words) // 4)
    files = {name: data / f"{name}.jsonl" for name in scale.disk(work)} | {"dataset": data.parent / "dataset/recipe.jsonl"}
    for name, planned in scale.disk(work).items():
        written = files[name].stat().st_size
        # Verdicts are so small that only their order of size is planned.
        assert written == pytest.approx(planned, rel=0.5 if name == "04_verdicts" else 0.05), name


def test_a_plan_tells_gpu_hours_dollars_and_disk(recipe, capsys):
    teacher = {
        "samples": 3,
        "expect": {"prompt_tokens": 100, "completion_tokens": 6000},
        "prices": {"gpu_hour": 2.5, "gpus": 8},
    }
    folder = recipe(teacher=teacher, sources=GENERATED)
    plan.main(str(folder), tokens_per_gpu_s=500)
    out = capsys.readouterr().out
    assert "gpu time  about 10.0 GPU-hours at 500 tokens/s a GPU, dollars about $25.00" in out
    assert re.search(r"^disk      about 0\.3 GB", out, re.MULTILINE)


def test_a_plan_without_expected_tokens_gives_an_upper_bound(recipe, capsys):
    plan.main(str(recipe(teacher={"samples": 1, "max_tokens": 3600}, sources=GENERATED)), tokens_per_gpu_s=1000)
    assert "gpu time  at most 1.0 GPU-hours" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sources", "asked_in_all"),
    [
        ({"reasoning_gym": {"limit": 1000, "tasks": {"chain_sum": {}}}}, "0"),
        ({"reasoning_gym": {"limit": 1000, "difficulty": {"min": 3}, "tasks": {"chain_sum": {}}}}, "1,000"),
        ({"numina": {"subsets": {"olympiads": {"first": 700}, "math": {"first": 300, "difficulty": {"max": 4}}}}}, "300"),
        ({"numina": {"subsets": {"olympiads": {"first": 700}, "math": {}}, "difficulty": {"min": 1}}}, "8,177"),
        ({"numina": {"subsets": {"cn_k12": {}, "math": {"first": 300, "difficulty": {"max": 4}}}}}, "300"),
        ({"numina": {"subsets": {"cn_k12": {"difficulty": {"max": 4}}}}}, "unknown"),
        ({"still2": {"domains": ["math"], "difficulty": {"min": 3}}}, "unknown"),
        ({"gsm8k": {"difficulty": {"min": 3}}, "still2": {"domains": ["math"]}}, "7,473"),
    ],
)
def test_only_problems_with_bounds_are_planned_to_be_rated(recipe, capsys, sources, asked_in_all):
    label = {"model": "rater", "endpoints": [{"base_url": "http://127.0.0.1:9/v1"}]}
    plan.main(str(recipe(sources=sources, label=label)))
    told = re.findall(r"^label +rater at \S+: (?:requests )?([0-9,]+|unknown)", capsys.readouterr().out, re.MULTILINE)
    assert [each.rstrip(",") for each in told] == [asked_in_all]


def test_the_middle_column_of_the_document_is_what_the_plan_of_the_published_recipe_prints(capsys):
    plan.main("sky_t1_preview")
    (asked_in_all,) = re.findall(r"^teacher .*: ([0-9,]+) requests", capsys.readouterr().out, re.MULTILINE)
    assert re.search(rf"^\| problems +\| 17,000 +\| {asked_in_all} +\| 1,000,000", DOCUMENT, re.MULTILINE)


def test_the_prose_of_the_document_follows_from_its_numbers():
    million = Workload(1_000_000)
    assert scale.COMPLETION_TOKENS == 5403
    assert "5,403 completion tokens" in DOCUMENT
    assert f"{450 / 19 / 8:.2f}" == "2.96"
    assert "$2.96 a GPU-hour" in DOCUMENT
    row = scale.disk(million)["dataset"] / million.problems
    assert f"{row / 1000:.1f} kB" in DOCUMENT
    assert f"{16384 * 0.088 / 60:.0f} minutes" in DOCUMENT
    assert f"10,000 are those of {10_000 / 500 / 0.088:.0f} GPUs" in DOCUMENT


def test_a_row_of_the_dataset_holds_the_system_prompt_that_is_planned():
    template = ROOT / "data_gen/templates/thought_solution.txt"
    assert template.stat().st_size == pytest.approx(scale.SYSTEM_BYTES, rel=0.2)
