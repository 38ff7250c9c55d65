"""IFEval and MGSM over a scripted endpoint: stock questions and metrics, and nothing of the thinking is scored."""

from typing import Any

import pytest
from lm_eval.tasks._yaml_loader import load_yaml

from data_gen.cli import Unfinished
from data_gen.run_folder import Run
from data_gen.sections import thought_solution
from eval import compare, regression_sets, regression_tasks
from eval.not_run import NotRun
from tests.conftest import rows
from tests.endpoint import Endpoint, answer, status
from tests.regression_run import evaluated, local, mgsm, numbered


def test_every_written_task_is_the_stock_one_without_an_early_stop_and_with_a_long_limit(tmp_path):
    regression_tasks.write_tasks(tmp_path)
    written = sorted(tmp_path.glob("*.yaml"))
    assert len(written) == 12
    for path in written:
        task = load_yaml(path, resolve_func=False)
        assert task["task"] == f"recipe_{path.stem}"
        assert task["generation_kwargs"]["until"] == []
        assert task["generation_kwargs"]["max_gen_toks"] >= 16384
        language = path.stem.removeprefix("mgsm_")
        stock = "ifeval/ifeval" if path.stem == "ifeval" else f"mgsm/direct/mgsm_direct_{language}"
        theirs = load_yaml(regression_tasks.STOCK / f"tasks/{stock}.yaml", resolve_func=False)
        for key in ("dataset_path", "dataset_name", "doc_to_text", "doc_to_target", "metric_list", "test_split"):
            assert task[key] == theirs[key], (path.stem, key)


def test_the_filter_of_mgsm_is_the_stock_one_after_the_solution_was_cut_out(tmp_path):
    regression_tasks.write_tasks(tmp_path)
    (ours,) = load_yaml(tmp_path / "mgsm_en.yaml", resolve_func=False)["filter_list"]
    stock = load_yaml(regression_tasks.STOCK / "tasks/mgsm/direct/mgsm_direct_en.yaml", resolve_func=False)["filter_list"]
    assert ours["filter"][1:] == next(each for each in stock if each["name"] == "flexible-extract")["filter"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (thought_solution("It may be 3.", "It is 7."), "It is 7."),
        ("<think>3</think>It is 7.", "It is 7."),
        ("It is 7.", "It is 7."),
        ("<think>It is 7.", ""),
        ("<|begin_of_thought|>It is 7.", ""),
    ],
)
def test_nothing_of_the_thinking_is_in_the_solution(text, expected):
    assert regression_tasks.solution(text) == expected


def test_a_number_counts_in_the_solution_only(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    said = {
        "7": answer(thought_solution("It is 7.", "It is 5.")),
        "8": answer(thought_solution("It is 5.", "It is 8.\n\nNothing stops at a newline: 8.")),
        "9": answer("<|begin_of_thought|>\n\nIt is 9."),
        "10": answer("It is 10.", finish_reason="length"),
    }
    with Endpoint(lambda request: said[numbered(request)]) as endpoint:
        result = evaluated(Run(tmp_path / "run"), "mgsm", endpoint.url)
    assert {request.get("stop") for request in endpoint.requests} == {None}
    assert result["results"][0]["value"] == 0.25
    assert result["reasons"] == {"wrong": 1, "correct": 1, "no_answer": 1, "truncated": 1}
    assert (result["n"], result["completion_tokens"]) == (4, 20)


def test_a_response_is_asked_once_and_scored_again_from_its_journal(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    run = Run(tmp_path / "run")
    with Endpoint(lambda request: answer(numbered(request))) as endpoint:
        first = evaluated(run, "mgsm", endpoint.url)
        (run.eval("m", "mgsm") / "scores.json").unlink()
        again = evaluated(run, "mgsm", endpoint.url)
        assert len(endpoint.requests) == 4
    assert first == again
    assert first["results"][0]["value"] == 1.0


def test_an_error_of_the_server_is_no_score(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    with Endpoint(lambda request: status(500) if numbered(request) == "9" else answer("9")) as endpoint:
        with pytest.raises(Unfinished, match="1 of 4 answers are missing"):
            evaluated(Run(tmp_path / "run"), "mgsm", endpoint.url)
    assert not (tmp_path / "run/eval/m/mgsm/scores.json").exists()


def test_compare_pairs_two_models_on_a_regression_set(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    runs = Run(tmp_path / "one"), Run(tmp_path / "other")
    with Endpoint(lambda request: answer(numbered(request))) as right, Endpoint(lambda request: answer("no")) as wrong:
        evaluated(runs[0], "mgsm", right.url)
        evaluated(runs[1], "mgsm", wrong.url)
    row = compare.row(runs[0], "m", runs[1], "m", "mgsm")
    assert (row["problems"], row["value"], row["asked_otherwise"]) == (4, 1.0, [])


def test_ifeval_checks_the_solution_and_not_the_thinking(tmp_path, monkeypatch):
    monkeypatch.setattr("nltk.download", lambda *_: False)
    monkeypatch.setattr("nltk.data.find", lambda *_: "")
    kinds = ["punctuation:no_comma"]
    asked: list[dict[str, Any]] = [
        {"key": n, "prompt": f"Say {n} without a comma.", "instruction_id_list": kinds, "kwargs": [{}]} for n in (1, 2)
    ]
    local(monkeypatch, tmp_path, {"ifeval": asked})
    said = {"1": thought_solution("Well, so, then.", "one"), "2": thought_solution("no", "one, two")}
    with Endpoint(lambda request: answer(said[request["messages"][-1]["content"][4]])) as endpoint:
        result = evaluated(Run(tmp_path / "run"), "ifeval", endpoint.url)
    verdicts = {row["id"]: row["ok"] for row in rows(tmp_path / "run/eval/m/ifeval/verdicts.jsonl")}
    assert verdicts == {"ifeval-1": True, "ifeval-2": False}
    assert {row["metric"] for row in result["results"]} >= {"accuracy", "inst_level_loose_acc"}


def test_ifeval_without_nltks_data_says_how_to_get_it_and_is_not_run(monkeypatch):
    monkeypatch.setattr("nltk.data.path", [])
    with pytest.raises(NotRun, match=r"nltk\.downloader punkt_tab"):
        regression_sets.ready("ifeval")
