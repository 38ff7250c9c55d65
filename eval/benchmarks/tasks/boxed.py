"""What the lm-eval task YAMLs of this folder call: questions out of a run's files, every sample kept, our verifier.

Within `python -m eval.run` responses come with their verdicts. With any other model of lm-eval they are plain texts, which
are graded here, from the place of the question in its file.
"""

import functools
import os
from collections.abc import Sequence
from pathlib import Path

import datasets

from data_gen.cli import UserError
from data_gen.lines import LineFile
from data_gen.prompts import question
from data_gen.records import Problem, Verdict, record_of
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.pool import Grader
from eval.asking import Response
from eval.grading import Graded

Doc = dict[str, str | int]


def problems(
    benchmark: str = "", path: str | None = None, run: str | None = None, limit: int | None = None, **_: object
) -> datasets.DatasetDict:
    """Return the questions of a file of Problem records as lm-eval wants them, with ids and places: `path`, or the
    benchmark's file in `run`."""
    if path is None and run is None:
        raise UserError(f"""which questions? --metadata '{{"run": "runs/x"}}' reads its benchmarks/{benchmark}.jsonl""")
    file = Path(path or f"{run}/benchmarks/{benchmark}.jsonl").resolve()
    rows: list[Doc] = []
    with LineFile(file) as lines:
        for number, ((offset, length), line) in enumerate(lines, 1):
            problem = record_of(Problem, line, file, number, number)
            rows.append(
                {"id": problem.id, "question": question(problem), "file": str(file), "offset": offset, "length": length}
            )
            if number == limit:
                break
    return datasets.DatasetDict({"test": datasets.Dataset.from_list(rows)})


def every_sample(responses: list[list[str]], docs: list[Doc]) -> list[list[str]]:
    """Keep all repeats; lm-eval's default keeps the first."""
    return responses


def grade(doc: Doc, results: list[list[str]]) -> dict[str, float]:
    """Return the shares of one problem's samples, each graded by the project's verifier."""
    known = [response.graded for response in results[0] if isinstance(response, Response)]
    verdicts: Sequence[Graded | Verdict] = known or _graded(doc, results[0])
    return {
        "accuracy": sum(verdict.ok is True for verdict in verdicts) / len(verdicts),
        "no_answer": sum(verdict.reason == "no_answer" for verdict in verdicts) / len(verdicts),
        "truncated": sum(verdict.reason == "truncated" for verdict in verdicts) / len(verdicts),
        "undecided": sum(verdict.ok is None for verdict in verdicts) / len(verdicts),
    }


def _graded(doc: Doc, texts: list[str]) -> list[Verdict]:
    with LineFile(Path(str(doc["file"]))) as file:
        problem = Problem.model_validate_json(file.at((int(doc["offset"]), int(doc["length"]))))
    answers = (Answer(problem.id, n, text, problem.verifier, problem.gold) for n, text in enumerate(texts))
    return list(_grader().grade(answers))


@functools.cache
def _grader() -> Grader:
    """Return the workers of this process; they end with it."""
    return Grader(os.cpu_count() or 1)
