"""An evaluation that goes on: what is asked once more, what is refused, and what stops nothing but itself."""

import json
import shutil

import pytest

from data_gen.cli import ConfigError, Unfinished, UserError
from data_gen.config import PACKAGE
from data_gen.manifest import edit_manifest
from data_gen.prompts import _template
from data_gen.run_folder import Run
from eval.run import main
from tests.benchmark_copies import FIXTURES
from tests.conftest import rows
from tests.endpoint import Endpoint, answer, status
from tests.evaluated import even_seeds_are_right, mine, scored, write_recipe
from tests.stages import without_seconds


def test_more_samples_ask_the_new_ones_only_and_fewer_are_refused(tmp_path):
    run = tmp_path / "run"
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        first = {(row["id"], row["sample"]): row for row in rows(run / "eval/m/mine/samples.jsonl")}
        main(mine(tmp_path, 4), str(run), "m", endpoint.url)
        assert len(endpoint.requests) == 24
        second = {(row["id"], row["sample"]): row for row in rows(run / "eval/m/mine/samples.jsonl")}
        assert {key: second[key] for key in first} == first
        assert scored(run, "m", "mine")["n_samples"] == 4
        with pytest.raises(ConfigError, match="samples: 4 -> 3"):
            main(mine(tmp_path, 3), str(run), "m", endpoint.url)
        assert len(endpoint.requests) == 24


def test_more_samples_beside_another_edit_are_refused_and_nothing_is_changed(tmp_path):
    run = tmp_path / "run"
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        before = (run / "manifest.json").read_text()
        with pytest.raises(ConfigError, match="seed: 0 -> 1"):
            main(mine(tmp_path, 8, seed=1), str(run), "m", endpoint.url)
        assert (run / "manifest.json").read_text() == before
        assert len(endpoint.requests) == 12


def test_a_run_with_answers_missing_has_no_score_and_goes_on_with_those(tmp_path):
    run, down = tmp_path / "run", True

    def script(body):
        return status(500) if down and "What is 3 +" in str(body) else even_seeds_are_right(body)

    with Endpoint(script) as endpoint:
        with pytest.raises(Unfinished, match="2 of 12 answers are missing"):
            main(mine(tmp_path, 2, retries=0), str(run), "m", endpoint.url)
        assert not (run / "eval/m/mine/scores.json").exists()
        down, before = False, len(endpoint.requests)
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        assert len(endpoint.requests) - before == 2
    assert rows(run / "eval/m/mine/samples.errors.jsonl") == []
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["stages"]["eval m mine"]["usage"]["completion_tokens"] == 12 * 5


def no_server(servers, weights):
    raise AssertionError("a server was started and nobody has anything to ask")


def test_an_edited_question_is_asked_anew_and_one_edited_back_gets_its_first_answer(tmp_path, monkeypatch):
    run, recipe = tmp_path / "run", mine(tmp_path, 1)
    problems = tmp_path / "recipe/problems.jsonl"
    written = problems.read_text()
    asked = []
    with Endpoint(even_seeds_are_right) as endpoint:
        for text in (written, written.replace("What is 3 + 1?", "What is 30 + 1?")):
            problems.write_text(text)
            main(recipe, str(run), "m", endpoint.url)
            asked.append(len(endpoint.requests))
    assert asked == [6, 7]
    problems.write_text(written)
    monkeypatch.setattr("eval.servers.Servers.endpoint", no_server)
    main(recipe, str(run), "m", endpoint.url)
    assert "30" not in rows(run / "eval/m/mine/samples.jsonl")[3]["text"]
    assert len(rows(run / "eval/m/mine/samples.superseded.jsonl")) == 2
    main(recipe, str(run), "m", endpoint.url, limit=5)  # reads all rows again
    usage = json.loads((run / "manifest.json").read_text())["stages"]["eval m mine"]["usage"]
    assert usage["completion_tokens"] == 7 * 5  # the answer that lies in two files was paid for once


