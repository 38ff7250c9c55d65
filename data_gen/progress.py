"""A progress bar with rate and ETA for anything over a few seconds; on a log file, a line now and then.

with bar(total=1600, unit="trace") as progress:
    progress.update(1)
    progress.set_postfix_str("381 tokens/s, 2 errors, $0.00")
"""

import sys
from typing import Any

from tqdm import tqdm


def bar(total: int | None, unit: str, title: str, initial: int = 0) -> "tqdm[Any]":
    """Return a tqdm bar; off a terminal it prints every 15 s only, so that logs stay readable, and nothing
    at all of what is done within a second."""
    interval = 0.2 if sys.stderr.isatty() else 15.0
    return tqdm(
        total=total, initial=initial, unit=unit, desc=title, mininterval=interval, maxinterval=interval, leave=False, delay=1
    )
