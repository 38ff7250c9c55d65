"""Math answers: nothing wrong is accepted, and a hang costs one answer."""

import asyncio
import json
from pathlib import Path

import psutil
import pytest

from data_gen.verifiers import math_answer
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.extract import boxed_answer, last_number
from data_gen.verifiers.pool import Grader
from tests.conftest import SHARED

LABELLED = SHARED / "math_equivalence"
PAIRS = [
    line.split(" | ") for line in (Path(__file__).parent / "math_answers.txt").read_text(encoding="utf-8").splitlines()[2:]
]


@pytest.mark.parametrize(("verdict", "gold", "answer"), PAIRS)
def test_no_wrong_answer_is_accepted_and_no_right_one_missed(verdict, gold, answer):
    assert (math_answer.compare(answer, gold).ok is True) == (verdict == "accept")


def test_exact_mode_takes_equal_strings_only():
    assert math_answer.compare("\\frac{1}{2}", " \\frac{1}{2}", exact=True).ok
    assert not math_answer.compare("0.5", "\\frac{1}{2}", exact=True).ok


def test_an_answer_outside_a_box_is_no_answer():
    assert math_answer.grade("The answer is 7.", {"answer": "7"}).reason == "no_answer"


def test_the_last_number_is_for_the_format_column_only():
    assert last_number("so 1,234.5 and then -7.") == "-7"
    assert last_number("none") is None


def test_a_hanging_answer_is_undecided_and_the_others_get_their_verdicts():
    answers = [Answer(f"q{i}", 0, f"\\boxed{{{i}}}", "math_answer", {"answer": str(i)}) for i in range(20)]
    answers[3] = Answer("q3", 0, "\\boxed{9^{9^{9^{9^{9}}}}}", "math_answer", {"answer": "9^{9^{9^{9}}}"})
    with Grader(workers=2) as grader:
        verdicts = list(grader.grade(answers))
    assert [verdict.id for verdict in verdicts] == [answer.id for answer in answers]
    assert verdicts[3].ok is not True
    assert all(verdict.ok for number, verdict in enumerate(verdicts) if number != 3)


@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled answers are not here")
def test_labelled_pairs_no_wrong_answer_is_accepted_and_few_right_ones_are_missed():
    for name, least in (("traps", 1.0), ("pairs", 0.95)):
        rows = [json.loads(line) for line in (LABELLED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        accepted = [math_answer.compare(row["pred"], row["gold"]).ok is True for row in rows]
        wrong = [row for row, ok in zip(rows, accepted, strict=True) if ok and not row["expected"]]
        right = [ok for row, ok in zip(rows, accepted, strict=True) if row["expected"]]
        assert wrong == []
        assert sum(right) / len(right) >= least


@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled answers are not here")
def test_every_labelled_extraction_is_right():
    for line in (LABELLED / "boxed_extraction.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert boxed_answer(row["text"]) == row["answer"], row["case"]


def test_killed_workers_lose_no_answer():
    answers = [Answer(f"q{i}", 0, f"\\boxed{{\\sqrt{{{i}^2}}}}", "math_answer", {"answer": str(i)}) for i in range(600)]
    with Grader(workers=2) as grader:
        verdicts = []
        for verdict in grader.grade(answers):
            verdicts.append(verdict)
            if len(verdicts) in (100, 300):
                for child in psutil.Process().children():
                    child.kill()
    assert [verdict.id for verdict in verdicts] == [answer.id for answer in answers]
    assert all(verdict.ok for verdict in verdicts)


def test_grading_works_from_a_thread_and_an_event_loop():
    answers = [Answer("q", 0, "\\boxed{x+1}", "math_answer", {"answer": "1+x"})]

    def grade() -> list[bool | None]:
        with Grader(workers=1) as grader:
            return [verdict.ok for verdict in grader.grade(answers)]

    async def in_a_loop() -> list[bool | None]:
        return await asyncio.to_thread(grade)

    assert asyncio.run(in_a_loop()) == [True]
