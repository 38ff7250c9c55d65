"""Tokens, seconds and dollars of a stage that pays: those of the rows on disk, from however many runs, and the new ones."""

import time

from data_gen.config import Prices
from data_gen.records import Failure, Row, Trace
from data_gen.stage import Stage


class Meter:
    """Counts what a stage costs and says when its budget is spent. Tokens come from the rows, so no kill loses any."""

    def __init__(self, stage: Stage, prices: Prices, budget_usd: float | None) -> None:
        self._stage, self._prices, self._budget = stage, prices, budget_usd
        self._earlier_s = float(stage.before.get("usage", {}).get("seconds", 0.0))
        self._started = time.monotonic()
        self.prompt_tokens = self.completion_tokens = self.new_tokens = 0
        self.over_budget = False

    def loaded(self) -> None:
        """Call when all rows are loaded. Spending never shrinks: rows asked again since are in the earlier total only."""
        earlier = self._stage.before.get("usage", {})
        self.prompt_tokens = max(self.prompt_tokens, earlier.get("prompt_tokens", 0))
        self.completion_tokens = max(self.completion_tokens, earlier.get("completion_tokens", 0))

    def load(self, row: Row) -> None:
        """Add the tokens of a row that was on disk already."""
        usage = row.get("usage") or {}
        self.prompt_tokens += usage.get("prompt_tokens", 0)
        self.completion_tokens += usage.get("completion_tokens", 0)

    def start(self) -> None:
        """Begin to count seconds: loading the model is not generation."""
        self._started = time.monotonic()

    def count(self, outcome: Trace | Failure) -> None:
        """Add the tokens of a new trace, or of a failure: a cut answer is paid for like a whole one."""
        self.prompt_tokens += outcome.usage.prompt_tokens
        self.completion_tokens += outcome.usage.completion_tokens
        self.new_tokens += outcome.usage.completion_tokens

    @property
    def seconds(self) -> float:
        """Seconds of this run."""
        return time.monotonic() - self._started

    @property
    def dollars(self) -> float | None:
        """Dollars so far, earlier runs included, or None where the prices do not tell."""
        return self._prices.dollars(self.prompt_tokens, self.completion_tokens, self.seconds + self._earlier_s)

    def may_start(self) -> bool:
        """Return whether the budget allows another request."""
        spent = self.dollars
        self.over_budget = self._budget is not None and spent is not None and spent >= self._budget
        return not self.over_budget

    def save(self) -> None:
        """Write what was used into the stage's record."""
        self._stage.record["usage"] = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": round(self._earlier_s + (self.seconds if self.new_tokens else 0.0), 2),
        }
        self._stage.record["dollars"] = self.dollars
        if self.new_tokens:
            self._stage.record["tokens_per_second"] = round(self.new_tokens / self.seconds, 1)
