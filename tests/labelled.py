"""Programs whose right verdict is known, out of ../shared/data, as answers to grade; see the README there."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from evalplus.data.mbpp import mbpp_deserialize_inputs
from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS, MBPP_OUTPUT_SET_EQ_TASKS

from data_gen.verifiers.answer import Answer
from tests.conftest import SHARED

CODE, EVALS = SHARED / "code", SHARED / "evals"


class Labelled(NamedTuple):
    """An answer, whether its program is right, and whether that label can be trusted."""

    answer: Answer
    right: bool
    sure: bool = True


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _answer(problem: str, sample: int, program: str, gold: dict[str, Any]) -> Answer:
    return Answer(problem, sample, f"<think>...</think>\n```python\n{program}\n```\n", "code_tests", gold)


def livecodebench() -> Iterator[Labelled]:
    """Yield o1's programs; a label is sure where LiveCodeBench and a second grader agree."""
    for row in _rows(CODE / "livecodebench_labelled.jsonl.gz"):
        gold = json.loads(row["input_output"])
        if not gold["inputs"]:
            continue
        if gold.get("fn_name"):
            gold["outputs"] = [output[0] for output in gold["outputs"]]  # published with a list around each
        for sample, candidate in enumerate(row["candidates"]):
            label, second = candidate["lcb_passed"], (candidate["local"] or {}).get("all_pass")
            yield Labelled(_answer(row["question_id"], sample, candidate["code"], gold), label, label == second)


def apps() -> Iterator[Labelled]:
    """Yield CodeRL's labelled generations: True, False, or a negative number for one that did not run."""
    for row in _rows(CODE / "apps_5_labelled_generations.jsonl"):
        gold = json.loads(row["input_output"])
        if gold.get("fn_name") and all(isinstance(output, list) for output in gold["outputs"]):
            gold["outputs"] = [output[0] for output in gold["outputs"]]
        for sample, one in enumerate(row["gen_solutions"]):
            yield Labelled(_answer(str(row["problem_id"]), sample, one["code"], gold), one["result"] is True)


def humanevalpack() -> Iterator[Labelled]:
    """Yield a right and a buggy solution of each problem."""
    for row in _rows(CODE / "humanevalpack_python.jsonl.gz"):
        gold = {"entry_point": row["entry_point"], "tests": row["test"]}
        for sample, key in enumerate(("canonical_solution", "buggy_solution")):
            program = row["prompt"] + row[key]
            yield Labelled(_answer(row["task_id"], sample, program, gold), key == "canonical_solution")


def evalplus() -> Iterator[Labelled]:
    """Yield model solutions with evalplus's verdicts: right is what passes both its base and its plus tests."""
    golds = {row["task_id"]: _plus(row) for name in EVALPLUS_FILES for row in _rows(EVALS / name)}
    for sample, row in enumerate(_rows(CODE / "evalplus_labelled.jsonl.gz")):
        right = row["base_status"] == row["plus_status"] == "pass"
        yield Labelled(_answer(row["task_id"], sample, row["solution"], golds[row["task_id"]]), right)


def _plus(row: dict[str, Any]) -> dict[str, Any]:
    """Return evalplus's inputs as assertions that compare with its reference solution, by its own rules."""
    inputs = row["base_input"] + (row["plus_input"] or [])
    reference = row["canonical_solution"]
    if row["task_id"].startswith("Mbpp"):
        inputs = mbpp_deserialize_inputs(row["task_id"], inputs)
    else:
        reference = row["prompt"] + reference
    filled = {"reference": reference, "inputs": inputs, "atol": row["atol"], "entry": row["entry_point"]}
    constants = "".join(f"{name.upper()} = {value!r}\n" for name, value in filled.items())
    sets = f"SETS, NOT_NONE = {MBPP_OUTPUT_SET_EQ_TASKS!r}, {MBPP_OUTPUT_NOT_NONE_TASKS!r}\n"
    tests = "from math import inf, nan\n" + constants + sets + PLUS_CHECK
    return {"entry_point": row["entry_point"], "tests": tests, "time_limit": 30}


EVALPLUS_FILES = ("HumanEvalPlus.jsonl.gz", "MbppPlus_v0.1.jsonl.gz")
PLUS_CHECK = """
import copy, math
import numpy as np

def floats(x):
    return isinstance(x, float) or (isinstance(x, (list, tuple)) and bool(x) and all(isinstance(i, float) for i in x))

def digits_apart(one, other):
    width = max(len(str(one)), len(str(other)))
    return sum(abs(int(a) - int(b)) for a, b in zip(str(one).zfill(width), str(other).zfill(width)))

# Statements that can be read in two ways: evalplus takes the other one too.
OTHER_READINGS = {
    "are_equivalent": lambda found, *given: True,
    "sum_div": lambda found, *given: found == 0,
    "surface_Area": lambda found, b, h: abs(found - round(b * b + 2 * b * math.sqrt((b / 2) ** 2 + h * h))) <= ATOL,
    "digit_distance_nums": lambda found, one, other: found == digits_apart(one, other),
}

def check(candidate):
    names = {}
    exec(REFERENCE, names)
    atol = ATOL
    for given in INPUTS:
        wanted = names[ENTRY](*copy.deepcopy(given))
        found = candidate(*copy.deepcopy(given))
        if ENTRY == "find_zero":
            assert abs(sum(c * found**i for i, c in enumerate(given[0]))) <= atol
            continue
        exact = found == wanted
        if ENTRY in SETS:
            exact = set(found) == set(wanted)
        elif ENTRY in NOT_NONE:
            exact = found == (wanted is not None) if isinstance(found, bool) else (wanted is not None) == (found is not None)
        elif ENTRY in OTHER_READINGS:
            exact = exact or OTHER_READINGS[ENTRY](found, *given)
        if atol == 0 and floats(wanted):
            atol = 1e-6
        if not exact and atol != 0:
            assert type(found) == type(wanted) and np.allclose(found, wanted, rtol=1e-07, atol=atol)
        else:
            assert exact
"""
