"""Which answers were accepted: by domain, source and difficulty, before and after rewriting, and what decided.

    acceptance(run, mixture) -> {"verification": [{"domain": "math", "n": 1200, "value": 0.30, "ci95": [...], "rows": 128,
      "rows_not_right": 0}], "rewriting": [...], "acceptance": {"source": [{"name": "numina", "problems": 300, "n": 1200,
      "value": 0.30, "ci95": [...], "before": None}], "difficulty": [...]}, "tiers": [{"tier": "number", "right": 363,
      "wrong": 836, "undecided": 0}], "reasons": {"wrong": 836}, "not_counted": None}

An undecided answer is not accepted. Where a model rewrote and the traces were graded before too, a share is that of the same
traces on both sides, and one that was dropped in rewriting is not accepted. Problems, labels and verdicts are read side by
side; only counts are held. Difficulty is the published one, else the rated one (`01_labels.jsonl`), cut to a whole number.
"""

import math
from collections import Counter
from typing import Any

from data_gen.run_folder import Run
from eval.reporting.reading.rows import ById, OutOfOrder, Seen, groups
from eval.reporting.summary.shares import Shares

UNKNOWN = "unknown"
NO_TIER = "no check came to a verdict"
OUTCOMES = ("right", "wrong", "undecided")
COARSE = 100  # difficulties above 10 are ratings of a contest, such as 1,700: told by the hundred


class Scale(Seen):
    """The part of `meta` that says what a difficulty is measured on."""

    difficulty_scale: str | None = None


class Asked(Seen):
    """A problem."""

    source: str = UNKNOWN
    domain: str = UNKNOWN
    difficulty: float | None = None
    meta: Scale = Scale()


class Rated(Seen):
    """A model's label of a problem."""

    difficulty: float
    scale: str | None = None


class Judged(Seen):
    """A verdict."""

    sample: int = 0
    ok: bool | None = None
    reason: str = UNKNOWN
    tier: str | None = None


class Group:
    """The counts of one source, difficulty or domain."""

    def __init__(self) -> None:
        self.graded, self.after, self.before = Shares(), Shares(), Shares()


class Groups(dict[str, Group]):
    """Groups by name, made when they are first seen."""

    def __missing__(self, name: str) -> Group:
        self[name] = Group()
        return self[name]


class Acceptance:
    """The counts of a run's verdicts."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.rewrote = run.verdicts_before.is_file() and run.verdicts.is_file()
        self.domains, self.sources, self.difficulties = Groups(), Groups(), Groups()
        self.tiers: dict[str, Counter[str]] = {}
        self.reasons: Counter[str] = Counter()

    def read(self) -> None:
        """Count all. Raises OutOfOrder where a file is not sorted."""
        labels, verdicts = ById(self._run.labels, Rated), ById(self._run.verdicts, Judged)
        earlier = ById(self._run.verdicts_before, Judged)
        for one, (problem, *_) in groups(self._run.problems, Asked):
            found, before = verdicts.of(one), earlier.of(one) if self.rewrote else []
            label = labels.of(one)
            for name, among in (
                (problem.domain, self.domains),
                (problem.source, self.sources),
                (level(problem, label[0] if label else None), self.difficulties),
            ):
                if found:
                    among[name].graded.add(sum(row.ok is True for row in found), len(found))
                if before:
                    accepted = {row.sample for row in found if row.ok is True}
                    among[name].before.add(sum(row.ok is True for row in before), len(before))
                    among[name].after.add(sum(row.sample in accepted for row in before), len(before))
            for row in found:
                outcome = "undecided" if row.ok is None else "right" if row.ok else "wrong"
                self.tiers.setdefault(row.tier or NO_TIER, Counter())[outcome] += 1
                self.reasons[row.reason] += 1
        for file in (labels, verdicts, earlier):
            file.finish()

    def shares(self, among: Groups) -> list[dict[str, Any]]:
        """Return a row a group, before and after where a model rewrote."""
        lines = []
        for name, group in sorted(among.items(), key=lambda item: natural(item[0])):
            before, after = (_result(counts) for counts in (group.before, group.after))
            now = after or _result(group.graded)
            if now is not None:
                lines.append({"name": name, **now, "before": before and _interval(before)})
        return lines


def level(problem: Asked, label: Rated | None) -> str:
    """Return the difficulty of a problem as its group is called: "8", "1700", "numina_level 4", or unknown."""
    value, scale = problem.difficulty, problem.meta.difficulty_scale
    if value is None and label is not None:
        value, scale = label.difficulty, label.scale
    if value is None or not math.isfinite(value):
        return UNKNOWN
    whole = int(value) if value <= 10 else int(value // COARSE * COARSE)
    return f"{scale} {whole}" if scale else f"{whole}"


def natural(name: str) -> tuple[bool, str, int]:
    """Return a key that sorts "8" before "10" and what is unknown last."""
    words, _, number = name.rpartition(" ")
    return (name == UNKNOWN, words, int(number)) if number.isdigit() else (name == UNKNOWN, name, 0)


def acceptance(run: Run, mixture: dict[str, Any] | None) -> dict[str, Any]:
    """Return the parts of summary.json that verdicts tell; `mixture` is that of `mixture.py`."""
    counts, why = Acceptance(run), None
    try:
        counts.read()
    except OutOfOrder as reason:
        counts, why = Acceptance(run), str(reason)
    kept = mixture["domains"] if mixture else None
    verification, rewriting = [], []
    for domain, group in sorted(counts.domains.items()):
        graded, before, after = (_result(shares) for shares in (group.graded, group.before, group.after))
        if graded is not None:
            line = {"domain": domain, "n": graded["n"], "value": graded["value"], "ci95": graded["ci95"]}
            rows, not_right = kept.get(domain, (0, 0)) if kept is not None else (None, None)
            verification.append(line | {"rows": rows, "rows_not_right": not_right})
        if before and after:
            line = {"domain": domain, "problems": before["problems"], "n": before["n"]}
            rewriting.append(line | {"before": _interval(before), "after": _interval(after)})
    tiers = sorted(counts.tiers.items(), key=lambda item: -item[1].total())
    return {
        "verification": verification,
        "rewriting": rewriting,
        "acceptance": {"source": counts.shares(counts.sources), "difficulty": counts.shares(counts.difficulties)},
        "tiers": [{"tier": tier, **{name: found[name] for name in OUTCOMES}} for tier, found in tiers],
        "reasons": dict(counts.reasons.most_common()),
        "not_counted": why,
    }


def _result(shares: Shares) -> dict[str, Any] | None:
    return shares.result() if shares else None


def _interval(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("value", "ci95")}
