"""Tokens, seconds and dollars of a stage that pays: those of the rows on disk, from however many runs, and the new ones."""

import time

from data_gen.config import ChatModel, Prices
from data_gen.manifest import read_manifest
from data_gen.records import Failure, Row, Trace, Usage
from data_gen.stage import Stage

LONG_PROMPT = 4096  # tokens
SAVE_EVERY_S = 10.0


class Meter:
    """Counts what a stage costs and says when the run's budget is spent, of which other stages may have used a part.

    Tokens come from the rows, those set aside too, so no kill loses any; seconds are saved as they pass.
    """

    def __init__(self, stage: Stage, prices: Prices, budget_usd: float | None) -> None:
        self._stage, self._prices, self._budget = stage, prices, budget_usd
        self._earlier_s = float(stage.before.get("usage", {}).get("seconds", 0.0))
        self._started: float | None = None
        stages = read_manifest(stage.run)["stages"]
        self._elsewhere = sum(record.get("dollars") or 0.0 for name, record in stages.items() if name != stage.name)
        self.prompt_tokens = self.completion_tokens = self.new_tokens = 0
        self._new_prompt_tokens = self._new_requests = 0
        self.over_budget = False
        self.unmetered = False  # under a budget by token an answer came whose tokens nobody told
        self._saved = time.monotonic()

    def loaded(self) -> None:
        """Call when all rows are loaded. Spending never shrinks: rows asked again since are in the earlier total only."""
        earlier = self._stage.before.get("usage", {})
        self.prompt_tokens = max(self.prompt_tokens, earlier.get("prompt_tokens", 0))
        self.completion_tokens = max(self.completion_tokens, earlier.get("completion_tokens", 0))

    def load(self, row: Row) -> None:
        """Add the tokens of a row that was on disk already."""
        for usage in (row.get("usage") or {}, row.get("wasted") or {}):
            self.prompt_tokens += usage.get("prompt_tokens", 0)
            self.completion_tokens += usage.get("completion_tokens", 0)

    def start(self) -> None:
        """Begin to count seconds: loading the model is not generation."""
        self._started = time.monotonic()

    def count(self, outcome: Trace | Failure) -> None:
        """Add the tokens of a new trace, or of a failure: a cut answer is paid for like a whole one."""
        wasted = outcome.wasted if isinstance(outcome, Trace) and outcome.wasted else Usage()
        into = outcome.usage.prompt_tokens + wasted.prompt_tokens
        out = outcome.usage.completion_tokens + wasted.completion_tokens
        self.prompt_tokens += into
        self.completion_tokens += out
        self.new_tokens += out
        self._new_prompt_tokens += into
        self._new_requests += bool(into or out)
        if isinstance(outcome, Trace) and not (into or out) and self._budget is not None and self._prices.by_token:
            self.unmetered = True
        if time.monotonic() - self._saved > SAVE_EVERY_S:
            self.save()
            self._stage.save()
            self._saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds of this run."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    @property
    def dollars(self) -> float | None:
        """Dollars of this stage so far, earlier runs included, or None where the prices do not tell."""
        return self._prices.dollars(self.prompt_tokens, self.completion_tokens, self.seconds + self._earlier_s)

    @property
    def left(self) -> float | None:
        """Dollars of the budget that nobody has spent yet, or None where there is no budget."""
        return None if self._budget is None else self._budget - self._elsewhere - (self.dollars or 0.0)

    def may_start(self, in_flight: int, count: int = 1) -> bool:
        """Return whether the budget allows `count` more requests beside those in flight, at the mean cost of those so far.

        Before the first answer there is no mean: `count` are sent, and nothing beside them.
        """
        left = self.left
        if left is None:
            return True
        if self.unmetered:
            return False
        if not self._prices.by_token:  # time is paid for, whatever is asked in it
            self.over_budget = left <= 0
            return left > 0
        if self._new_requests:
            mean = self._prices.dollars(self._new_prompt_tokens, self.new_tokens, 0.0) or 0.0
            allowed = left > 0 and left >= (in_flight + count) * mean / self._new_requests
        else:
            allowed = left > 0 and in_flight == 0
        self.over_budget = not allowed and in_flight == 0
        return allowed

    def at_most(self, model: ChatModel) -> float:
        """Return the dollars that one request stays under: max_tokens and a prompt twice the expected, or a long one."""
        into = 2 * model.expect.prompt_tokens if model.expect.prompt_tokens else LONG_PROMPT
        return self._prices.dollars(into, model.max_tokens, 0.0) or 0.0

    def told(self) -> str:
        """Return what a progress line says of it: tokens a second and dollars."""
        spent = "" if self.dollars is None else f", ${self.dollars:.2f}"
        return f"{self.new_tokens / max(self.seconds, 1e-9):.0f} tokens/s{spent}"

    def save(self) -> None:
        """Write what was used into the stage's record."""
        self._stage.record["usage"] = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": round(self._earlier_s + self.seconds, 2),
        }
        self._stage.record["dollars"] = self.dollars
        if self.new_tokens and self.seconds:
            self._stage.record["tokens_per_second"] = round(self.new_tokens / self.seconds, 1)
