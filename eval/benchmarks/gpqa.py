"""`gpqa_diamond`: 198 questions of graduate science with four choices each, in a shuffled order that a seed decides.

    {"Record ID": "rec1", "Question": "...", "Correct Answer": "5 m", "Incorrect Answer 1": "4 m", ...}
    -> {"id": "gpqa_diamond-rec1", "verifier": "choice", "gold": {"answer": "B", "choices": ["4 m", "5 m", ...]}, ...}

gpqa_diamond.csv of Idavidrein/gpqa is gated: accept its terms on the hub and export HF_TOKEN. In the file the right answer
has a column of its own, so the order is made here: questions are ranked by a hash of `shuffle_seed` and their id, and the
right letters go A, B, C, D down that ranking, so that each is right as often as the others (50, 50, 49, 49 of 198); the
wrong answers are shuffled by the same hash. The order of rows in the file decides nothing.

Columns: the task gpqa of https://github.com/EleutherAI/lm-evaluation-harness (lm_eval/tasks/gpqa); licence CC BY 4.0 and
the gate: https://huggingface.co/datasets/Idavidrein/gpqa. Its authors ask that the questions appear nowhere in plain text:
runs/ is not committed, and should not be.
"""

import hashlib
import random
import string
from collections.abc import Iterable, Iterator

from data_gen.records import Problem, Row
from eval.benchmarks.published import asked, checked, first, named
from eval.config import Benchmark

WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def read(name: str, rows: Iterable[Row], benchmark: Benchmark) -> Iterator[Problem]:
    """Yield a problem a row, in the file's order. Raises UserError that names a row without question or choices."""
    keyed = [(_key(row), row) for row in rows]
    ranked = sorted({key for key, _ in keyed}, key=lambda key: _hash(benchmark.shuffle_seed, key))
    places = {key: rank % (len(WRONG) + 1) for rank, key in enumerate(ranked)}
    for number, (key, row) in enumerate(keyed, 1):
        where = f"{name}: row {number}"
        choices = [str(first(row, (column,), where)).strip() for column in WRONG]
        random.Random(_hash(benchmark.shuffle_seed, key)).shuffle(choices)
        choices.insert(places[key], str(first(row, ("Correct Answer",), where)).strip())
        problem = Problem(
            id=named(name, key),
            source=name,
            domain="science",
            question=asked(row, ("Question",), where).strip(),
            verifier="choice",
            gold={"answer": string.ascii_uppercase[places[key]], "choices": choices},
            license="CC-BY-4.0",
            meta={column: row[column] for column in ("High-level domain", "Subdomain") if row.get(column)},
        )
        yield checked(problem, where)


def _key(row: Row) -> str:
    return str(row.get("Record ID") or "").strip() or hashlib.sha256(str(row.get("Question")).encode()).hexdigest()[:16]


def _hash(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()
