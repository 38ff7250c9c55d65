"""Problems, a trace of each and rewrites of them: what the checks of fidelity are tried on.

boxing("... The answer is 42 or 43.", "42")             -> "answer_changed", the fault of a rewrite that boxes 42
lines_of("traces/qwen25math_100x8.jsonl.gz")            real traces, where this machine has them
"""

import gzip
import json

import pytest

from data_gen.records import Problem
from data_gen.rewriters.fidelity import fault
from data_gen.sections import thought_solution
from tests.conftest import SHARED

MATH = Problem(id="m", source="t", domain="math", question="?", verifier="math_answer", gold={"answer": "42"})
OPTIONS = {"answer": "A", "choices": ["1 N", "2 N", "3 N", "4 N"]}
CHOICE = Problem(id="f", source="t", domain="science", question="?", verifier="choice", gold=OPTIONS)
GOLD = {"inputs": ["1"], "outputs": ["2"]}
CODE = Problem(id="c", source="t", domain="code", question="?", verifier="code_tests", gold=GOLD)
TRACE = (
    "There are seven groups, and every group holds six people, so I multiply seven by six.\n\n"
    "Wait, is the leader of each group counted too? The text says that six includes the leader.\n\n"
    "So the number is \\boxed{42}."
)
THOUGHT = TRACE.rpartition("\n\n")[0]


def lines_of(name):
    """Return the rows of a file of real data, where it is."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip("the real traces are not on this machine")
    return [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]


def boxing(trace, boxed, problem=MATH):
    """Return the fault of a rewrite that keeps a trace and boxes `boxed` below it."""
    return fault(thought_solution(trace.replace("\\boxed", ""), f"So it is $\\boxed{{{boxed}}}$."), trace, problem, 0.0)
