"""A share of right answers over many problems, held as counts: (value, interval) as `eval/stats.py` has them.

    shares = Shares()
    shares.add(right=1, of=4)               one problem
    shares.result()                         -> {"problems": 1, "n": 4, "value": 0.25, "ci95": [0.046, 0.699]}

Problems with the same share are one count, so a million of them take no more room than ten. The bootstrap over problems
draws how often each share comes, from a multinomial: that is what drawing problems with replacement gives. Intervals are
of 95 %; `eval/stats.py` says when they are Wilson's and how far they hold.
"""

from collections import Counter
from typing import Any

import numpy as np

from eval.stats import DRAWN_AT_ONCE, RESAMPLES, wilson


class Shares:
    """Shares of right answers, a problem at a time."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, int]] = Counter()  # (right, answers) of a problem

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, right: int, of: int) -> None:
        """Count a problem with `of` answers, at least one."""
        self._counts[right, of] += 1

    def result(self) -> dict[str, Any]:
        """Return problems, answers, the mean over problems of the share that is right, and its interval."""
        problems = len(self)
        mean = sum(count * right / of for (right, of), count in self._counts.items()) / problems
        low, high = (0.0, 0.0) if all(of == 1 for _, of in self._counts) else self._bootstrap(problems)
        if high - low < 1e-12:
            low, high = wilson(mean * problems, problems)
        answers = sum(count * of for (_, of), count in self._counts.items())
        return {"problems": problems, "n": answers, "value": mean, "ci95": [round(low, 4), round(high, 4)]}

    def _bootstrap(self, problems: int) -> tuple[float, float]:
        """Return the 2.5 % and 97.5 % quantiles of the mean of as many problems, drawn again and again."""
        by_share: Counter[float] = Counter()
        for (right, of), count in self._counts.items():
            by_share[right / of] += count
        values = np.array(sorted(by_share))
        chances = np.array([by_share[value] for value in values]) / problems
        rng, at_once = np.random.default_rng(0), max(1, DRAWN_AT_ONCE // len(values))
        means = [
            rng.multinomial(problems, chances, size=min(at_once, RESAMPLES - start)) @ values / problems
            for start in range(0, RESAMPLES, at_once)
        ]
        low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
        return float(low), float(high)
