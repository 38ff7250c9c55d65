"""The report of a whole run: what it says of scores, data, cost and environment, and of what was not run."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.run_folder import Run
from eval import report
from eval.reporting.run_page import page
from eval.reporting.summary.one_run import summarize
from tests.reported_run import cells, edited, evaluated, section, told, written_run


@pytest.fixture
def run(tmp_path):
    return written_run(tmp_path / "run")


def test_the_keys_that_scripts_read_are_in_the_summary(run):
    summary = json.loads(told(run)["summary.json"])
    assert {"recipe", "run", "results", "published", "comparison", "funnel", "verification", "rewriting"} <= summary.keys()
    assert {"cost", "seconds", "tokens", "tokens_per_second", "environment", "unfinished"} <= summary.keys()
    assert (summary["recipe"], summary["run"]) == ("mine", "run")
    keys = {"model", "benchmark", "metric", "value", "n", "n_samples", "ci95", "origin"}
    assert keys | {"no_answer", "truncated", "undecided"} <= summary["results"][0].keys()
    assert summary["seconds"]["train c"] == 200.0
    assert summary["cost"] == {"generate": 1.25}


def test_the_first_screen_says_what_was_trained_on_what_how_well_and_at_what_cost(run):
    shown = page(summarize(run) | {"traces": {"traces": 0, "of": 0}})
    assert shown.lead == "LoRA of owner/base, 2 epochs on 9 rows of numina, answered by owner/teacher."
    facts = {fact.label: (fact.value, " ".join(fact.details)) for fact in shown.facts}
    assert list(facts) == ["Accuracy on mine: trained", "Rows to train on", "Time of all stages", "Cost"]
    value, details = facts["Accuracy on mine: trained"]
    assert value == "60.0 %"
    assert "10.0 to 90.0; 10 problems" in details
    assert "+30.0 [" in details
    assert "against base (30.0 %)" in details
    assert facts["Rows to train on"] == ("9", "from 20 problems all accepted by a verifier")
    assert facts["Cost"] == ("$1.25", "the YAML has no price for train c, eval base mine, eval trained mine")


def test_what_a_model_wrote_is_counted_by_source_difficulty_tier_and_reason(run):
    summary = summarize(run)
    by_source = {row["name"]: (row["n"], row["value"], row["before"]["value"]) for row in summary["acceptance"]["source"]}
    assert by_source == {"numina": (20, 0.9, 0.5), "apps": (20, 0.0, 0.5)}  # what rewriting dropped is not accepted
    by_level = {row["name"]: row["value"] for row in summary["acceptance"]["difficulty"]}
    assert list(by_level) == ["level 1", "level 2", "level 3", "level 4", "unknown"]
    assert by_level["level 1"] == pytest.approx(2 / 3)  # problems 0, 8 and 16; the first was dropped
    tiers = {row["tier"]: (row["right"], row["wrong"], row["undecided"]) for row in summary["tiers"]}
    assert tiers == {"number": (18, 0, 0), "no check came to a verdict": (0, 18, 2)}
    assert summary["reasons"] == {"correct": 18, "wrong": 18, "undecided": 2}


def test_verification_is_of_what_was_graded_and_rewriting_of_the_same_traces_on_both_sides(run):
    summary = summarize(run)
    graded = {row["domain"]: (row["n"], row["value"], row["rows"]) for row in summary["verification"]}
    assert graded == {"math": (18, 1.0, 9), "code": (20, 0.0, 0)}
    both = {row["domain"]: (row["n"], row["before"]["value"], row["after"]["value"]) for row in summary["rewriting"]}
    assert both == {"math": (20, 0.5, 0.9), "code": (20, 0.5, 0.0)}


def test_undecided_answers_are_told_in_words(run):
    assert "2 of 38 answers were undecided (undecided 2)" in section(told(run)["report.md"], "Verification")


def test_the_funnel_has_every_reason_also_by_source(run):
    shown = section(told(run)["report.md"], "From problems to rows")
    assert "| wrong 28, over_cutoff 1 |" in shown
    assert cells(shown.partition("By source")[2], "collect") == ["collect", "numina", "20", "10", "duplicate 10"]


def test_lengths_stand_against_the_cutoff_and_what_was_over_it(run):
    lengths = summarize(run)["lengths"]
    answers, rows = lengths["completions"], lengths["rows"]
    assert (answers["n"], answers["mean"], answers["max"], answers["cutoff"], answers["over"]) == (40, 109.5, 119, 500, 3)
    assert (rows["n"], rows["p50"], rows["max"], rows["cutoff"], rows["over"]) == (9, 210, 218, 1024, 1)


def test_planned_stands_against_spent_and_unknown_is_said(run):
    edited(
        run, rewrite={"usage": {"completion_tokens": 7}, "planned": {"completion_tokens": 80, "dollars": 2.5, "seconds": 60}}
    )
    costs = section(told(run)["report.md"], "Planned and spent")
    assert cells(costs, "generate")[1:] == ["unknown", "30.0 s", "at most 20,000", "4,380", "400", "", "unknown", "$1.25"]
    assert cells(costs, "rewrite")[1:] == ["60.0 s", "30.0 s", "about 80", "7", "0", "", "about $2.50", "unknown"]
    assert cells(costs, "train c")[1:] == ["100.0 s", "3.0 min", "2,000", "2,000", "", "11", "unknown", "unknown"]
    assert cells(costs, "eval base mine")[3:5] == ["at most 500", "90"]
    assert cells(costs, "mix")[1:] == ["", "30.0 s", "", "", "", "", "", ""]
    assert cells(costs, "all")[2] == "6.2 min"


def test_a_published_mean_is_the_plan_of_its_benchmark(run):
    manifest = json.loads(run.manifest.read_text())
    manifest["benchmarks"]["math500"] = {"questions": 500, "settings": {"problems": None}}
    manifest["stages"]["eval trained math500"] = {"settings": {"samples": 4, "sampling": {"max_tokens": 9999}}}
    run.manifest.write_text(json.dumps(manifest))
    row = next(row for row in summarize(run)["costs"] if row["stage"] == "eval trained math500")
    assert (row["completion_tokens"]["planned"], row["bound"]) == (500 * 4 * 2124, False)


@pytest.mark.parametrize(
    ("benchmark", "planned"),
    [("ifeval", (541 * 50, None)), ("mmlu", (0, 56168 * 800)), ("arc_challenge", (0, None))],
)
def test_a_regression_set_is_planned_by_its_questions_or_its_likelihoods(benchmark, planned, run):
    manifest = json.loads(run.manifest.read_text())
    manifest["stages"][f"eval trained {benchmark}"] = {"settings": {"samples": 1, "sampling": {"max_tokens": 50}}}
    run.manifest.write_text(json.dumps(manifest))
    row = next(row for row in summarize(run)["costs"] if row["stage"] == f"eval trained {benchmark}")
    assert (row["completion_tokens"]["planned"], row["prompt_tokens"]["planned"]) == planned


def test_the_environment_tells_commit_gpus_sandbox_revisions_and_hashes(run):
    edited(run, verify={"sandbox": {"landlock": 38}}, generate={"inputs": {"01_problems.jsonl": "ab" * 32}})
    shown = section(told(run)["report.md"], "Where and with what")
    for expected in ("0123456789ab", "8 x H100 on each of 2 machines", "verify: landlock 38 programs", "ab" * 32):
        assert expected in shown
    assert cells(shown, "AI-MO/NuminaMath-CoT") == ["AI-MO/NuminaMath-CoT", "9d8d210c"]


def test_an_uncommitted_change_is_said(run):
    manifest = json.loads(run.manifest.read_text())
    manifest["environment"]["commit"] = "0123456789ab-dirty"
    run.manifest.write_text(json.dumps(manifest))
    assert "changes that no commit holds" in told(run)["report.md"]


def test_a_whole_run_says_that_nothing_is_missing(run):
    assert summarize(run)["not_run"] == []
    assert "all benchmarks have scores" in section(told(run)["report.md"], "What was not run")


def test_what_was_not_run_is_listed_with_the_reason_that_is_recorded(run):
    manifest = json.loads(run.manifest.read_text())
    manifest["benchmarks"] |= {"gpqa_diamond": {}, "livecodebench": {}, "aime24": {}}
    manifest["not_run"] = {"gpqa_diamond": "gated: set HF_TOKEN"}
    manifest["stages"]["eval base livecodebench"] = {"settings": {}, "not_run": "no sandbox holds here"}
    manifest["stages"]["eval trained aime24"] = {"settings": {}}
    run.manifest.write_text(json.dumps(manifest))
    edited(run, export={"finished": False}, mix=None)
    why = {row["what"]: row["why"] for row in summarize(run)["not_run"]}
    assert why["trained on gpqa_diamond"] == "gated: set HF_TOKEN"
    assert why["base on livecodebench"] == "no sandbox holds here"
    assert why["trained on aime24"] == "begun and not finished"
    assert why["base on aime24"] == "not asked yet; no reason is recorded"
    assert (why["mix"], why["export"]) == ("has not run", "is not finished")


def of_recipe(run: Run, name: str) -> None:
    shutil.rmtree(run.dataset)
    run.dataset.mkdir()
    (run.dataset / f"{name}.jsonl").write_text("")


def changed(run: Run, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads(run.manifest.read_text())
    change(manifest)
    run.manifest.write_text(json.dumps(manifest))


def test_the_regression_set_is_to_be_run_but_not_of_the_base_with_examples(run):
    of_recipe(run, "sky_t1_preview")
    changed(run, lambda manifest: evaluated(run, manifest["stages"], "base_few_shot", 4))
    found = {row["what"] for row in summarize(run)["not_run"]}
    assert {f"{model} on {name}" for model in ("base", "trained") for name in ("mmlu", "mgsm", "ifeval")} <= found
    assert "base_few_shot on math500" in found
    assert not {f"base_few_shot on {name}" for name in ("mmlu", "arc_challenge", "mgsm", "ifeval")} & found


def test_a_reason_that_is_recorded_is_told_though_no_recipe_names_its_benchmark(run):
    of_recipe(run, "gone")
    changed(run, lambda manifest: manifest.update(not_run={"trained ifeval": "needs NLTK", "gpqa_diamond": "gated"}))
    why = {row["what"]: row["why"] for row in summarize(run)["not_run"]}
    assert why["trained on ifeval"] == "needs NLTK"
    assert why["base on gpqa_diamond"] == why["trained on gpqa_diamond"] == "gated"
    assert cells(section(told(run)["report.md"], "What was not run"), "gpqa_diamond: base, trained")[2] == "gated"


def test_the_command_that_would_run_it_is_of_this_run(run):
    of_recipe(run, "sky_t1_preview")
    commands = {row["what"]: row["then"] for row in summarize(run)["not_run"]}
    assert commands["base on math500"] == "make eval RECIPE=sky_t1_preview RUN=run BENCHMARKS=math500"


def test_a_pair_that_has_scores_and_no_difference_is_said(run):
    verdicts = run.eval("base", "mine") / "verdicts.jsonl"
    verdicts.write_text("".join(verdicts.read_text().splitlines(keepends=True)[:4]))
    (row,) = summarize(run)["not_run"]
    assert (row["kind"], row["what"]) == ("difference", "trained against base on mine")


def test_a_plan_that_the_manifest_keeps_is_shown_as_the_bound_that_it_is(run):
    plan = {"requests": 40, "prompt_tokens": 400, "completion_tokens": 20000, "bound": True, "dollars": 2.0}
    edited(run, generate={"planned": plan})
    costs = section(told(run)["report.md"], "Planned and spent")
    assert cells(costs, "generate")[3:] == ["at most 20,000", "4,380", "400", "", "at most $2.00", "$1.25"]
    said = "40 requests, at most 500 tokens written each, about 10 tokens read each"
    assert cells(costs.partition("*What the plans are made of*")[2], "generate")[1] == said


def test_of_two_trainings_the_first_screen_names_both(run):
    other = {"config": "d", "training": {"model_name_or_path": "owner/base", "finetuning_type": "full"}}
    changed(run, lambda manifest: manifest["stages"].update({"train d": {"settings": other, "finished": True}}))
    lead = page(summarize(run)).lead
    assert lead.startswith("LoRA of owner/base, 2 epochs, and full fine-tuning of owner/base (2 trainings) on 9 rows")


def test_a_mixture_that_is_not_what_was_trained_on_is_said_before_any_number(run):
    path = run.model("c") / "train.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rows": 7}))
    assert page(summarize(run)).warnings == ["c was trained on 7 rows; the mixture holds 9 now."]


@pytest.mark.parametrize(("share", "told"), [(0.8, "(30.0 %; 80.0 % of its answers had no box)"), (0.05, "(30.0 %)")])
def test_a_base_that_missed_the_form_of_the_answer_is_told_beside_the_difference(share, told, run):
    path = run.eval("base", "mine") / "scores.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"no_answer": share}))
    assert f"against base {told}" in " ".join(page(summarize(run)).facts[0].details)


def test_benchmarks_of_the_recipe_and_models_that_others_measured_are_told_as_not_run(run):
    of_recipe(run, "sky_t1_preview")
    found = {(row["kind"], row["what"]) for row in summarize(run)["not_run"]}
    assert {("benchmark", "trained on math500"), ("benchmark", "base on aime24")} <= found
    assert {("published model", "NovaSky-AI/Sky-T1-32B-Preview"), ("published model", "Sky-T1-32B-SFT")} <= found
    assert not any(what.endswith("on mine") for _, what in found)


def test_the_command_writes_three_files_and_prints_the_table(command, run):
    done = command("eval.report", f"--run={run.folder}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "| trained | mine      | 60.0 % [10.0, 90.0] |" in done.stdout
    assert {"index.html", "report.md", "summary.json"} <= {path.name for path in run.report.iterdir()}


@pytest.mark.parametrize("options", [{}, {"run": "runs/a", "runs": "a,b"}])
def test_one_of_run_and_runs_is_needed(options):
    with pytest.raises(ConfigError, match="one of the two"):
        report.main(**options)


def test_no_run_there_is_one_line(tmp_path):
    with pytest.raises(UserError, match="no run there"):
        report.main(run=str(tmp_path / "none"))
