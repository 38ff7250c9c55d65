"""The regression set as a part of an evaluation: asked of the model that is served, told when it is not run, graded anew."""

import contextlib
import json

import pytest

from data_gen.cli import ConfigError, Unfinished, UserError
from data_gen.manifest import edit_manifest, read_manifest
from data_gen.run_folder import Run
from eval import regression, rescore
from eval.config import EvalConfig, load_eval
from eval.regression_sets import SETS
from eval.run import main
from tests.conftest import ROOT
from tests.endpoint import Endpoint, answer, status
from tests.evaluated import even_seeds_are_right, mine, scored
from tests.regression_run import mgsm, numbered


def said(body):
    """Answer sums by the parity of the seed, and MGSM's questions rightly."""
    return answer(numbered(body)) if "How many" in body["messages"][-1]["content"] else even_seeds_are_right(body)


@pytest.fixture
def served(monkeypatch):
    """Return a function that lets models be served by an endpoint, and the list of those that were loaded."""
    loaded = []

    def by(endpoint):
        @contextlib.contextmanager
        def serve(weights, flags, log):
            loaded.append(weights)
            yield endpoint.url

        monkeypatch.setattr("eval.servers.serve", serve)
        return loaded

    return by


def test_the_set_is_asked_of_the_model_that_is_served_for_the_benchmarks(tmp_path, monkeypatch, served):
    mgsm(monkeypatch, tmp_path)
    with Endpoint(said) as endpoint:
        loaded = served(endpoint)
        main(mine(tmp_path, 1, regression=["mgsm"]), str(tmp_path / "run"), "base")
        assert len(endpoint.requests) == 6 + 4
    assert loaded == ["m"]
    assert scored(tmp_path / "run", "base", "mine")["n"] == 6
    assert scored(tmp_path / "run", "base", "mgsm")["results"][0]["value"] == 1.0


def test_a_base_with_examples_is_not_asked_the_set_of_its_own_weights(tmp_path, monkeypatch, served, capsys):
    mgsm(monkeypatch, tmp_path)
    with Endpoint(said) as endpoint:
        served(endpoint)
        main(mine(tmp_path, 1, regression=["mgsm"]), str(tmp_path / "run"), "base,base_few_shot")
    assert "base_few_shot: not asked mgsm" in capsys.readouterr().out
    assert not (tmp_path / "run/eval/base_few_shot/mgsm").exists()
    assert scored(tmp_path / "run", "base_few_shot", "mine")["n"] == 6


def test_one_set_is_chosen_like_a_benchmark(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    recipe = mine(tmp_path, 1, regression=["mgsm", "ifeval"])
    with Endpoint(said) as endpoint:
        main(recipe, str(tmp_path / "run"), "m", endpoint.url, benchmarks="mgsm")
        assert len(endpoint.requests) == 4
    assert [path.name for path in (tmp_path / "run/eval/m").iterdir()] == ["mgsm"]
    with pytest.raises(ConfigError, match=r"--benchmarks: mmlu: not in .*, which has mine, mgsm, ifeval$"):
        main(recipe, str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1", benchmarks="mmlu")


@pytest.mark.parametrize(("command", "options"), [(main, {}), (regression.main, {"tasks": "ifeval,mgsm"})])
def test_a_set_that_cannot_be_run_is_recorded_and_the_others_are_measured(tmp_path, monkeypatch, command, options):
    mgsm(monkeypatch, tmp_path)
    monkeypatch.setattr("nltk.data.path", [])
    recipe, run = mine(tmp_path, 1, regression=["ifeval", "mgsm"]), tmp_path / "run"
    with Endpoint(said) as endpoint:
        with pytest.raises(UserError, match=r"^not run: ifeval; the lines above say why, the others have their scores$"):
            command(recipe, str(run), "m", endpoint.url, **options)
    assert "nltk.downloader punkt_tab" in read_manifest(Run(run))["not_run"]["m ifeval"]
    assert scored(run, "m", "mgsm")["n"] == 4


def test_an_evaluation_that_was_cut_off_in_a_set_asks_the_rest_of_it_only(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    recipe, run, down = mine(tmp_path, 1, regression=["mgsm"], retries=0), tmp_path / "run", True
    with Endpoint(lambda body: status(500) if down and "is 9?" in str(body) else said(body)) as endpoint:
        with pytest.raises(Unfinished, match="m on mgsm: 1 of 4 answers are missing"):
            main(recipe, str(run), "m", endpoint.url)
        down, before = False, len(endpoint.requests)
        main(recipe, str(run), "m", endpoint.url)
        assert len(endpoint.requests) - before == 1
    usage = read_manifest(Run(run))["stages"]["eval m mgsm"]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (40, 20)


def test_an_answer_in_chat_is_graded_anew_without_an_endpoint(tmp_path, monkeypatch, capsys):
    mgsm(monkeypatch, tmp_path)
    recipe, run = mine(tmp_path, 1, regression=["mgsm"]), Run(tmp_path / "run")
    with Endpoint(said) as endpoint:
        main(recipe, str(run.folder), "m", endpoint.url, benchmarks="mgsm")
    today = scored(run.folder, "m", "mgsm")
    path = run.eval("m", "mgsm") / "scores.json"
    path.write_text(json.dumps(today | {"results": [{"metric": "accuracy", "value": 0.5, "ci95": [0.0, 1.0]}]}))
    with edit_manifest(run) as manifest:
        manifest["stages"]["eval m mgsm"]["settings"]["verifier_version"] = "older"
    with pytest.raises(ConfigError, match=r"scored by older, not by .*: `make score` grades the kept responses anew"):
        main(recipe, str(run.folder), "m", "http://127.0.0.1:9/v1", benchmarks="mgsm")
    rescore.main(str(run.folder))
    assert "m on mgsm: accuracy 50.0% -> 100.0%" in capsys.readouterr().out
    assert scored(run.folder, "m", "mgsm") == today
    main(recipe, str(run.folder), "m", "http://127.0.0.1:9/v1", benchmarks="mgsm")
    assert "done already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"regression": ["mmul"]}, "mmul: there are mmlu, arc_challenge, ifeval, mgsm"),
        ({"regression": ["mmlu", "mmlu"]}, "each set once"),
        ({"benchmarks": {"gsm8k": {}, "ifeval": {}}}, r"write `regression: \[ifeval\]`"),
    ],
)
def test_a_wrong_name_of_a_set_is_told(keys, told):
    with pytest.raises(ValueError, match=told):
        EvalConfig.model_validate({"base": "m", "benchmarks": {"gsm8k": {}}} | keys)


@pytest.mark.parametrize(
    ("recipe", "sets"), [("sky_t1_preview", list(SETS)), ("sky_t1_plus", list(SETS)), ("quickstart", [])]
)
def test_the_recipes_that_train_on_long_thoughts_look_at_what_it_costs(recipe, sets):
    assert load_eval(ROOT / "recipes" / recipe).regression == sets
