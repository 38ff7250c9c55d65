"""The numbers of a score: unbiased, of intervals that are never empty, and the same for the same answers."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_gen.verifiers.pool import Grader
from eval.grading import Asked, Graded
from eval.majority import Vote, majorities
from eval.score import breakdown, scores, tokens
from eval.stats import interval, pass_at_k, powers_of_two, share, wilson


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Newcombe 1998, table I, method 3: doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_single_samples_is_wilsons(right, n, low, high):
    for successes, expected in ((right, (low, high)), (n - right, (1 - high, 1 - low))):
        assert wilson(successes, n) == pytest.approx(expected, abs=5e-5)
        assert share([[True]] * successes + [[False]] * (n - successes))[1:] == pytest.approx(expected, abs=5e-5)


def test_the_interval_of_many_samples_holds_the_true_mean_in_about_95_of_100_cases():
    rng, held = np.random.default_rng(2), 0
    for _ in range(200):
        chances = rng.beta(0.5, 0.5, size=30)  # AIME: most problems are easy or hard for a model
        _, low, high = interval([float(value) for value in rng.binomial(64, chances) / 64], single=False)
        held += low <= 0.5 <= high
    assert 0.88 <= held / 200 <= 0.99


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=4), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_an_interval_holds_its_value_and_has_a_width(samples):
    value, low, high = share(samples)
    assert 0 <= low <= value <= high <= 1
    assert low < high


def test_the_interval_is_about_problems_and_not_about_samples():
    many = [[True] * 64] * 15 + [[False] * 64] * 15
    _, low, high = share(many)
    assert high - low > 0.3  # 1,920 independent samples would give 0.045
    assert share(many) == share(many)


def test_the_bootstrap_of_many_problems_is_that_of_few_at_a_time(monkeypatch):
    values = [number / 49 for number in range(50)]
    whole = interval(values, single=False)
    monkeypatch.setattr("eval.stats.DRAWN_AT_ONCE", 7 * 50)
    assert interval(values, single=False) == pytest.approx(whole, abs=0.01)


@pytest.mark.parametrize(("n", "right", "k"), [(n, r, k) for n in (1, 4, 7) for r in range(n + 1) for k in range(1, n + 1)])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(n, right, k):
    draws = list(itertools.combinations([i < right for i in range(n)], k))
    assert pass_at_k(n, right, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_at_k_of_many_samples_does_not_overflow():
    exact = 1 - math.comb(9_000, 4_096) / math.comb(10_000, 4_096)
    assert pass_at_k(10_000, 1_000, 4_096) == pytest.approx(exact)
    assert pass_at_k(10_000, 1, 5_000) == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "ks"), [(1, []), (2, [2]), (5, [2, 4]), (64, [2, 4, 8, 16, 32, 64])])
def test_pass_at_k_is_told_for_powers_of_two(n, ks):
    assert powers_of_two(n) == ks


@pytest.fixture(scope="module")
def grader():
    with Grader(1) as workers:
        yield workers


RIGHT = ("3", True)


@pytest.mark.parametrize(
    ("votes", "value"),
    [
        ([RIGHT, RIGHT, ("5", False)], 1.0),
        ([RIGHT, ("5", False), ("5", False)], 0.0),
        ([RIGHT, ("5", False), ("6", False)], 1 / 3),  # three classes of one vote each
        (
            [RIGHT, RIGHT, ("0.5", False), (r"\frac{1}{2}", False), (r"\dfrac12", False)],
            0.0,
        ),  # one answer, said in three ways
        ([RIGHT, ("3.0", True), ("0.5", False), ("1/2", False)], 0.5),
        ([RIGHT, RIGHT, ("5", False), ("6", False), ("7", False)], 1.0),
        ([RIGHT, (None, False), (None, False)], 1.0),  # who says nothing has no vote
        ([(None, False)] * 3, 0.0),
        ([("5", False), ("6", False)], 0.0),
    ],
)
def test_the_majority_of_answers_to_mathematics(votes, value, grader):
    for cast in (votes, votes[::-1]):
        assert majorities({"q": cast}, {"q": "math_answer"}, lambda one: {}, grader) == {"q": pytest.approx(value)}


def test_the_majority_of_choices_goes_by_the_option_that_is_named(grader):
    gold = {"answer": "A", "choices": ["4 m", "5 m", "6 m"]}
    votes: list[Vote] = [("A", True), ("B", False), (r"\text{(B) 5 m}", False)]
    assert majorities({"q": votes}, {"q": "choice"}, lambda one: gold, grader) == {"q": 0.0}


def graded(one, sample, ok, **more):
    about = {"reason": "correct" if ok else "wrong", "extracted": None, "failed": False, "last_number": None}
    return Graded(id=one, sample=sample, ok=ok, **(about | {"repeating": False, "completion_tokens": 7} | more))


def test_undecided_and_failed_samples_stay_in_the_denominator():
    asked = {"a": Asked("choice", (0, 0), {}), "b": Asked("choice", (0, 0), {})}
    verdicts = [graded("a", 0, True), graded("a", 1, None, reason="undecided"), graded("b", 0, None, reason="infra")]
    verdicts.append(graded("b", 1, False, reason="no_answer", failed=True))
    found = scores(asked, verdicts, None)
    assert found["results"][0]["value"] == 0.25
    assert [row["metric"] for row in found["results"]] == ["accuracy", "pass@2"]
    assert {name: found[name] for name in ("undecided", "infra", "no_answer", "failed")} == {
        "undecided": 0.5,
        "infra": 0.25,
        "no_answer": 0.25,
        "failed": 0.25,
    }


def test_an_endpoint_that_tells_no_tokens_gives_none():
    assert tokens([0, 0]) is None
    assert tokens([0, *range(1, 101)]) == {"told": 100, "mean": 50.5, "p50": 50, "p90": 90, "p99": 99, "max": 100}


def test_a_key_of_very_many_values_is_no_level():
    asked = {str(n): Asked("choice", (0, 0), {"subject": str(n), "level": str(n % 2)}) for n in range(50)}
    table = breakdown(asked, {one: [True] for one in asked})
    assert {name: list(groups) for name, groups in table.items()} == {"level": ["0", "1"]}
