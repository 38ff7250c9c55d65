"""Statements that allow several answers are found, against the flags that TACO publishes."""

import gzip
import json

import pytest

from data_gen.verifiers.statement import checker_for, rules
from tests.conftest import SHARED

FLAGS = SHARED / "sources/taco_special_judge_flags.jsonl"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("If there are multiple answers, print any of them.", ["any_answer"]),
        ("If there are several optimal solutions, output any.", ["any_answer"]),
        ("Find any permutation that fits.", ["any_answer"]),
        ("Return the pairs in any order.", ["any_order"]),
        ('Print "YES" or "NO". You may print each letter in any case (upper or lower).', ["any_case"]),
        ("The edges are given in any order. Print the sum.", []),
        ("You can choose any two cards. Print the largest sum.", []),
        ("In any case, the game ends. Print who wins.", []),
        ("Print the sum.", []),
    ],
)
def test_a_rule_is_found_where_a_statement_names_it(statement, expected):
    assert rules(statement) == expected


def test_where_any_answer_is_right_nothing_else_can_be_told():
    assert checker_for("Print any of them. Print the indices in any order.") == "special"


@pytest.mark.skipif(not FLAGS.is_file(), reason="the published flags are not here")
def test_most_of_the_problems_that_need_a_judge_are_found():
    flags = {row["idx"]: row["special_judge"] for row in map(json.loads, FLAGS.read_text().splitlines())}
    with gzip.open(FLAGS.with_name("taco_prompts_and_generations.json.gz"), "rt") as file:
        found = {int(row["task_id"]): bool(rules(row["prompt"])) for row in json.load(file)}
    right = sum(flags[number] and named for number, named in found.items())
    assert right >= 0.7 * sum(flags.values())
    assert right >= 0.85 * sum(found.values())
