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
from collections.abc import Iterable, Iterator, Mapping

from data_gen.cli import UserError
from data_gen.config import Decontaminate
from data_gen.records import Problem, read_rows
from data_gen.run_folder import Run

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_PLAIN = re.compile(r"[^\W_]+")
_DRAWING = re.compile(r"\[asy\].*?(?:\[/asy\]|\Z)", re.DOTALL)
SHINGLE = 5  # words of a run, for near duplicates
NEAR_RUN = 3  # words of a run, for near benchmark questions
# Of the shorter question's runs of `ngram` words, so many must be shared. Questions that share one run are of two kinds:
# those that are the same share half and more, those with a stock phrase in common ("the second line of each test case
# contains n space separated integers") under a tenth (docs/benchmarks.md).
SHARE = 0.2
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
    """The questions of benchmarks, and whether another question is one of them: `whole`; by a shared `run` of `ngram` words,
    where what they share is at least SHARE of the shorter one; or `near`, by the Jaccard similarity of their runs of three
    words (None: not looked at)."""

    def __init__(self, benchmarks: Mapping[str, Iterable[str]], ngram: int, near: float | None = None) -> None:
        self.ngram, self.near = ngram, near
        self._whole: dict[str, str] = {}
        self._of: list[str] = []  # of each question that is long enough: its benchmark
        self._runs, self._outlines = Overlaps(ngram), Overlaps(NEAR_RUN)
        for name, questions in benchmarks.items():
            for question in questions:
                self._whole.setdefault(normal(question), name)
                text = signless(question)
                if len(text.split()) >= ngram:
                    self._of.append(name)
                    self._runs.add(text)
                    if near is not None:
                        self._outlines.add(text)

    def of(self, question: str) -> tuple[str, str] | None:
        """Return the benchmark that holds (part of) the question, and how: `whole`, `run` or `near`; or None."""
        if found := self._whole.get(normal(question)):
            return found, "whole"
        text = signless(question)
        if len(text.split()) < self.ngram:
            return None
        for number, both, one, other in self._runs.shared(text):
            if both >= SHARE * min(one, other):
                return self._of[number], "run"
        for number, both, one, other in self._outlines.shared(text):
            if self.near is not None and both >= self.near * (one + other - both):
                return self._of[number], "near"
        return None


class Overlaps:
    """Texts by their runs of so many words, and how many of them another text shares with each."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._sizes: list[int] = []
        self._having: dict[str, list[int]] = defaultdict(list)

    def add(self, text: str) -> None:
        """Add a text; its number is how many there were before."""
        runs = runs_of_words(text, self._length)
        for run in runs:
            self._having[run].append(len(self._sizes))
        self._sizes.append(len(runs))

    def shared(self, text: str) -> Iterator[tuple[int, int, int, int]]:
        """Yield, for each text that shares a run, its number, the runs in common, and the runs of this and of that text."""
        runs = runs_of_words(text, self._length)
        common = Counter(number for run in runs for number in self._having.get(run, ()))
        for number, both in common.most_common():
            yield number, both, len(runs), self._sizes[number]


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
    """Questions seen so far. `of` says of which problem a question is a duplicate, and how; near ones have the same gold."""

    def __init__(self, exact: bool, minhash: float | None) -> None:
        self._exact: dict[int, str] | None = {} if exact else None
        self._threshold = minhash
        if minhash is not None:
            from datasketch import MinHashLSH  # pulls in scipy, 0.6 s

            self._near = MinHashLSH(threshold=minhash, num_perm=PERMUTATIONS)
            self._sketches: dict[str, object] = {}
            self._golds: dict[str, str] = {}

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

            gold = str(problem.gold.get("answer")) if problem.verifier in ("math_answer", "choice") else problem.verifier
            sketch = MinHash(num_perm=PERMUTATIONS)
            sketch.update_batch([run.encode() for run in runs_of_words(problem.question, SHINGLE)])
            for other in sorted(self._near.query(sketch)):
                if self._golds[other] != gold:
                    continue  # "Find angle A" and "Find angle B" are no repeats of each other
                if sketch.jaccard(self._sketches[other]) >= self._threshold:
                    return "near_duplicate", other
            self._near.insert(problem.id, sketch)
            self._sketches[problem.id], self._golds[problem.id] = sketch, gold
        return None
