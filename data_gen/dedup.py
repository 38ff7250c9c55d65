"""Which questions are the same, and which stand in a benchmark.

    normal("What is  2+2 ?")                        -> "what is 2 + 2 ?"
    Contamination({"aime24": [...]}, ngram=13).of(question)   -> "aime24", or None

Words are runs of letters or digits; every other sign is a word of its own, because 26 + 7 and 26 - 7 differ. Questions
shorter than `ngram` words match only whole. MinHash is `datasketch` over runs of five words.
"""

import re
from collections.abc import Iterable, Mapping

from data_gen.cli import UserError
from data_gen.records import Problem, read_rows
from data_gen.run_folder import Run

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
SHINGLE = 5
PERMUTATIONS = 128


def words(question: str) -> list[str]:
    """Return the words and signs of a question, in lower case."""
    return _WORD.findall(question.lower())


def normal(question: str) -> str:
    """Return the question with case and white space folded: equal texts are exact duplicates."""
    return " ".join(words(question))


def runs_of_words(question: str, length: int) -> set[str]:
    """Return every run of `length` words, or the whole question where it is shorter."""
    found = words(question)
    if len(found) <= length:
        return {" ".join(found)}
    return {" ".join(found[i : i + length]) for i in range(len(found) - length + 1)}


class Contamination:
    """The questions of benchmarks, and whether another question shares a run of `ngram` words with one."""

    def __init__(self, benchmarks: Mapping[str, Iterable[str]], ngram: int) -> None:
        self.ngram = ngram
        self._runs: dict[str, str] = {}
        for name, questions in benchmarks.items():
            for question in questions:
                for run in runs_of_words(question, ngram):
                    self._runs.setdefault(run, name)

    def of(self, question: str) -> str | None:
        """Return the benchmark that holds (part of) the question, or None."""
        return next((self._runs[run] for run in runs_of_words(question, self.ngram) if run in self._runs), None)


def load_contamination(run: Run, against: list[str], ngram: int) -> Contamination:
    """Read the questions of the named benchmarks. Raises UserError when a file is not there yet."""
    missing = [name for name in against if not (run.benchmarks / f"{name}.jsonl").is_file()]
    if missing:
        raise UserError(
            f"no questions of {', '.join(missing)} in {run.benchmarks}: `python -m eval.benchmarks --recipe=… "
            f"--run={run.folder}` writes them, or take the name out of `decontaminate.against`"
        )
    questions = {name: [row["question"] for row in read_rows(run.benchmarks / f"{name}.jsonl")] for name in against}
    return Contamination(questions, ngram)


class Duplicates:
    """Questions seen so far. `of` says of which problem a question is a duplicate, and how."""

    def __init__(self, exact: bool, minhash: float | None) -> None:
        self._exact: dict[str, str] | None = {} if exact else None
        self._threshold = minhash
        if minhash is not None:
            from datasketch import MinHashLSH  # pulls in scipy, 0.6 s

            self._near = MinHashLSH(threshold=minhash, num_perm=PERMUTATIONS)
            self._sketches: dict[str, object] = {}

    def of(self, problem: Problem) -> tuple[str, str] | None:
        """Return (`duplicate` or `near_duplicate`, the earlier problem's id), or None and remember the problem."""
        text = normal(problem.question)
        if self._exact is not None:
            if text in self._exact:
                return "duplicate", self._exact[text]
            self._exact[text] = problem.id
        if self._threshold is not None:
            from datasketch import MinHash

            sketch = MinHash(num_perm=PERMUTATIONS)
            sketch.update_batch([run.encode() for run in runs_of_words(problem.question, SHINGLE)])
            for other in sorted(self._near.query(sketch)):
                if sketch.jaccard(self._sketches[other]) >= self._threshold:
                    return "near_duplicate", other
            self._near.insert(problem.id, sketch)
            self._sketches[problem.id] = sketch
        return None
