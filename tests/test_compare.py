"""Two models on the same problems: the textbook's p-values, honest error rates, and nothing dropped or hidden."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_gen.cli import UserError
from data_gen.run_folder import Run
from eval import compare
from eval.paired import EXACT, bootstrap, mcnemar, paired, sign_flips
from eval.report import summarize

# Plant heights of 15 pairs, crossed minus self-fertilised, in eighths of an inch (Darwin); their exact p-value, 1726/32768,
# is in Fisher 1935, The Design of Experiments, section 21.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


@pytest.mark.parametrize(
    ("ours", "theirs", "p"),
    [
        (0, 0, 1.0),
        (3, 3, 1.0),
        (5, 0, 2 / 32),
        (1, 9, 22 / 1024),
        (8, 1, 20 / 512),
        (150, 86, 3.716e-05),  # ratings of a prime minister: Agresti, Categorical Data Analysis, table 10.1 (exact here)
    ],
)
def test_mcnemars_test_is_exact(ours, theirs, p):
    assert mcnemar(ours, theirs) == pytest.approx(p, rel=1e-3)
    assert mcnemar(theirs, ours) == mcnemar(ours, theirs)


def test_sign_flips_give_fishers_p_value_of_darwins_plants():
    assert sign_flips(DARWIN) == pytest.approx(1726 / 32768, abs=1e-12)
    assert sign_flips([0.0] * 30) == 1.0  # no problem differs


def test_random_flips_agree_with_the_enumeration():
    values = np.random.default_rng(3).normal(0.4, 1, size=EXACT)
    exact = sign_flips(values)
    tiny = np.concatenate([values, [1e-7] * 5])  # too small to change the sum's rank, too many to enumerate
    assert sign_flips(tiny) == pytest.approx(exact, abs=0.012)  # three standard errors of 10,000 flips
    assert sign_flips(tiny) == sign_flips(tiny)


def simulated(rng, problems, ours, theirs, edge=0.0):
    """Return the p-value of two models with so many samples and the same chance at every problem, but for `edge`."""
    chance = rng.beta(0.5, 0.5, size=problems)  # most problems are easy or hard
    mine = rng.binomial(ours, np.minimum(1, chance + edge)) / ours
    other = rng.binomial(theirs, chance) / theirs
    if ours == theirs == 1:
        return mcnemar(int((mine > other).sum()), int((mine < other).sum()))
    return sign_flips(mine - other)


@pytest.mark.parametrize(("problems", "ours", "theirs"), [(100, 1, 1), (16, 4, 4), (16, 1, 8)])
def test_equal_models_differ_in_about_one_of_twenty_cases(problems, ours, theirs):
    rng = np.random.default_rng(5)
    p_values = [simulated(rng, problems, ours, theirs) for _ in range(1000)]
    rate = np.mean(np.array(p_values) <= 0.05)
    assert rate <= 0.05 + 3 * (0.05 * 0.95 / 1000) ** 0.5
    assert rate >= 0.01  # exact tests of few discordant problems stay below 5 %, but not at nothing


def test_a_better_model_is_found():
    rng = np.random.default_rng(6)
    assert np.mean([simulated(rng, 100, 1, 1, edge=0.3) <= 0.05 for _ in range(200)]) > 0.8


def test_the_interval_holds_the_true_difference_in_about_95_of_100_cases():
    rng = np.random.default_rng(7)
    held = []
    for _ in range(400):
        differences = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=100)
        low, high = bootstrap(differences)
        held.append(low <= 0.2 <= high)
    assert 0.91 <= np.mean(held) <= 0.985


@pytest.mark.parametrize(("ours", "theirs"), [(True, True), (True, False)])
def test_an_interval_is_never_empty(ours, theirs):
    found = paired({str(i): [ours] for i in range(30)}, {str(i): [theirs] for i in range(30)})
    assert found.ci95[1] - found.ci95[0] == pytest.approx((2 if ours == theirs else 1) * 0.1135, abs=1e-3)  # Wilson, 0 of 30


def test_only_problems_that_both_answered_count_and_the_others_are_told():
    found = paired({"a": [True], "b": [True], "x": [True]}, {"a": [True], "b": [False], "y": [False], "z": [True]})
    assert (found.problems, found.only_ours, found.only_theirs) == (2, 1, 2)
    assert (found.ours, found.theirs, found.value) == (1.0, 0.5, 0.5)
    with pytest.raises(UserError, match="no problem that both answered"):
        paired({"a": [True]}, {"b": [True]})


@given(st.lists(st.tuples(*[st.lists(st.booleans(), min_size=1, max_size=3)] * 2), min_size=1, max_size=30))
@settings(max_examples=25, deadline=None)
def test_the_other_way_round_is_the_same_difference_with_the_other_sign(samples):
    ours, theirs = ({str(number): side[at] for number, side in enumerate(samples)} for at in (0, 1))
    found, mirrored = paired(ours, theirs), paired(theirs, ours)
    assert mirrored.value == pytest.approx(-found.value)
    assert mirrored.ci95 == pytest.approx((-found.ci95[1], -found.ci95[0]))
    assert mirrored.p == pytest.approx(found.p)


def test_a_problem_with_many_samples_weighs_as_much_as_one_with_few():
    found = paired({"a": [True], "b": [False, False, False]}, {"a": [False], "b": [False]})
    assert found.value == 0.5
    assert found.test == "sign flips over problems"


SETTINGS: dict[str, Any] = {
    "weights": "w",
    "origin": None,
    "sampling": {"temperature": 0.7, "top_p": 0.95, "max_tokens": 400},
    "system_prompt": "Think about it | step by step, for as long as you like.",
    "samples": 1,
}


@pytest.fixture
def evaluated(tmp_path):
    """Return a function that writes a run in which models answered a benchmark of n problems, some of them rightly."""

    def made(name="run", benchmark="mine", n=40, settings=None, **right):
        run = Run(tmp_path / name)
        manifest = {"run": name, "stages": {}}
        for model, solved in right.items():
            folder = run.eval(model, benchmark)
            folder.mkdir(parents=True)
            rows = [
                {"id": f"p{i}", "sample": 0, "ok": True if i < solved else None if i == solved else False} for i in range(n)
            ]
            (folder / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            result = {"metric": "accuracy", "value": solved / n, "ci95": [0.1, 0.9]}
            shares = {"no_answer": 0.0, "truncated": 0.0, "undecided": 0.0}
            of = {"model": model, "benchmark": benchmark, "weights": f"Qwen/{model}", "n": n, "n_samples": 1}
            (folder / "scores.json").write_text(json.dumps(of | shares | {"date": "2025-01-01", "results": [result]}))
            manifest["stages"][f"eval {model} {benchmark}"] = {"settings": SETTINGS | (settings or {}).get(model, {})}
        run.manifest.write_text(json.dumps(manifest))
        return run

    return made


def test_the_command_prints_the_difference_and_what_differs_in_the_asking(command, evaluated):
    changed = {"sampling": SETTINGS["sampling"] | {"max_tokens": 16384}, "system_prompt": None}
    run = evaluated(trained=30, base=10, settings={"trained": changed})
    options = [f"--run={run.folder}", "--model=trained", "--baseline=base"]
    done = command("eval.compare", *options)
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[2]
    assert "max_tokens 16384, not 400; another system_prompt |" in line
    assert "| +50.0 [+35.0, +65.0] | <0.001 | 40 " in line
    (row,) = json.loads(command("eval.compare", *options, "--json").stdout)
    assert row["p"] == pytest.approx(2 / 2**20, abs=1e-4)
    assert (row["value"], row["ours"], row["theirs"], row["problems"]) == (0.5, 0.75, 0.25, 40)


def test_models_of_two_runs_are_compared_and_what_one_did_not_answer_is_told(command, evaluated):
    first, second = evaluated(trained=30), evaluated("earlier", n=25, trained=10)
    options = [f"--run={first.folder}", "--model=trained", "--baseline=trained", f"--baseline_run={second.folder}"]
    done = command("eval.compare", *options)
    assert done.returncode == 0, done.stderr
    assert "trained of earlier" in done.stdout
    assert "25 (15 left out: one side has them)" in done.stdout


@pytest.mark.parametrize(("config", "model"), [("lora", "trained-lora"), ("the_recipes_own", "trained")])
def test_the_trained_model_is_the_one_that_config_names(config, model, command, evaluated):
    run = evaluated(trained=30, base=10, **{"trained-lora": 20})
    done = command(
        "eval.compare", f"--run={run.folder}", "--model=trained", "--baseline=base", f"--config={config}", "--json"
    )
    assert [row["model"] for row in json.loads(done.stdout)] == [model]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model=trained", "--baseline=bsae"], "bsae has none in"),
        (["--model=trained", "--baseline=base", "--benchmark=math500"], "eval/trained/math500/verdicts.jsonl: no such file"),
    ],
)
def test_what_was_not_evaluated_is_told_in_one_line(options, told, command, evaluated):
    run = evaluated(trained=30, base=10)
    done = command("eval.compare", f"--run={run.folder}", *options)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_evaluation_that_was_cut_off_is_not_compared(command, evaluated):
    run = evaluated(trained=30, base=10)
    (run.eval("base", "mine") / "scores.json").unlink()
    done = command("eval.compare", f"--run={run.folder}", "--model=trained", "--baseline=base")
    assert done.returncode == 1
    assert "base has none in" in done.stderr
    assert summarize(run)["comparison"] == []


def test_an_older_set_of_questions_is_told():
    ours, theirs = {"questions.benchmarks/mine.jsonl": "1" * 64}, {"questions.benchmarks/mine.jsonl": "2" * 64}
    assert compare.asked_otherwise(ours, theirs) == ["another set of questions"]
    assert compare.asked_otherwise(ours, ours) == []


def test_the_report_compares_the_trained_model_with_its_base_and_the_prompted_base(command, evaluated):
    run = evaluated(trained=30, base=10, base_few_shot=20)
    summary = summarize(run)
    assert [(row["model"], row["baseline"]) for row in summary["comparison"]] == [
        ("trained", "base"),
        ("trained", "base_few_shot"),
    ]
    assert summary["published"] == []  # nobody published this benchmark
    done = command("eval.report", f"--run={run.folder}")
    assert done.returncode == 0, done.stderr
    for page in ("report.md", "index.html"):
        text = (run.report / page).read_text()
        assert "Paired differences" in text
        assert "Beside published scores" not in text


def test_a_report_is_written_where_a_base_answered_other_questions_than_the_trained_model(command, evaluated):
    run = evaluated(trained=30, base=10)
    verdicts = run.eval("base", "mine") / "verdicts.jsonl"
    verdicts.write_text(verdicts.read_text().replace('"p', '"old-'))
    done = command("eval.report", f"--run={run.folder}")
    assert done.returncode == 0, done.stderr
    assert "no problem in common" in (run.report / "report.md").read_text()


def test_the_report_puts_published_scores_beside_ours_and_says_where_they_are_from(command, evaluated):
    run = evaluated(benchmark="aime24", n=30, **{"Qwen2.5-32B-Instruct": 5})
    manifest = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps(manifest | {"benchmarks": {"aime24": {}, "math500": {}}}))
    summary = summarize(run)
    results = summary["results"]
    assert [row["origin"] for row in results][:1] == ["measured"]
    assert {row["origin"] for row in results[1:]} == {"published", "independent"}
    assert all(row["source"].startswith("https://") and row["date"] for row in results[1:])
    says = {(row["theirs"]["benchmark"], row["says"]) for row in summary["published"]}
    assert says == {("aime24", "inside"), ("math500", "not run")}
    assert command("eval.report", f"--run={run.folder}").returncode == 0
    assert '<a href="https://huggingface.co/NovaSky-AI/Sky-T1-32B-Preview">' in (run.report / "index.html").read_text()
    scores = (run.report / "report.md").read_text().partition("## Scores")[2].partition("##")[0]
    assert "16.7 % [10.0, 90.0]" in scores
    assert "| not defined " in scores  # it was run, and has no accuracy without boxes
    assert "NovaSky" not in scores  # the table of scores holds what was measured here


def test_a_trained_model_stands_beside_the_published_one_only_with_its_recipe_and_base(evaluated):
    run = evaluated(benchmark="aime24", n=30, trained=13)
    (run.folder / "dataset").mkdir()
    (run.folder / "dataset/sky_t1_preview.jsonl").write_text("")
    scores = run.eval("trained", "aime24") / "scores.json"
    scores.write_text(json.dumps(json.loads(scores.read_text()) | {"weights": f"{run.model('c')}"}))
    for base, expected in (("Qwen/Qwen2.5-32B-Instruct", 10), ("Qwen/Qwen2.5-7B-Instruct", 0)):
        manifest = json.loads(run.manifest.read_text())
        manifest["stages"]["train c"] = {"settings": {"training": {"model_name_or_path": base}}}
        run.manifest.write_text(json.dumps(manifest))
        assert len(summarize(run)["published"]) == expected
