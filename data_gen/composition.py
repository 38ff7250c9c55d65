"""What a dataset holds, counted row by row as it is written: the numbers of its card.

    counts = Composition()
    for row in mixture:
        counts.add(row)
    counts.kinds        -> {("numina", "math", "layered"): 9800, ...}
    counts.lengths()    -> {"n": 9800, "mean": 4102.3, "p50": 3871, "p95": 9020, "max": 16380, "histogram": {"4096": 5400}}

Memory does not grow with the rows: lengths are counted by their values, at most one a token of the cutoff.
"""

from collections import Counter
from itertools import accumulate
from typing import Any

from data_gen.records import Row

UNKNOWN = "unknown"
UNDECIDED = "nothing"
ACCEPTED = "source"  # the tier of rows that a source brought along with their answers


class Composition:
    """Counts of a dataset's rows."""

    def __init__(self) -> None:
        self.rows = 0
        self.kinds: Counter[tuple[str, str, str]] = Counter()  # source, domain, tier
        self.licenses: Counter[str] = Counter()
        self.teachers: Counter[str] = Counter()
        self.rewriters: Counter[str] = Counter()
        self.unverified = 0  # neither found right by a verifier nor accepted with its source
        self._tokens: Counter[int] = Counter()

    def add(self, row: Row) -> None:
        """Count one row of the mixture."""
        self.rows += 1
        self.kinds[row["source"], row["domain"] or UNKNOWN, row["tier"] or UNDECIDED] += 1
        self.licenses[row["license"] or UNKNOWN] += 1
        self.teachers[row["teacher"] or UNKNOWN] += 1
        self.rewriters[row["rewriter"] or UNKNOWN] += 1
        self.unverified += row["ok"] is not True
        if row["tokens"] is not None:
            self._tokens[row["tokens"]] += 1

    @property
    def accepted(self) -> int:
        """Rows whose answers came with their source and were taken at its authors' word."""
        return sum(count for (_, _, tier), count in self.kinds.items() if tier == ACCEPTED)

    @property
    def tokens(self) -> int | None:
        """The tokens of all rows, or None where some row's are not known."""
        if not self.rows or self._tokens.total() < self.rows:
            return None
        return sum(length * count for length, count in self._tokens.items())

    def lengths(self) -> dict[str, Any] | None:
        """Return how long the rows are, in tokens, or None where some row's are not known. A quantile is the shortest
        length that so many rows do not exceed."""
        total = self.tokens
        if total is None:
            return None
        ordered = sorted(self._tokens)
        reached = list(accumulate(self._tokens[length] for length in ordered))

        def quantile(share: float) -> int:
            return next(length for length, rows in zip(ordered, reached, strict=True) if rows >= share * self.rows)

        histogram: Counter[int] = Counter()
        for length, count in self._tokens.items():
            histogram[1 << max(length - 1, 0).bit_length()] += count  # up to so many tokens
        return {
            "n": self.rows,
            "mean": round(total / self.rows, 1),
            "p50": quantile(0.5),
            "p95": quantile(0.95),
            "max": ordered[-1],
            "histogram": {str(top): histogram[top] for top in sorted(histogram)},
        }
