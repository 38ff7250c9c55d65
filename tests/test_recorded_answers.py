"""Recorded answers go through evaluation itself: it counts what their labels count, and each difference is a label's fault.

All differences were read, docs/recorded_answers.md tells of them.
"""

import pytest

from bench import recorded_comparisons, recorded_sets
from bench.recorded import differences, line
from bench.recorded_answers import Case, Recorded, evaluated
from bench.recorded_comparisons import Compared
from data_gen.journal import Key
from tests.conftest import SHARED, STRONG

TRACES, CODE, EVALS = (SHARED / name for name in ("traces", "code", "evals"))
SUMS = [{"id": n, "problem": f"What is {n} + 1?", "answer": str(n + 1), "level": 1} for n in range(2)]
SAID: dict[Key, tuple[str, bool]] = {
    ("math500-0", 0): ("\\boxed{1}", True),
    ("math500-0", 1): ("\\boxed{2}", False),
    ("math500-1", 0): ("2", False),
    ("math500-1", 1): ("\\boxed{2}", True),
}


def needs(folder):
    return pytest.mark.skipif(not folder.is_dir(), reason="the recorded answers are not here")


def differing(cases):
    return {(case.problem, case.whose.split()[-1]) for case in cases if case.ok is not case.label}


def test_a_recorded_text_is_graded_as_the_answer_to_its_own_question_and_sample(tmp_path):
    texts, labels = {key: said[0] for key, said in SAID.items()}, {key: said[1] for key, said in SAID.items()}
    scores, cases = evaluated(Recorded("m", "math500", SUMS, texts, labels), tmp_path)
    assert [(case.ok, case.label) for case in cases] == [(True, True), (False, False), (False, False), (True, True)]
    assert scores["results"][0] == {"metric": "accuracy", "value": 0.5, "ci95": scores["results"][0]["ci95"]}
    assert scores["counts"]["no_answer"] == 1


def test_a_label_that_differs_is_listed_with_what_was_found(tmp_path):
    texts = {key: said[0] for key, said in SAID.items()}
    labels = {key: key != ("math500-0", 0) and said[1] for key, said in SAID.items()}
    _, cases = evaluated(Recorded("m", "math500", SUMS, texts, labels), tmp_path)
    assert differences(cases) == ["  accepted, labelled wrong: math500-0, m 0: correct: 1"]


def test_an_undecided_answer_neither_agrees_nor_disagrees():
    cases = [Case("a", "m", True, None, "x"), Case("b", "m", False, None, "x"), Case("c", "m", True, False, "x")]
    assert line(Compared("three", cases)).startswith("| three | 3 | 2 | 0 | 0 | 1 | 2 | 0.0 % [")
    assert [text.split(":")[0].strip() for text in differences(cases)] == [
        "undecided",
        "undecided",
        "refused, labelled right",
    ]


@pytest.mark.slow
@needs(TRACES)
def test_800_answers_to_math_differ_from_their_labels_in_nine_that_are_labelled_wrong():
    """The labels' grader reads the references as "4:30p.." and "10{,}000", and refuses 4:30 p.m. and 10000."""
    (compared,) = recorded_comparisons.math(SHARED)
    assert len(compared.cases) == 800
    assert differing(compared.cases) == {("math500-3", str(n)) for n in range(8)} | {("math500-72", "7")}
    assert [case.ok for case in compared.cases].count(None) == 0


@pytest.mark.slow
@needs(TRACES)
def test_scores_of_recorded_answers_are_those_of_their_labels_once_nine_labels_are_mended(tmp_path):
    said = recorded_sets.math(SHARED)
    scores, _ = evaluated(said, tmp_path)
    mended = {("math500-3", n) for n in range(8)} | {("math500-72", 7)}
    labelled = recorded_comparisons.metrics({key: label or key in mended for key, label in said.labels.items()}, said.told)
    ours = {row["metric"]: row["value"] for row in scores["results"] if row["metric"] in labelled}
    assert len(ours) == 5
    assert ours == {metric: round(value, 4) for metric, value in labelled.items()}


@pytest.mark.slow
@needs(TRACES)
def test_500_answers_to_big_bench_hard_differ_in_twelve_whose_words_stand_in_text_commands():
    (compared,) = recorded_comparisons.bbh(SHARED)
    found = [case for case in compared.cases if case.ok is not case.label]
    assert (len(compared.cases), len(found)) == (500, 12)
    assert {case.found for case in found} == {"correct: \\text{True}", "correct: \\text{False}"}


@pytest.mark.slow
@needs(CODE)
@pytest.mark.skipif(not STRONG, reason="no sandbox holds here")
def test_programs_on_which_both_labels_agree_get_that_verdict_from_the_livecodebench_harness(tmp_path):
    checked = 0
    for programs in recorded_sets.livecodebench(SHARED, step=10):
        _, cases = evaluated(programs.recorded, tmp_path)
        sure = [case for case in cases if programs.second[case.problem, 0] is case.label]
        assert differing(sure) == set()
        checked += len(sure)
    assert checked > 60


@pytest.mark.slow
@needs(EVALS)
@pytest.mark.skipif(not STRONG, reason="no sandbox holds here")
def test_every_reference_solution_of_humaneval_is_right(tmp_path):
    scores, _ = evaluated(recorded_sets.references(SHARED, "humaneval"), tmp_path)
    assert (scores["n"], scores["results"][0]["value"]) == (164, 1.0)
