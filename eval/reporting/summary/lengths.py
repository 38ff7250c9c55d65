"""How long answers and rows are, in tokens, against the cutoff: counted by length, told as quantiles and a histogram.

    lengths = Lengths()
    lengths.add(2124)
    lengths.told(cutoff=16384)
    -> {"n": 1, "unknown": 0, "mean": 2124.0, "p50": 2124, "p95": 2124, "max": 2124, "cutoff": 16384,
        "bins": [{"low": 2100, "high": 2200, "count": 1}]}

A bin holds low <= tokens < high. Memory is one count a distinct length, at most one a token of the cutoff. Completion tokens
are as the endpoint told them; a trace of which it told none, or that came with its source, is counted as unknown.
"""

from collections import Counter
from itertools import accumulate
from typing import Any

from data_gen.run_folder import Run
from eval.reporting.reading.records import Line, Manifest
from eval.reporting.reading.rows import Seen, rows

BINS = 24  # at most


class Told(Seen):
    """The tokens of an answer."""

    completion_tokens: int = 0


class Completed(Seen):
    """A trace."""

    usage: Told | None = None


class Lengths:
    """Counts of lengths."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.unknown = 0

    def add(self, tokens: int | None) -> None:
        """Count one; None or 0: not known."""
        if tokens:
            self._counts[tokens] += 1
        else:
            self.unknown += 1

    def told(self, cutoff: int | None) -> dict[str, Any] | None:
        """Return what is known of them, or None where no length is. A quantile is the shortest length that so many do not
        exceed."""
        n = self._counts.total()
        if not n:
            return None
        ordered = sorted(self._counts)
        reached = list(accumulate(self._counts[length] for length in ordered))

        def quantile(share: float) -> int:
            return next(length for length, so_many in zip(ordered, reached, strict=True) if so_many >= share * n)

        return {
            "n": n,
            "unknown": self.unknown,
            "mean": round(sum(length * count for length, count in self._counts.items()) / n, 1),
            "p50": quantile(0.5),
            "p95": quantile(0.95),
            "max": ordered[-1],
            "cutoff": cutoff,
            "bins": self._bins(ordered[0], ordered[-1]),
        }

    def _bins(self, shortest: int, longest: int) -> list[dict[str, int]]:
        width = next(w for w in _widths() if longest // w - shortest // w < BINS)
        counts: Counter[int] = Counter()
        for length, count in self._counts.items():
            counts[length // width] += count
        numbers = range(shortest // width, longest // width + 1)
        return [{"low": at * width, "high": (at + 1) * width, "count": counts[at]} for at in numbers]


def _widths() -> Any:
    """Yield 1, 2, 5, 10, 20, 50, ..."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def completions(run: Run, manifest: Manifest, lines: list[Line]) -> dict[str, Any] | None:
    """Return the lengths of the teacher's answers, and how many were cut at its max_tokens, which are no traces."""
    lengths = Lengths()
    for trace in rows(run.traces, Completed):
        lengths.add(trace.usage.completion_tokens if trace.usage else None)
    asked = manifest.stages.get("generate")
    found = lengths.told(_whole(asked.part("teacher").get("max_tokens")) if asked else None)
    return found and found | {"over": _dropped(lines, "generate", "length")}


def cutoff_of(manifest: Manifest) -> int | None:
    """Return the most tokens that a row of the mixture may have."""
    mix = manifest.stages.get("mix")
    return _whole(mix.part("mix").get("max_tokens") or mix.part("training").get("cutoff_len")) if mix else None


def row_lengths(lengths: Lengths, manifest: Manifest, lines: list[Line]) -> dict[str, Any] | None:
    """Return the lengths of the rows of the mixture, and how many candidates were over the cutoff."""
    found = lengths.told(cutoff_of(manifest))
    return found and found | {"over": _dropped(lines, "mix", "over_cutoff")}


def _dropped(lines: list[Line], stage: str, reason: str) -> int | None:
    line = next((line for line in lines if line.stage == stage), None)
    return None if line is None else line.reasons.get(reason, 0)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None
