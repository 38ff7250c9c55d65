"""Which questions are the same, and which stand in a benchmark.

    normal("What is  2+2 ?")                        -> "what is 2 + 2 ?"
    Contamination({"aime24": [...]}, ngram=13, near=0.5).of(question)   -> ("aime24", "near"), or None

Words are runs of letters or digits; every other sign is a word of its own, because 26 + 7 and 26 - 7 differ. Against
benchmarks signs are left aside: runs of LaTeX and Asymptote signs are shared by questions that share nothing else (with
them a run of 13 removes 1,016 of 5,169 MATH training problems against MATH500, without them 133: docs/benchmarks.md).
Questions shorter than `ngram` words match only whole, signs included. MinHash is `datasketch` over runs of five words.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from data_gen.cli import UserError
from data_gen.config import Decontaminate
from data_gen.records import Problem, read_rows
from data_gen.run_folder import Run

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_PLAIN = re.compile(r"[^\W_]+")
_DRAWING = re.compile(r"\[asy\].*?(?:\[/asy\]|\Z)", re.DOTALL)
SHINGLE = 5  # words of a run, for near duplicates
NEAR_RUN = 3  # words of a run, for near benchmark questions
PERMUTATIONS = 128


def words(question: str) -> list[str]:
    """Return the words and signs of a question, in lower case."""
    return _WORD.findall(question.lower())


def normal(question: str) -> str:
    """Return the question with case and white space folded: equal texts are exact duplicates."""
    return " ".join(words(question))


def signless(question: str) -> str:
    """Return the letters and digits of a question, without its drawings ([asy]...[/asy])."""
    return " ".join(_PLAIN.findall(_DRAWING.sub(" ", question).lower()))


def runs_of_words(question: str, length: int) -> set[str]:
    """Return every run of `length` words, or the whole question where it is shorter."""
    found = words(question)
    if len(found) <= length:
        return {" ".join(found)}
    return {" ".join(found[i : i + length]) for i in range(len(found) - length + 1)}


class Contamination:
    """The questions of benchmarks, and whether another question is one of them: whole, by a shared run of `ngram` words, or
    near, by the Jaccard similarity of their runs of three words (None: not looked at)."""

    def __init__(self, benchmarks: Mapping[str, Iterable[str]], ngram: int, near: float | None = None) -> None:
        self.ngram, self.near = ngram, near
        self._whole: dict[str, str] = {}
        self._runs: dict[str, str] = {}
        self._outlines: list[tuple[str, int]] = []  # of each question: its benchmark, and how many runs of three it has
        self._with_run: dict[str, list[int]] = defaultdict(list)
        for name, questions in benchmarks.items():
            for question in questions:
                self._add(name, question)

    def _add(self, name: str, question: str) -> None:
        self._whole.setdefault(normal(question), name)
        text = signless(question)
        if len(text.split()) < self.ngram:
            return
        for run in runs_of_words(text, self.ngram):
            self._runs.setdefault(run, name)
        if self.near is not None:
            outline = runs_of_words(text, NEAR_RUN)
            for run in outline:
                self._with_run[run].append(len(self._outlines))
            self._outlines.append((name, len(outline)))

    def of(self, question: str) -> tuple[str, str] | None:
        """Return the benchmark that holds (part of) the question, and how: `whole`, `run` or `near`; or None."""
        if found := self._whole.get(normal(question)):
            return found, "whole"
        text = signless(question)
        if len(text.split()) < self.ngram:
            return None
        if found := next((self._runs[run] for run in runs_of_words(text, self.ngram) if run in self._runs), None):
            return found, "run"
        near = self._near(text)
        return (near, "near") if near else None

    def _near(self, text: str) -> str | None:
        if self.near is None:
            return None
        outline = runs_of_words(text, NEAR_RUN)
        common = Counter(number for run in outline for number in self._with_run.get(run, ()))
        for number, both in common.most_common():
            name, size = self._outlines[number]
            if both >= self.near * (size + len(outline) - both):
                return name
        return None


def load_contamination(run: Run, decontaminate: Decontaminate) -> Contamination:
    """Read the questions of the named benchmarks. Raises UserError when a file is not there yet."""
    against = decontaminate.against
    missing = [name for name in against if not (run.benchmarks / f"{name}.jsonl").is_file()]
    if missing:
        raise UserError(
            f"no questions of {', '.join(missing)} in {run.benchmarks}: `python -m eval.benchmarks --recipe=… "
            f"--run={run.folder}` writes them, or take the name out of `decontaminate.against`"
        )
    questions = {name: [row["question"] for row in read_rows(run.benchmarks / f"{name}.jsonl")] for name in against}
    return Contamination(questions, decontaminate.ngram, decontaminate.near)


class Duplicates:
    """Questions seen so far. `of` says of which problem a question is a duplicate, and how."""

    def __init__(self, exact: bool, minhash: float | None) -> None:
        self._exact: dict[int, str] | None = {} if exact else None
        self._threshold = minhash
        if minhash is not None:
            from datasketch import MinHashLSH  # pulls in scipy, 0.6 s

            self._near = MinHashLSH(threshold=minhash, num_perm=PERMUTATIONS)
            self._sketches: dict[str, object] = {}

    def of(self, problem: Problem) -> tuple[str, str] | None:
        """Return (`duplicate` or `near_duplicate`, the earlier problem's id), or None and remember the problem."""
        text = normal(problem.question)
        if self._exact is not None:
            digest = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16])
            if digest in self._exact:
                return "duplicate", self._exact[digest]
            self._exact[digest] = problem.id
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
