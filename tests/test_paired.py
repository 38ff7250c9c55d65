"""The paired test of two models: the textbook's p-values, honest error rates, and an interval that holds the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_gen.cli import UserError
from eval.paired import EXACT, bootstrap, mcnemar, paired, sign_flips

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
