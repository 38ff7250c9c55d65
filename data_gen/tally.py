"""Counting what a stage keeps and drops, by source and by reason: the numbers of its funnel line.

tally = Tally()
tally.drop("wrong", "numina")
tally.keep("gsm8k")
tally.reasons        -> {"wrong": 1}
tally.by_source      -> {"gsm8k": {"in": 1, "kept": 1, "reasons": {}}, "numina": {..., "reasons": {"wrong": 1}}}
"""

from collections import Counter
from typing import Any


class Tally:
    """Counts of one stage."""

    def __init__(self) -> None:
        self._kept: Counter[str] = Counter()
        self._dropped: dict[str, Counter[str]] = {}

    def keep(self, source: str, count: int = 1) -> None:
        """Count rows of a source that stay."""
        self._kept[source] += count

    def drop(self, reason: str, source: str, count: int = 1) -> None:
        """Count rows of a source that are dropped."""
        self._dropped.setdefault(source, Counter())[reason] += count

    @property
    def kept(self) -> int:
        return self._kept.total()

    @property
    def reasons(self) -> dict[str, int]:
        """Every reason with its count."""
        return dict(sum(self._dropped.values(), Counter()))

    @property
    def total(self) -> int:
        """All rows, kept and dropped."""
        return self.kept + sum(self.reasons.values())

    @property
    def by_source(self) -> dict[str, dict[str, Any]]:
        """The same for each source."""
        rows = {}
        for source in sorted(self._kept.keys() | self._dropped.keys()):
            reasons = dict((+self._dropped.get(source, Counter())).most_common())
            rows[source] = {"in": self._kept[source] + sum(reasons.values()), "kept": self._kept[source], "reasons": reasons}
        return rows
