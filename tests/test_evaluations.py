"""The commands that measure published models, and what an evaluation is planned to take: read by what will run them."""

import re
import shlex
from collections.abc import Callable

import pytest
import yaml

from data_gen.cli import ConfigError, parse
from eval import regression, report, run
from eval.config import EvalConfig, FromDataset, load_eval
from launch import eval_plan, evaluations, plan
from tests.conftest import ROOT
from tests.serving_commands import VLLM_PROGRAM, VLLM_PYTHON, ask, option

MAINS: dict[str, Callable[..., None]] = {
    "eval.run": run.main,
    "eval.regression": regression.main,
    "eval.report": report.main,
}
DOCUMENT = ROOT / "docs/evaluation.md"


def printed(capsys: pytest.CaptureFixture[str], **options: object) -> list[list[str]]:
    """Return the words of every command that is printed."""
    evaluations.main("sky_t1_preview", **options)  # type: ignore[arg-type]
    return [shlex.split(line) for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Let the recipes be written into a folder of the test's."""
    monkeypatch.setattr(evaluations, "RUN", tmp_path / "published")


def test_every_command_of_ours_is_one_that_its_own_options_take(capsys):
    commands = [words for words in printed(capsys) if words[0] != "vllm"]
    assert len(commands) == 4
    for words in commands:
        assert words[:2] == [".venv/bin/python", "-m"]
        parse(MAINS[words[2]], words[3:])


def test_each_model_is_served_once_for_all_its_benchmarks(capsys):
    commands = printed(capsys, port=8123)
    served = [words[2] for words in commands if words[0] == "vllm"]
    assert served == list(evaluations.MODELS)
    for model in served:
        asking = [words for words in commands if f"--model={model}" in words]
        assert [words[2] for words in asking] == ["eval.run"]
        assert all("--base_url=http://127.0.0.1:8123/v1" in words for words in asking)


@pytest.mark.slow
def test_vllm_itself_reads_the_recipes_flags_out_of_every_serving_command(capsys):
    if not VLLM_PYTHON.is_file():
        pytest.skip(".venv-serve is missing: `make setup` makes it")
    commands = [words for words in printed(capsys) if words[0] == "vllm"]
    refused = [*commands[0], "--tensor-paralel-size", "2"]
    *taken, wrong = ask(VLLM_PYTHON, VLLM_PROGRAM, [*commands, refused])["args"]
    assert wrong is None
    assert len(taken) == 3
    for words, args in zip(commands, taken, strict=True):
        assert (args["model_tag"], args["served_model_name"]) == (words[2], [words[2]])
        assert (args["tensor_parallel_size"], args["max_model_len"], args["port"]) == (8, 32768, 8000)
        assert args["host"] == "127.0.0.1"


def test_the_written_recipes_differ_from_the_one_given_in_model_and_system_prompt_only(capsys, elsewhere):
    commands = printed(capsys, write=True)
    theirs = load_eval(ROOT / "recipes/sky_t1_preview")
    for model in evaluations.MODELS:
        words = next(words for words in commands if f"--model={model}" in words)
        folder = next(word for word in words if word.startswith("--recipe=")).removeprefix("--recipe=")
        ours = load_eval(evaluations.recipe_of(model))
        assert folder == str(evaluations.recipe_of(model))
        assert ours == theirs.model_copy(update={"base": model, "system_prompt": ours.system_prompt})
        told = ours.system_prompt
        assert told.from_dataset == "NovaSky-AI/Sky-T1_data_17k" if isinstance(told, FromDataset) else told is None


def test_the_model_that_was_trained_with_a_system_prompt_is_the_only_one_that_gets_it(capsys, elsewhere):
    printed(capsys, write=True)
    told = {m: yaml.safe_load((evaluations.recipe_of(m) / "eval.yaml").read_text()) for m in evaluations.MODELS}
    assert [model for model, keys in told.items() if keys["system_prompt"]] == ["NovaSky-AI/Sky-T1-32B-Preview"]


@pytest.mark.parametrize(
    ("models", "told"),
    [("org/other", "there are NovaSky-AI/Sky-T1-32B-Preview"), ("Qwen/QwQ-32B-Preview,", "a name is missing")],
)
def test_an_unknown_model_is_refused_in_one_line(models, told):
    with pytest.raises(ConfigError, match=told):
        evaluations.main("sky_t1_preview", models=models)


def test_what_the_document_shows_is_what_is_printed(capsys):
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = [words for words in printed(capsys) if "Qwen" not in " ".join(words)]
    assert len(shown) == 3
    for words in shown:
        assert shlex.join(words) in text


def test_every_command_of_the_document_is_one_that_its_own_options_take():
    mains: dict[str, Callable[..., None]] = MAINS | {"launch.evaluations": evaluations.main, "launch.plan": plan.main}
    blocks = re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    ours = [words for words in lines if words[:2] == [".venv/bin/python", "-m"] and words[2] in mains]
    assert len(ours) >= 6
    for words in ours:
        parse(mains[words[2]], words[3:])


def test_one_pass_over_the_originals_six_sets_takes_about_six_million_tokens():
    asked = list(eval_plan.planned(load_eval(ROOT / "recipes/sky_t1_preview"), ROOT / "recipes/sky_t1_preview"))
    assert [one.name for one in asked] == ["math500", "aime24", "gpqa_diamond", "livecodebench"]  # LiveCodeBench is three
    assert sum((one.problems or 0) * one.tokens for one in asked) == pytest.approx(6.08e6, rel=0.01)
    assert not any(one.bound for one in asked)


def test_a_plan_tells_the_tokens_hours_and_dollars_of_evaluation(recipe, capsys):
    folder = recipe()
    keys = {
        "base": "m",
        "benchmarks": {"math500": {"samples": 2}},
        "serve": {"tensor_parallel_size": 4},
        "prices": {"gpu_hour": 3.0},
    }
    (folder / "eval.yaml").write_text(yaml.safe_dump(keys))
    plan.main(str(folder), tokens_per_gpu_s=1180)
    out = capsys.readouterr().out
    assert "math500        500 x 2: 1,000 requests, completion tokens about 2,124,000 a model" in out
    assert "for base and trained: about 4,248,000 completion tokens" in out
    assert "about 1.0 GPU-hours at 1,180 tokens/s a GPU, 0.2 h on 4 GPUs, dollars about $3.00" in out


def test_a_benchmark_of_unknown_length_is_planned_by_its_bound_and_says_so(recipe, capsys):
    folder = recipe()
    own = {"samples": 3, "problems": {"reasoning_gym": {"limit": 100, "tasks": {"chain_sum": {}}}}}
    keys = {"base": "m", "benchmarks": {"heldout": own}, "sampling": {"max_tokens": 50}}
    (folder / "eval.yaml").write_text(yaml.safe_dump(keys))
    plan.main(str(folder))
    assert "100 x 3: 300 requests, completion tokens at most 15,000 a model" in capsys.readouterr().out


def test_a_plan_counts_what_the_regression_set_asks(recipe, capsys):
    folder = recipe()
    sets = ["mmlu", "arc_challenge", "ifeval", "mgsm"]
    keys = {"base": "m", "benchmarks": {"math500": {}}, "regression": sets, "sampling": {"max_tokens": 1000}}
    keys |= {"prices": {"gpu_hour": 2.0}, "serve": {"tensor-parallel-size": 2}}
    (folder / "eval.yaml").write_text(yaml.safe_dump(keys))
    plan.main(str(folder), tokens_per_gpu_s=1000)
    out = capsys.readouterr().out
    assert f"mmlu           14,042 questions: {14042 * 4:,} likelihoods, no completion, prompt tokens about" in out
    assert "arc_challenge  1,172 questions: 4,687 likelihoods, no completion, prompt tokens unknown" in out
    assert "ifeval         541 x 1: 541 requests, completion tokens at most 541,000 a model" in out
    assert "mgsm           2,750 x 1: 2,750 requests, completion tokens at most 2,750,000 a model" in out
    assert "the regression set in chat, for base and trained: at most 6,582,000 completion tokens" in out
    assert "at most 1.8 GPU-hours at 1,000 tokens/s a GPU, 0.9 h on 2 GPUs, dollars at most $3.66" in out
    assert "for base and trained: about 8,496,000 completion tokens" in out  # the benchmarks, apart


def test_the_published_recipes_evaluation_has_a_price_with_a_source(capsys):
    config = load_eval(ROOT / "recipes/sky_t1_preview")
    assert config.prices.source is not None
    plan.main("sky_t1_preview", tokens_per_gpu_s=500)
    assert "5.5 h on 8 GPUs, dollars about $129.81" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "gpus"),
    [
        ({}, 1),
        ({"serve": {"tensor_parallel_size": 4}}, 4),
        ({"serve": {"tensor-parallel-size": 2, "data-parallel-size": 4}}, 8),
        ({"serve": {"tensor-parallel-size": 4}, "prices": {"gpus": 8}}, 8),
    ],
)
def test_as_many_gpus_are_paid_for_as_serve(keys, gpus):
    assert EvalConfig.model_validate({"base": "m", "benchmarks": {"math500": {}}} | keys).gpus == gpus


def test_a_plan_warns_of_samples_that_will_be_equal(recipe, capsys):
    folder = recipe()
    keys = {"base": "m", "benchmarks": {"math500": {"samples": 1}, "aime24": {}}, "sampling": {"temperature": 0}}
    (folder / "eval.yaml").write_text(yaml.safe_dump(keys))
    plan.main(str(folder))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "temperature" in line]
    assert "sampling.temperature is 0 and benchmarks.aime24.samples is 64:" in line


def test_a_recipe_without_an_evaluation_is_planned_all_the_same(recipe, capsys):
    plan.main(str(recipe()))
    assert "eval " not in capsys.readouterr().out


def test_the_flags_of_a_serving_command_are_words_that_a_shell_reads_back(capsys):
    (serve,) = (words for words in printed(capsys, models="Qwen/QwQ-32B-Preview") if words[0] == "vllm")
    assert option(serve, "--served-model-name") == "Qwen/QwQ-32B-Preview"
