"""Which problems are shown where a run has more traces than a page should hold: few of every kind, then by chance.

    drawn(keys.problems(), most=2000)
    -> Drawing(problems=["add-0003", ...], traces=2000, of=1000000, groups=31, left_out=0)

A group is (source, state, reason). The first problems of every group are taken, those with the smallest hashes of their ids,
so that the rare (a compile error, a refusal) is there to look at; the rest are the problems with the smallest hashes, which
is as good as chance and the same every time. Shares in the page are therefore not the run's: the report has those. Held
are at most `most` hashes and a few for each group, whatever the size of the run.
"""

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from eval.viewer.keys import Asked

MOST = 2000  # traces of a page: all 1,200 of the quickstart; of 4,000 tokens each they would be some 30 MB of text
EACH = 5  # problems that are taken of every group before the rest


@dataclass(frozen=True)
class Drawing:
    """The problems that are shown, with all their traces."""

    problems: list[str]
    traces: int
    of: int
    groups: int
    left_out: int  # groups of which no problem fits: they have more samples than the page holds, or there are too many

    def told(self) -> str:
        """Return the sentence that the page opens with."""
        if self.traces == self.of:
            return f"All traces of the run: {self.of:,}."
        missing = f" {self.left_out} of {self.groups} groups did not fit." if self.left_out else ""
        return (
            f"{self.traces:,} of {self.of:,} traces, problems with all their samples: first up to {EACH} problems of each "
            f"of {self.groups} groups of source, verdict and reason, then problems in the order of a hash of their ids. "
            f"Shares here are not the run's.{missing}"
        )


class Smallest:
    """The problems with the smallest hashes, at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, str, int]] = []

    def add(self, order: int, one: str, traces: int) -> None:
        """Take a problem in, and let the one with the greatest hash go where there are too many."""
        entry = (-order, one, traces)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        elif entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)

    def sorted(self) -> list[tuple[str, int]]:
        """Return (id, traces), the smallest hash first."""
        return [(one, traces) for _, one, traces in sorted(self._heap, reverse=True)]


def drawn(problems: Iterable[Asked], most: int = MOST) -> Drawing:
    """Return the problems to show, at most `most` traces in all."""
    everything = Smallest(most)
    groups: dict[tuple[str, str, str], Smallest] = {}
    of = 0
    for asked in problems:
        traces = len(asked.fates)
        of += traces
        order = int.from_bytes(hashlib.sha256(asked.id.encode("utf-8", "surrogatepass")).digest()[:8])
        if traces > most:
            order = (1 << 64) + traces  # fits in no page, and is there to be counted as left out
        else:
            everything.add(order, asked.id, traces)
        for group in {(asked.source, fate.state, fate.reason) for fate in asked.fates}:
            groups.setdefault(group, Smallest(EACH)).add(order, asked.id, traces)
    chosen: dict[str, int] = {}
    room = most
    rounds = [groups[group].sorted() for group in sorted(groups)]
    firsts = [wanted[turn] for turn in range(EACH) for wanted in rounds if turn < len(wanted)]
    for one, traces in [*firsts, *everything.sorted()]:
        if one not in chosen and traces <= room:
            chosen[one] = traces
            room -= traces
    left_out = sum(not any(one in chosen for one, _ in wanted) for wanted in rounds)
    return Drawing(sorted(chosen), most - room, of, len(groups), left_out)