def test_all_faults_of_eval_yaml_are_told_before_anything_is_written(tmp_path):
    path = str(FIXTURES / "aime24/train.jsonl")
    recipe = write_recipe(tmp_path / "recipe", {"aime24": {"path": path}, "math501": {}, "aime25": {"release": "v1"}})
    with pytest.raises(ConfigError, match=r"aime25\.release.*\n.*math501: no such benchmark"):
        main(recipe, str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1")
    with pytest.raises(ConfigError, match="a name is missing"):
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m,", "http://127.0.0.1:9/v1")
    assert not (tmp_path / "run").exists()


def test_a_benchmark_that_cannot_be_had_stops_nothing_but_itself(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("eval.measure.probe.require", no_sandbox)
    copies = {"aime25": {"path": str(FIXTURES / "aime25")}, "livecodebench": {"path": str(FIXTURES / "livecodebench")}}
    recipe = write_recipe(tmp_path / "recipe", copies | {"math500": {"path": str(FIXTURES)}})
    with Endpoint(lambda body: answer("\\boxed{70}")) as endpoint:
        with pytest.raises(UserError, match="not run: math500, livecodebench"):
            main(recipe, str(tmp_path / "run"), "m", endpoint.url, limit=1)
        assert len(endpoint.requests) == 64  # AIME's own number of samples
    assert "m on livecodebench: not run: no sandbox" in capsys.readouterr().out
    assert scored(tmp_path / "run", "m", "aime25")["results"][0]["value"] == 1.0
    assert not (tmp_path / "run/eval/m/livecodebench/scores.json").exists()


def no_sandbox(allow_weak):
    raise UserError("no sandbox")


def test_why_a_benchmark_was_not_run_is_kept_until_it_has_a_score(tmp_path, monkeypatch):
    run, folder = tmp_path / "run", tmp_path / "recipe"
    benchmarks = {
        "livecodebench": {"path": str(FIXTURES / "livecodebench"), "samples": 1},
        "math500": {"path": str(FIXTURES)},
    }
    recipe = write_recipe(folder, benchmarks)
    with Endpoint(lambda body: answer("no program")) as endpoint:
        with monkeypatch.context() as without:
            without.setattr("eval.measure.probe.require", no_sandbox)
            with pytest.raises(UserError, match="not run: math500, livecodebench"):
                main(recipe, str(run), "m", endpoint.url)
        reasons = not_run(run)
        assert reasons["m livecodebench"] == "no sandbox"
        assert "no file in it fits test.jsonl" in reasons["math500"]
        monkeypatch.setattr("eval.measure.probe.require", lambda allow_weak: None)
        main(recipe, str(run), "m", endpoint.url, benchmarks="livecodebench")
    assert set(not_run(run)) == {"math500"}


def not_run(run):
    return json.loads((run / "manifest.json").read_text())["not_run"]


def test_a_benchmark_with_answers_missing_does_not_keep_the_others_from_being_asked(tmp_path):
    recipe, own = mine(tmp_path, 1, retries=0), {"file": {"path": "problems.jsonl"}}
    write_recipe(tmp_path / "recipe", {name: {"problems": own} for name in ("first", "second")}, retries=0)
    failed: list[object] = []

    def script(body):
        if "What is 3 +" in str(body) and not failed:
            failed.append(body)
            return status(500)
        return even_seeds_are_right(body)

    with Endpoint(script) as endpoint:
        with pytest.raises(Unfinished, match="m on first: 1 of 6 answers are missing"):
            main(recipe, str(tmp_path / "run"), "m", endpoint.url)
    assert scored(tmp_path / "run", "m", "second")["n"] == 6


def test_a_reason_goes_when_the_questions_are_there_again_and_the_score_was_there_all_along(tmp_path):
    run, copy = tmp_path / "run", tmp_path / "copies"
    shutil.copytree(FIXTURES / "aime25", copy)
    recipe = write_recipe(tmp_path / "recipe", {"aime25": {"path": str(copy), "samples": 1}})
    with Endpoint(lambda body: answer("\\boxed{70}")) as endpoint:
        main(recipe, str(run), "m", endpoint.url)
        (copy / "test.jsonl").rename(copy / "elsewhere")
        with pytest.raises(UserError, match="not run: aime25"):
            main(recipe, str(run), "m", endpoint.url)
        assert set(not_run(run)) == {"aime25"}
        (copy / "elsewhere").rename(copy / "test.jsonl")
        main(recipe, str(run), "m", endpoint.url)
    assert not_run(run) == {}


def test_verdicts_that_are_gone_are_made_anew_and_nobody_is_asked(tmp_path, monkeypatch):
    run, recipe = tmp_path / "run", mine(tmp_path, 2)
    with Endpoint(even_seeds_are_right) as endpoint:
        main(recipe, str(run), "m", endpoint.url)
    verdicts = run / "eval/m/mine/verdicts.jsonl"
    before = without_seconds(verdicts)
    verdicts.unlink()
    monkeypatch.setattr("eval.servers.Servers.endpoint", no_server)
    main(recipe, str(run), "m", "http://127.0.0.1:9/v1")
    assert without_seconds(verdicts) == before


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Return a function that lets a template of the questions be another one than it was."""

    def edit(name):
        shutil.copytree(PACKAGE / "templates", tmp_path / "templates")
        (tmp_path / "templates" / name).write_text("{question} Put it in a box.")
        monkeypatch.setattr("data_gen.prompts.PACKAGE", tmp_path)
        monkeypatch.setattr("data_gen.prompts._template", _template.__wrapped__)

    return edit


def test_an_evaluation_whose_question_template_was_edited_is_not_taken_for_done(tmp_path, edited):
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m", endpoint.url)
        edited("question_math.txt")
        with pytest.raises(ConfigError, match=r"wording\.question_math\.txt: \w{12} -> \w{12};"):
            main(mine(tmp_path, 1), str(tmp_path / "run"), "m", endpoint.url)
        assert len(endpoint.requests) == 6


def test_a_template_that_words_no_question_is_nothing_to_an_evaluation(tmp_path, edited, capsys):
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m", endpoint.url)
        edited("rewrite_user.txt")
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m", endpoint.url)
    assert "eval m mine done already" in capsys.readouterr().out


def test_an_evaluation_of_before_the_wording_was_recorded_is_done_and_may_have_more_samples(tmp_path, capsys):
    run = tmp_path / "run"
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 1), str(run), "m", endpoint.url)
        with edit_manifest(Run(run)) as manifest:
            del manifest["stages"]["eval m mine"]["settings"]["wording"]
        main(mine(tmp_path, 1), str(run), "m", endpoint.url)
        assert "eval m mine done already" in capsys.readouterr().out
        main(mine(tmp_path, 2), str(run), "m", endpoint.url)
        assert len(endpoint.requests) == 12
