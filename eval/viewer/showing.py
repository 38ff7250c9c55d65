"""A problem with its traces as the page shows them: texts, facts in pairs, and what a list of traces is filtered by.

    shown = Showing(run)
    shown.problem(asked, keys.lines(asked.id))
    -> {"id": "add-1", "question": "What is 1 + 1?", "answer": "2", "gold": "...", "facts": [["license", "MIT"]], "traces": [
           {"sample": 0, "state": "right", "reason": "correct", "mixture": "in the mixture", "length": 37,
            "thought": "1 + 1 = 2.", "solution": "\\\\boxed{2}", "raw": null, "facts": [["model", "m"]], "verdict": [...]}]}

`raw` is null where it is the thought and the solution, a blank line between. Nothing is escaped here: everything is data,
and the page makes text of it. Texts longer than a page can hold are cut, and the cut is told.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from data_gen.records import REASONS, Row
from data_gen.run_folder import Run
from data_gen.stage import read_funnel
from eval.viewer.keys import OF_THE_PROBLEM, Asked, Fate

LONGEST = 400_000  # characters of one text; 32,768 tokens of an answer are some 130,000
LONGEST_NAME = 300  # of an id, a source, a reason
LONGEST_FACT = 20_000  # of gold, which for programs holds all tests, and of what a verifier says
FACTS = "model answered_by rewriter finish_reason seconds prompt_tokens completion_tokens request".split()
VERDICT = "tier tests_passed tests_total seconds sandbox verifier_version".split()
Lines = dict[tuple[str, int], Row]
Facts = list[tuple[str, str]]


class Showing:
    """Makes what is shown; reads of the run's funnel which reasons kept right answers out of its mixture."""

    def __init__(self, run: Run) -> None:
        self._mixed, self._graded = run.mixture.is_file(), run.verdicts.is_file()
        self._other_reasons = sorted(
            {reason for line in read_funnel(run) if line["stage"] == "mix" for reason in line["reasons"]}
            - {*REASONS, "not_picked"}
        )

    def problem(self, asked: Asked, lines: Lines) -> dict[str, Any]:
        """Return a problem with its traces. Raises KeyError where `lines` are another problem's."""
        problem = lines.get(("problem", OF_THE_PROBLEM), {})
        mixed = any(file == "mixture" for file, _ in lines)
        facts = _facts(problem, ("license", "verifier", "difficulty"))
        if problem.get("meta"):
            facts.append(("meta", _cut(_json(problem["meta"]), LONGEST_FACT)))
        difficulty = problem.get("difficulty")
        return {
            "id": _named(asked.id),
            "source": _named(asked.source),
            "domain": _named(str(problem.get("domain") or "unknown")),
            "difficulty": difficulty if _is_number(difficulty) else None,
            "question": _cut(str(problem.get("question") or ""), LONGEST),
            "answer": _answer(problem.get("gold")),
            "gold": _cut(_json(problem.get("gold") or {}), LONGEST_FACT),
            "facts": facts,
            "traces": [self._trace(fate, lines, mixed) for fate in asked.fates],
        }

    def _trace(self, fate: Fate, lines: Lines, mixed: bool) -> dict[str, Any]:
        given, rewrite = lines.get(("trace", fate.sample), {}), lines.get(("rewrite", fate.sample), {})
        failure = lines.get(("no_rewrite" if fate.state == "dropped" else "failure", fate.sample), {})
        verdict = lines.get(("verdict", fate.sample), {}) if fate.state not in ("failed", "dropped") else {}
        mixture = lines.get(("mixture", fate.sample))
        raw = str(given.get("text") or ("" if rewrite else failure.get("detail")) or "")
        thought, solution = str(rewrite.get("thought") or ""), str(rewrite.get("solution") or "")
        facts = _facts({**given, **rewrite, **_usage(given or failure)}, FACTS)
        if mixture:
            facts += _facts(mixture, ("tokens", "pass_rate"), "of the row: ")
        return {
            "sample": fate.sample,
            "state": fate.state,
            "reason": _named(fate.reason),
            "extracted": _cut(str(verdict.get("extracted") or ""), LONGEST_FACT),
            "tier": _named(str(verdict.get("tier") or "")),
            "mixture": self._mixture(fate, mixture is not None, mixed),
            "length": len(thought) + len(solution) or len(raw),
            "thought": _cut(thought, LONGEST),
            "solution": _cut(solution, LONGEST),
            "raw": None if rewrite and raw.strip() == f"{thought}\n\n{solution}" else _cut(raw, LONGEST),
            "reasoning": _cut(str(given.get("reasoning") or ""), LONGEST),
            "facts": facts,
            "verdict": [
                *_facts(verdict, VERDICT),
                *_facts(lines.get(("before", fate.sample), {}), ("ok", "reason", "extracted"), "before rewriting: "),
                *_facts(failure, ("error", "attempts", "final")),
            ],
            "detail": _cut(str(verdict.get("detail") or (failure.get("detail") if given else "") or ""), LONGEST_FACT),
        }

    def _mixture(self, fate: Fate, taken: bool, mixed: bool) -> str:
        """Return whether a trace is in the mixture, or why not. Mix stores reasons by their counts: where several may have
        kept a right answer out, all are told."""
        if taken:
            return "in the mixture"
        if not self._mixed:
            return "not mixed yet"
        if fate.state != "right" and (self._graded or fate.state != "ungraded"):
            return "not accepted"
        if mixed:
            return "another sample was taken"
        return " or ".join(self._other_reasons) or "not taken"


def _usage(row: Row) -> Row:
    usage = row.get("usage")
    return usage if isinstance(usage, dict) else {}


def _facts(row: Row, names: Iterable[str], before: str = "") -> Facts:
    """Return the named values that a row has, in words."""
    found = [(name, row[name]) for name in names if row.get(name) is not None and row[name] != ""]
    return [(before + name.replace("_", " "), _cut(_told(value), LONGEST_FACT)) for name, value in found]


def _told(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return _json(value)


def _answer(gold: Any) -> str:
    """Return what an answer is compared with, where that is one answer and no tests."""
    return _cut(str(gold.get("answer") or ""), LONGEST_FACT) if isinstance(gold, dict) else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _is_number(value: Any) -> bool:
    """Return whether a difficulty is one: JSON of the world holds NaN and integers that no float holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _named(text: str) -> str:
    """Return a name that the list repeats on every row; a very long one is cut and stays another than those like it."""
    if len(text) <= LONGEST_NAME:
        return text
    return f"{text[:LONGEST_NAME]}… {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n\n[cut here: {len(text) - most:,} more characters]"
