"""The recorded answers that there are: files of rows to `Recorded`, one function a kind.

    math(Path("data"))                      -> 800 answers of a Qwen2.5-Math model to 100 problems of MATH, and its
                                               authors' scores
    bbh(Path("data"))                       -> 500 answers of a Qwen3 model to two tasks of BIG-Bench Hard
    livecodebench(Path("data"))             -> `Programs` of o1-preview and of o1-mini: LiveCodeBench's verdicts, and a
                                               second grader's on the tests that could be recovered
    references(Path("data"), "humaneval")   -> each problem's own solution, labelled as right

Files and the columns that are read:
    traces/qwen25math_100x8.jsonl.gz        idx, question, answer, level, code (the texts), pred, score
    traces/bbh_500x8.jsonl.gz               question, target, responses, accuracy_at_k
    code/livecodebench_labelled.jsonl.gz    LiveCodeBench's own, input_output (the tests), candidates: model, code,
                                            lcb_passed, error_message, local.all_pass
    evals/HumanEval.jsonl.gz, HumanEvalPlus.jsonl.gz    as published
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bench.recorded_answers import Recorded
from data_gen.journal import Key
from data_gen.records import Row, read_rows
from eval.benchmarks.published import named

ABOUT = ("question_id", "question_title", "platform", "difficulty", "contest_id", "contest_date", "question_content")
REFERENCES = {"humaneval": "HumanEval.jsonl.gz", "humaneval_plus": "HumanEvalPlus.jsonl.gz"}


@dataclass(frozen=True)
class Programs:
    """One model's programs with LiveCodeBench's verdicts, and those of a second grader (None where it gave none)."""

    recorded: Recorded
    second: dict[Key, bool | None]


def fenced(program: str) -> str:
    """Return a program as an answer gives it."""
    return f"```python\n{program}\n```\n"


def math(data: Path) -> Recorded:
    """Return the answers, with their labels and what those read of each."""
    questions: list[Row] = []
    texts, labels, read = {}, {}, {}
    for row in read_rows(data / "traces/qwen25math_100x8.jsonl.gz"):
        level = int(row["level"].removeprefix("Level "))
        questions.append({"id": row["idx"], "problem": row["question"], "answer": row["answer"], "level": level})
        for sample, (text, pred, score) in enumerate(zip(row["code"], row["pred"], row["score"], strict=True)):
            one = (named("math500", row["idx"]), sample)
            texts[one], labels[one], read[one] = text, score, pred
    return Recorded("Qwen2.5-Math", "math500", questions, texts, labels, read)


def bbh(data: Path) -> Recorded:
    """Return the first answer to each question: true or false, or a count.

    The file has eight a question, and an `accuracy_at_k` that is 0 or 1 for each, also where answers differ. It is the
    verdict of the first: taken so it is ours in 488 of 500, taken for that of a later one in 466 at most.
    """
    questions: list[Row] = []
    texts, labels = {}, {}
    for number, row in enumerate(read_rows(data / "traces/bbh_500x8.jsonl.gz")):
        name, gold = f"bbh-{number:03}", {"answer": row["target"]}
        questions.append(
            {"id": name, "domain": "puzzle", "question": row["question"], "verifier": "math_answer", "gold": gold}
        )
        texts[name, 0], labels[name, 0] = row["responses"][0], row["accuracy_at_k"] == 1
    return Recorded("qwen3_8b_rl", "bbh", questions, texts, labels)


def livecodebench(data: Path, step: int = 1) -> list[Programs]:
    """Return the programs of each model to every `step`th problem that has tests."""
    questions: list[Row] = []
    texts: dict[str, dict[Key, str]] = defaultdict(dict)
    labels: dict[str, dict[Key, bool]] = defaultdict(dict)
    second: dict[str, dict[Key, bool | None]] = defaultdict(dict)
    told: dict[str, dict[Key, str]] = defaultdict(dict)
    published = read_rows(data / "code/livecodebench_labelled.jsonl.gz")
    for row in [row for row in published if json.loads(row["input_output"])["inputs"]][::step]:
        questions.append(_published(row))
        for candidate in row["candidates"]:
            model, one = candidate["model"], (named("livecodebench", row["question_id"]), 0)
            texts[model][one], labels[model][one] = fenced(candidate["code"]), candidate["lcb_passed"]
            second[model][one] = (candidate["local"] or {}).get("all_pass")
            told[model][one] = (candidate["error_message"] or "")[:120]
    return [
        Programs(Recorded(model, "livecodebench", questions, texts[model], labels[model], told[model]), second[model])
        for model in texts
    ]


def _published(row: Row) -> Row:
    """Return a problem as LiveCodeBench publishes it, with the tests that could be recovered as its public ones."""
    held = json.loads(row["input_output"])
    name = held.get("fn_name")
    tests = [
        {
            "input": "\n".join(map(json.dumps, given)) if name else given,
            "output": json.dumps(output[0]) if name else output,  # published with a list around each
            "testtype": "functional" if name else "stdin",
        }
        for given, output in zip(held["inputs"], held["outputs"], strict=True)
    ]
    about = {column: row[column] for column in (*ABOUT, "starter_code")}
    metadata = json.dumps({"func_name": name} if name else {})
    return about | {"public_test_cases": json.dumps(tests), "private_test_cases": "[]", "metadata": metadata}


def references(data: Path, benchmark: str) -> Recorded:
    """Return the published solutions of HumanEval's problems, each labelled as right."""
    questions = list(read_rows(data / "evals" / REFERENCES[benchmark]))
    texts = {(named(benchmark, row["task_id"]), 0): fenced(row["prompt"] + row["canonical_solution"]) for row in questions}
    return Recorded("reference", benchmark, questions, texts, dict.fromkeys(texts, True))
