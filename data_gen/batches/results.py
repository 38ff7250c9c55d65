"""Recording what a batch gave that is over: its files are downloaded, then read line by line, never held.

    results = Results(log, api, reader, record)
    await results.take(batch, remote)      # one call of `record` a request, then the journal's `collected` row

Lines may come in any order and name their request by custom_id. One that names none of the batch's is left out, with a
printed count. A download is kept until its batch is closed, so a kill in the middle of recording costs no second one.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from openai.types import Batch as Remote

from data_gen.batches.answers import Reader
from data_gen.batches.api import BatchApi
from data_gen.batches.download import fetch, read_result
from data_gen.batches.journal import Batch, BatchJournal
from data_gen.records import Failure, Trace


@dataclass
class Results:
    """Where results go. `done` counts the requests recorded so far."""

    log: BatchJournal
    api: BatchApi
    reader: Reader
    record: Callable[[Trace | Failure], None]
    done: int = 0

    async def take(self, batch: Batch, remote: Remote) -> None:
        """Record what a batch that is over gave, in the order of its files, and a failure for every other request.

        Raises Torn, with nothing recorded and the batch still open, when its files do not come whole.
        """
        paths, seconds = await fetch(self.api, self.log, batch, remote), _seconds(remote)
        waiting = {asked.custom_id: asked for asked in self.log.asked(batch)}
        outcomes, again, strange = Counter[str](), dict[str, int](), 0
        for path in paths:
            with path.open("rb") as lines:
                for line in lines:
                    row = read_result(line)
                    asked = waiting.pop(str(row.get("custom_id")), None) if isinstance(row, dict) else None
                    if asked is None:
                        strange += 1
                        continue
                    before = self.log.attempts.get(asked.custom_id, 0)
                    outcome = self.reader.outcome(row, asked, seconds, before)
                    if isinstance(outcome, Failure) and not outcome.final and outcome.error in ("empty", "malformed"):
                        again[asked.custom_id] = outcome.attempts
                    self._count(outcome, outcomes)
        if strange:
            print(f"{self.log.path.name}: {strange} lines of {remote.id} answer no request of it; they are left out")
        error = remote.status if remote.status in ("expired", "cancelled") else "missing"
        for asked in waiting.values():
            self._count(
                self.reader.failure(asked, error, f"{remote.id} is {remote.status} without an answer to it"), outcomes
            )
        self.log.close("collected", batch, status=remote.status, outcomes=dict(outcomes), attempts=again)

    def _count(self, outcome: Trace | Failure, outcomes: Counter[str]) -> None:
        self.record(outcome)
        self.done += 1
        outcomes["trace" if isinstance(outcome, Trace) else outcome.error] += 1


def _seconds(remote: Remote) -> float:
    """Return the time from the creation of a batch to its end, or 0 where the provider does not tell."""
    names = ("created_at", "completed_at", "expired_at", "cancelled_at")
    told = [at for name in names if isinstance(at := getattr(remote, name, None), int)]
    return float(max(told) - min(told)) if told else 0.0
