"""Which questions are the same: a benchmark's in other clothes is found, a stock phrase in common is no contamination."""

import pytest

from data_gen.dedup import Contamination, Duplicates
from data_gen.records import Problem

LONG = (
    "A farmer keeps red hens and brown hens in three coops, and each coop holds twice as many red hens as brown hens. "
    "If the farmer sells half of the red hens and keeps forty birds, how many hens were there at first?"
)
STOCK = "The first line contains an integer n. The second line of each test case contains n space separated integers. "


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (LONG, ("b", "whole")),
        (LONG.upper().replace(",", " ,"), ("b", "whole")),
        (f"Problem 3. {LONG} Put it in a box.", ("b", "run")),
        (LONG.replace("farmer", "breeder").replace("forty", "sixty").replace("three", "four"), ("b", "near")),
        ("A baker sells rolls and loaves. " + LONG.partition(".")[0][:60], None),
        ("What is 2 - 2?", None),
        ("what is 2+2 ?", ("b", "whole")),
    ],
)
def test_a_benchmark_question_is_found_in_other_clothes(question, expected):
    assert Contamination({"b": [LONG, "What is 2 + 2?"]}, 13, 0.5).of(question) == expected


def test_a_stock_phrase_in_common_is_no_contamination():
    theirs = STOCK + " ".join(f"Count the pairs whose sum is {n} and print them in order of size." for n in range(9))
    mine = STOCK + " ".join(f"For each of {n} queries find the largest tree that a bird can reach." for n in range(9))
    assert Contamination({"b": [theirs]}, 13, 0.5).of(mine) is None
    assert Contamination({"b": [theirs]}, 13, 0.5).of(theirs[40:]) == ("b", "run")


def test_a_drawing_in_common_is_no_contamination():
    drawing = "[asy] " + " ".join(f"draw((0,{n})--(1,{n})); label(A, B, C, D);" for n in range(9)) + " [/asy]"
    theirs = f"In the diagram the square has sides of length four. What is its area? {drawing}"
    mine = f"Triangle ABC is drawn with a right angle at C. How long is the side AB of the triangle? {drawing}"
    assert Contamination({"b": [theirs]}, 13, 0.5).of(mine) is None


def problem(number: int, question: str, answer: str) -> Problem:
    gold = {"answer": answer}
    return Problem(id=f"p{number}", source="t", domain="math", question=question, verifier="math_answer", gold=gold)


def test_near_duplicates_have_the_same_answer():
    seen = Duplicates(exact=True, minhash=0.7)
    assert seen.of(problem(1, LONG, "40")) is None
    assert seen.of(problem(2, LONG.replace("farmer", "Farmer"), "40")) == ("duplicate", "p1")
    assert seen.of(problem(3, LONG.replace("at first", "in the beginning"), "40")) == ("near_duplicate", "p1")
    assert seen.of(problem(4, LONG.replace("how many hens", "how many red hens"), "20")) is None
