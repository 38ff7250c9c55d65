"""Grading the responses to one benchmark: each read from its journal, by the verifier of its problem, to verdicts.jsonl.

    grading = Grading(LineFile(questions), verdicts, grader, limit=None, samples=4)
    grading.grade(outcome_of, "grading")    -> [Graded("aime24-60", 0, True, "correct", "204", ...), ...]
    grading.asked["aime24-60"]              -> what a score needs of the problem: its verifier, level, place in the file

    {"id": "aime24-60", "sample": 0, "ok": true, "reason": "correct", "extracted": "204", ..., "repeating": false,
     "failed": false, "last_number": true, "completion_tokens": 6881, "graded": "3f..."}

Problems are read one at a time (a release of LiveCodeBench is gigabytes with its tests); ids, places and what is above are
held. A verdict stays where problem, response and verifier are as they were; `anew` makes all of them again.
A response that was cut off is `truncated`, and a failure of the model's (refused, empty, malformed) is `no_answer`: both
wrong. One that loops (`data_gen/verifiers/repetition.py`) is graded all the same, and counted as repeating. What is said to
a problem whose verifier is `none` is undecided.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from data_gen.journal import Journal, Key
from data_gen.lines import LineFile, Place
from data_gen.progress import bar
from data_gen.records import Failure, Problem, Row, Trace, Verdict, record_of
from data_gen.verifiers import VERSION
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.extract import last_number
from data_gen.verifiers.notation import spell
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.quantity import rational
from eval.evalplus_sets import EvalplusGrader

GROUPS = ("difficulty", "level", "subject", "subfield", "High-level domain", "task")  # of meta: each with its scores
Outcome = Callable[[Key], Trace | Failure]
AnyGrader = Grader | EvalplusGrader


class Asked(NamedTuple):
    """What is held of a problem."""

    verifier: str
    place: Place
    groups: dict[str, str]


class Graded(NamedTuple):
    """What is held of a verdict: everything that a score is made of."""

    id: str
    sample: int
    ok: bool | None
    reason: str
    extracted: str | None
    failed: bool  # the model gave no response that could be graded
    last_number: bool | None  # whether the last number of the text is the reference; None where it is none
    repeating: bool
    completion_tokens: int


def right_by_last_number(problem: Problem, text: str) -> bool:
    """Return whether the last number of the text is the reference: accuracy when boxes are ignored."""
    found = last_number(text)
    gold = rational(spell(str(problem.gold.get("answer", ""))))
    return found is not None and gold is not None and rational(found) == gold


class Grading:
    """The verdicts of one model on one benchmark."""

    def __init__(self, questions: LineFile, verdicts: Journal, grader: AnyGrader, limit: int | None, samples: int) -> None:
        self.asked: dict[str, Asked] = {}
        self._file, self._limit, self._samples = questions, limit, samples
        self._verdicts, self._grader = verdicts, grader

    def grade(self, outcome: Outcome, title: str, anew: bool = False) -> list[Graded]:
        """Grade what has no verdict yet, or all of it, and return the verdicts in the order of the problems."""
        if anew:
            self._verdicts.discard(list(self._verdicts))
        about: dict[Key, Row] = {}  # of responses that are being graded
        with bar(None, " verdicts", title) as progress:

            def answers() -> Iterator[Answer]:
                for problem, digest in self._problems():
                    for sample in range(self._samples):
                        if (answer := self._answer(problem, digest, (problem.id, sample), outcome, about)) is not None:
                            yield answer

            again: list[Key] = []
            for verdict in self._graded(answers(), about, again):
                self._verdicts.append(verdict)
                progress.update(1)
            for verdict in self._graded(self._looping(again, outcome), about, []):
                self._verdicts.append(verdict)
                progress.update(1)
        wanted = [(one, sample) for one in self.asked for sample in range(self._samples)]
        self._verdicts.discard(set(self._verdicts) - set(wanted))
        self._verdicts.finish()
        return [graded_of(self._verdicts.read(key)) for key in wanted]

    def gold(self, one: str) -> dict[str, Any]:
        """Return a problem's gold, read again."""
        return self._problem(self._file.at(self.asked[one].place)).gold

    def _problem(self, line: bytes) -> Problem:
        return record_of(Problem, line, self._file.path, len(self.asked) + 1, len(self.asked) + 1)

    def _problems(self) -> Iterator[tuple[Problem, str]]:
        for place, line in islice(self._file, self._limit):
            problem = self._problem(line)
            groups = {name: str(problem.meta[name]) for name in GROUPS if isinstance(problem.meta.get(name), str | int)}
            digest = hashlib.sha256(line).hexdigest()
            self.asked[problem.id] = Asked(problem.verifier, place, groups)
            yield problem, digest

    def _answer(self, problem: Problem, digest: str, key: Key, outcome: Outcome, about: dict[Key, Row]) -> Answer | None:
        """Return what is to be graded of a response, or None where nothing is."""
        response = outcome(key)
        text = response.text if isinstance(response, Trace) else ""
        told = [VERSION, digest, text, response.finish_reason if isinstance(response, Trace) else response.error]
        tag = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        if key in self._verdicts and self._verdicts.tag(key) == tag and self._verdicts.read(key)["reason"] != "infra":
            return None
        extras: Row = {
            "repeating": False,
            "failed": isinstance(response, Failure),
            "last_number": right_by_last_number(problem, text) if problem.verifier == "math_answer" else None,
            "completion_tokens": response.usage.completion_tokens,
            "graded": tag,
        }
        if isinstance(response, Failure):
            self._verdicts.append(_without(key, "no_answer", response.error) | extras)
            return None
        truncated = response.finish_reason == "length"
        if truncated:
            extras["reason"] = "truncated"
        elif problem.verifier == "none":  # it takes any answer, which shows nothing here
            extras |= {"ok": None, "reason": "undecided", "tier": None}
        about[key] = extras
        whole = (response.reasoning or "") + text
        verifier, gold = ("none", {}) if truncated else (problem.verifier, problem.gold)
        return Answer(*key, text, verifier, gold, whole=whole)

    def _graded(self, answers: Iterable[Answer], about: dict[Key, Row], again: list[Key]) -> Iterator[Row]:
        """Yield the verdicts of answers; those found to loop, and not graded for it, are put into `again`."""
        for verdict in self._grader.grade(answers, in_order=False):
            key = (verdict.id, verdict.sample)
            extras = about[key]
            extras["repeating"] |= verdict.reason == "repetition"
            if extras.get("reason") == "truncated":
                yield _without(key, "truncated", None) | about.pop(key)
            elif verdict.reason == "repetition":
                again.append(key)
            else:
                yield verdict.row() | about.pop(key)

    def _looping(self, keys: list[Key], outcome: Outcome) -> Iterator[Answer]:
        for one, sample in sorted(keys):
            response, problem = outcome((one, sample)), self._problem(self._file.at(self.asked[one].place))
            assert isinstance(response, Trace)  # a failure is not graded
            yield Answer(one, sample, response.text, problem.verifier, problem.gold)


def _without(key: Key, reason: Any, tier: str | None) -> Row:
    """Return the verdict of a response that no verifier has to read."""
    return Verdict(id=key[0], sample=key[1], ok=False, reason=reason, tier=tier, verifier_version=VERSION).row()


def graded_of(row: Row) -> Graded:
    """Return what a score needs of a verdict's row."""
    return Graded(*(row[name] for name in Graded._fields))
