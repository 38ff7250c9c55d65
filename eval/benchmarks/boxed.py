"""Mathematics with one boxed answer: math500, aime24, aime25, amc23, olympiadbench, gsm8k.

    {"problem": "What is ... ?", "answer": "016", "id": 60, ...}
    -> {"id": "aime24-60", "domain": "math", "verifier": "math_answer", "gold": {"answer": "016"}, ...}

Files, as the pages of the data sets under https://huggingface.co/datasets/ list them; columns and sizes read there too, or
where a place is named:
    math500        HuggingFaceH4/MATH-500: test.jsonl; 500 rows: problem, answer, subject, level, unique_id (the card of its
                   copy lmms-lab/MATH500)
    aime24         HuggingFaceH4/aime_2024: data/train-*; 30 rows: id, problem, solution, answer, url, year
    aime25         math-ai/aime25: test.jsonl; 30 rows: problem, answer, id
    amc23          math-ai/amc23: test-00000-of-00001.parquet; 40 rows: question, answer
                   (https://github.com/Thanh124pav/vdra, scripts/download_eval_datasets.py)
    olympiadbench  Hothan/OlympiadBench: OE_TO_maths_en_COMP (open answers, text only, English); 674 rows: question,
                   final_answer (the same script; https://evalscope.readthedocs.io/en/v1.6.0/benchmarks/olympiad_bench.html)
    gsm8k          openai/gsm8k: main/test-*; 1,319 rows: question, answer

Copies name their columns differently (`expected_answer`; `Problem`, `Answer`, `ID` of Maxwell-Jia/AIME_2024): the names
of QUESTION, ANSWER and KEY are tried in turn. Not covered: OlympiadBench's `error`, a tolerance that one row has.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from data_gen.cli import UserError
from data_gen.records import Problem, Row
from data_gen.verifiers import gold
from eval.benchmarks.published import asked, checked, first, named
from eval.config import Benchmark

QUESTION = ("problem", "question", "Problem")
ANSWER = ("answer", "expected_answer", "Answer")
KEY = ("unique_id", "id", "ID")
ABOUT = ("subject", "level", "subfield", "url", "year", "unit", "error", "is_multiple_answer")


@dataclass(frozen=True)
class Boxed:
    """A reader of mathematics: the columns of question and answer, and how an answer becomes a reference."""

    question: tuple[str, ...] = QUESTION
    answer: tuple[str, ...] = ANSWER
    reference: Callable[[Any], str] = lambda answer: str(answer).strip()
    license: str | None = None

    def __call__(self, name: str, rows: Iterable[Row], benchmark: Benchmark) -> Iterator[Problem]:
        """Yield a problem a row. Raises UserError that names a row without question or reference."""
        for number, row in enumerate(rows):
            where = f"{name}: row {number + 1}"
            question, answer = asked(row, self.question, where), first(row, self.answer, where)
            try:
                reference = self.reference(answer)
            except gold.Dropped as error:
                raise UserError(f"{where}: no reference in {answer!r:.80}: {error}") from error
            problem = Problem(
                id=named(name, next((row[key] for key in KEY if row.get(key) is not None), number)),
                source=name,
                domain="math",
                question=question.strip(),
                verifier="math_answer",
                gold={"answer": reference},
                license=self.license,
                meta={key: row[key] for key in ABOUT if row.get(key) is not None},
            )
            yield checked(problem, where)


def whole(answer: Any) -> str:
    """Return a number as it is written: a column of floats holds 27.0 for 27."""
    return str(int(answer)) if isinstance(answer, float) and answer.is_integer() else str(answer).strip()


def listed(answer: Any) -> str:
    """Return OlympiadBench's answer, a list of one text with its own dollar signs: ["$1$,$-3$"] -> "1,-3"."""
    parts = answer if isinstance(answer, list) else [answer]
    return ", ".join(str(part).replace("$", "").strip() for part in parts)
