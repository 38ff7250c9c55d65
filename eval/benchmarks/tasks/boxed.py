"""What the lm-eval task YAMLs of this folder call: questions out of a run's files, every sample kept, our verifier."""

import datasets

from data_gen.prompts import question
from data_gen.records import Problem, read_records
from eval.asking import Response


def problems(path: str, limit: int | None = None, **_: object) -> datasets.DatasetDict:
    """Return the benchmark's questions as lm-eval wants them; the whole Problem goes along as JSON, in `problem`."""
    rows = [
        {"id": problem.id, "question": question(problem), "problem": problem.model_dump_json()}
        for problem in read_records(path, Problem)
    ]
    return datasets.DatasetDict({"test": datasets.Dataset.from_list(rows[:limit])})


def every_sample(responses: list[list[Response]], docs: list[dict[str, str]]) -> list[list[Response]]:
    """Keep all repeats; lm-eval's default keeps the first."""
    return responses


def grade(doc: dict[str, str], results: list[list[Response]]) -> dict[str, float]:
    """Return the shares of one problem's samples, each graded by the project's verifier."""
    verdicts = [response.grade() for response in results[0]]
    return {
        "accuracy": sum(verdict.ok is True for verdict in verdicts) / len(verdicts),
        "no_answer": sum(verdict.reason == "no_answer" for verdict in verdicts) / len(verdicts),
        "truncated": sum(verdict.reason == "truncated" for verdict in verdicts) / len(verdicts),
        "undecided": sum(verdict.ok is None for verdict in verdicts) / len(verdicts),
    }
