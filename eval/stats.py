"""Intervals for shares: Wilson's where each problem has one sample, a bootstrap over problems where it has more.

wilson(13, 30)                             -> (0.274, 0.608): one run of AIME24 says little
share([[True], [False], ...])              -> (0.43, 0.37, 0.49)
"""

import math
from collections.abc import Sequence

import numpy as np

Z95 = 1.959963984540054
RESAMPLES = 10_000


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953). n must be above 0."""
    share, z2 = successes / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(samples: Sequence[Sequence[bool]]) -> tuple[float, float, float]:
    """Return (value, low, high) of the mean over problems of each problem's share of true samples.

    With one sample a problem the interval is Wilson's; with more it is the percentile bootstrap over problems (samples of
    one problem are not independent), widened to Wilson's over problems where all problems agree, so it is never empty.
    """
    means = np.array([sum(problem) / len(problem) for problem in samples])
    value = float(means.mean())
    if all(len(problem) == 1 for problem in samples) or means.min() == means.max():
        low, high = wilson(float(means.sum()), len(means))
        return value, low, high
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(means), size=(RESAMPLES, len(means)))
    low, high = np.quantile(means[drawn].mean(axis=1), [0.025, 0.975])
    return value, float(low), float(high)
