"""`make score`: kept responses are graded anew by the verifiers of today, nobody is asked, and no state is a dead end."""

import json

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.journal import write_rows
from data_gen.manifest import read_manifest
from data_gen.run_folder import Run
from eval import report, rescore
from eval.compare import answers
from eval.run import main
from tests.conftest import rows
from tests.endpoint import Endpoint
from tests.evaluated import even_seeds_are_right, mine, scored
from tests.trained_run import edit


@pytest.fixture
def endpoint():
    with Endpoint(even_seeds_are_right) as endpoint:
        yield endpoint


def evaluated(tmp_path, endpoint, samples=2, models="m"):
    """Evaluate models on six sums, and return the run."""
    main(mine(tmp_path, samples), str(tmp_path / "run"), models, endpoint.url)
    return tmp_path / "run"


def kept(tmp_path, samples=2, models="m"):
    """The same by an endpoint that is gone when this returns."""
    with Endpoint(even_seeds_are_right) as endpoint:
        return evaluated(tmp_path, endpoint, samples, models)


def made_by_older_verifiers(run, **more):
    settings = read_manifest(Run(run))["stages"]["eval m mine"]["settings"]
    edit(run, "eval m mine", settings=settings | {"verifier_version": "older"}, **more)


def test_kept_responses_are_graded_anew_without_an_endpoint(tmp_path, capsys):
    run = kept(tmp_path)
    folder = run / "eval/m/mine"
    today, verdicts = scored(run, "m", "mine"), rows(folder / "verdicts.jsonl")
    write_rows(folder / "verdicts.jsonl", [row | {"ok": not row["ok"]} for row in verdicts])
    old = today | {"results": [{"metric": "accuracy", "value": 0.125, "ci95": [0.0, 1.0]}]}
    (folder / "scores.json").write_text(json.dumps(old))
    made_by_older_verifiers(run)

    rescore.main(str(run))
    value = today["results"][0]["value"]
    told = capsys.readouterr().out
    assert f"m on mine: accuracy 12.5% -> {value:.1%}" in told
    assert "right of 12\n" in told or "wrong of 12\n" in told
    assert scored(run, "m", "mine") == today
    assert rows(folder / "verdicts.jsonl") == [
        row | {"seconds": again["seconds"]} for row, again in zip(verdicts, rows(folder / "verdicts.jsonl"), strict=True)
    ]
    main(mine(tmp_path, 2), str(run), "m", "http://127.0.0.1:9/v1")
    assert "done already" in capsys.readouterr().out


def test_a_response_to_another_question_is_not_graded_anew(tmp_path):
    run = kept(tmp_path, samples=1)
    path = run / "benchmarks/mine.jsonl"
    path.write_text(path.read_text().replace("What is 3 + 1?", "What is 4 + 1?"))
    before = (run / "eval/m/mine/scores.json").read_bytes()
    with pytest.raises(ConfigError, match="there are: m on mine"):
        rescore.main(str(run), model="other")
    with pytest.raises(UserError, match="1 of 6 answers are missing"):
        rescore.main(str(run))
    assert (run / "eval/m/mine/scores.json").read_bytes() == before


def test_responses_that_make_score_misses_are_asked_for_by_make_eval_and_the_others_are_graded(tmp_path, endpoint, capsys):
    run = evaluated(tmp_path, endpoint, models="m,other")
    samples = run / "eval/m/mine/samples.jsonl"
    whole = rows(samples)
    lines = samples.read_bytes().splitlines(keepends=True)
    samples.write_bytes(b"".join([lines[0], b"torn\n", *lines[2:]])[:-9])
    with pytest.raises(UserError, match="m on mine: not graded: 2 of 12 answers are missing"):
        rescore.main(str(run))
    assert "score     other on mine: accuracy" in capsys.readouterr().out
    main(mine(tmp_path, 2), str(run), "m", endpoint.url)
    assert len(endpoint.requests) == 26
    assert [row | {"seconds": 0} for row in rows(samples)] == [row | {"seconds": 0} for row in whole]


def test_a_grading_that_was_killed_is_done_again_and_counted_once(tmp_path):
    run = kept(tmp_path)
    verdicts = run / "eval/m/mine/verdicts.jsonl"
    whole = verdicts.read_text()
    killed = whole + whole[: len(whole) // 2]  # new rows after the old ones, the last one torn
    verdicts.write_text(killed.rpartition("\n")[0] + "\n")
    assert {len(right) for right in answers(Run(run), "m", "mine").values()} == {2}
    verdicts.write_text(killed)
    rescore.main(str(run))
    assert len(rows(verdicts)) == 12


@pytest.mark.parametrize(("samples", "lost"), [(2, False), (3, False), (2, True)])
def test_a_score_of_older_verifiers_is_not_taken_for_one_of_today_and_make_score_mends_it(tmp_path, endpoint, samples, lost):
    run = evaluated(tmp_path, endpoint)
    made_by_older_verifiers(run)
    if lost:
        (run / "eval/m/mine/scores.json").unlink()
    with pytest.raises(ConfigError, match=r"scored by older, .* `make score`"):
        main(mine(tmp_path, samples), str(run), "m", endpoint.url)
    rescore.main(str(run))
    main(mine(tmp_path, samples), str(run), "m", endpoint.url)
    assert len(endpoint.requests) == 6 * samples


def test_an_evaluation_that_new_verifiers_find_unfinished_goes_on(tmp_path, endpoint):
    run = evaluated(tmp_path, endpoint)
    made_by_older_verifiers(run, finished=False)
    main(mine(tmp_path, 2), str(run), "m", endpoint.url)
    assert len(endpoint.requests) == 12


def test_scores_that_are_no_json_are_told_and_made_anew_from_the_kept_responses(tmp_path, endpoint):
    run = evaluated(tmp_path, endpoint)
    scores = run / "eval/m/mine/scores.json"
    whole = scores.read_text()
    scores.write_text(whole[: len(whole) // 2])
    for read in (rescore.main, report.main):
        with pytest.raises(UserError, match=r"scores\.json: not JSON .* delete it"):
            read(str(run))
    scores.unlink()
    main(mine(tmp_path, 2), str(run), "m", endpoint.url)
    assert len(endpoint.requests) == 12
    assert scores.read_text() == whole


def test_likelihoods_and_what_is_not_finished_are_passed_over(tmp_path, capsys):
    run = kept(tmp_path, samples=1, models="my model")
    record = read_manifest(Run(run))["stages"]["eval my model mine"]
    edit(run, "eval my model mmlu", **record)
    edit(run, "eval other mine", **record | {"finished": False})
    rescore.main(str(run))
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("score")] == [
        "score     my model on mmlu: passed over, likelihoods are not graded",
        "score     other on mine: passed over, not finished (`make eval` goes on)",
        next(line for line in told if line.startswith("score     my model on mine: accuracy")),
    ]


def test_a_verdict_that_lacks_its_finding_is_made_anew(tmp_path, capsys):
    run = kept(tmp_path)
    verdicts = run / "eval/m/mine/verdicts.jsonl"
    whole = rows(verdicts)
    write_rows(verdicts, [{name: value for name, value in row.items() if name != "ok"} for row in whole[:1]] + whole[1:])
    rescore.main(str(run))
    assert "no change of 12" in capsys.readouterr().out
    assert [row["ok"] for row in rows(verdicts)] == [row["ok"] for row in whole]


def test_a_model_is_named_as_it_was_asked(tmp_path, capsys):
    run = kept(tmp_path, models="own/er,m")
    rescore.main(str(run), model="own/er")
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("score")]
    assert [line.split(":")[0] for line in told] == ["score     own--er on mine"]
