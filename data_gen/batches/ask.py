"""Asking through the OpenAI Batch API: half the price, answers within 24 hours, and no request is ever submitted twice.

    await ask_batches(requests, endpoint, run / "02_traces.batches.jsonl", record, retries=8)
    # 120,000 requests -> 3 batches of at most 50,000, submitted, polled every minute, recorded as each completes

Stop it in any way and call it again with the requests that have no answer yet: those in a batch at the provider are not
submitted again, and a batch that was created in the very moment of the kill is found by the token in its metadata. A call
after the last batch completed only downloads. What becomes of a request:

| its batch | the request |
|---|---|
| completed | a Trace, or a Failure as `chat.ask_all` would give; without a line of its own `missing`, transient |
| completed, results torn | nothing is recorded and the batch stays open: the run ends, the next one downloads again |
| expired, cancelled | what was answered as above, the rest `expired` or `cancelled`, transient: the next run asks again |
| failed, queue full | put back and submitted later, in smaller batches where none of ours fills the queue |
| failed, else | not begun and not paid: the run ends with the provider's message, the next run submits it again |

Limits of a batch: 50,000 requests and 200 MB; 50 % of the price (developers.openai.com: api/docs/guides/batch and
api/reference, batches; help.openai.com/en/articles/9197833). Results are kept for 30 days there: come back before.

`record` may see a request again when a kill came between it and the journal's `collected` row: equal rows, so a journal
keyed by (id, sample) is no different. Answers that are not among `requests` any more are recorded too, as they are paid for:
`request` of the outcome tells what they answer, and the caller keeps apart what is of an edited question.
Not covered: an endpoint without a Batch API answers 404, which ends the run in one line; vLLM's server is such a one
(docs.litellm.ai/docs/providers/vllm_batches). Nothing here was run against a provider: the tests' endpoint is scripted.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from openai.types import Batch as Remote

from data_gen.batches.answers import Reader
from data_gen.batches.api import ROUTE, BatchApi, Gone, QueueFull, backoff, finished, queue_is_full
from data_gen.batches.download import Torn
from data_gen.batches.journal import Asked, Batch, BatchJournal, Line, Source
from data_gen.batches.results import Results
from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.lane import Sleep, key_of, scrubbed
from data_gen.records import Failure, Trace, dumps
from data_gen.responses import DETAIL, ChatRequest, Transient

MAX_REQUESTS = 50_000
MAX_BYTES = 190_000_000  # 200 MB is the limit; whether MB or MiB is not told
OVER = ("completed", "expired", "cancelled")


async def ask_batches(
    requests: Iterable[ChatRequest],
    endpoint: Endpoint,
    journal: Path,
    record: Callable[[Trace | Failure], None],
    retries: int,
    may_start: Callable[[], bool] = lambda: True,
    poll_s: float = 60.0,
    max_requests: int = MAX_REQUESTS,
    max_bytes: int = MAX_BYTES,
    in_flight: int = 8,
    progress: Callable[[int, int], None] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Submit every request in batches and hand each outcome to `record` when its batch is over.

    `requests` is read as batches are filled and never held. `may_start` is asked before each batch (a budget says no:
    those in flight still come in). `retries` bounds the tries of each call, and how many runs ask again for an empty
    answer. `progress` gets (done, submitted). Raises UserError when the key, the address or a batch is refused, or the
    API fails for longer than the retries; whatever `record` raises (a full disk) ends the run too.
    """
    key = key_of(endpoint)
    with BatchJournal(journal) as log:
        api = BatchApi(endpoint, key, retries, sleep)
        results = Results(log, api, Reader(endpoint, key, retries), record)
        try:
            await _resume(log, api, poll_s, sleep)
            # A snapshot: a batch that is collected in this run leaves its requests in it, so that none is asked again.
            held = {asked.custom_id for batch in log.open.values() for asked in log.asked(batch)}
            lines = Source(_lines(requests, held))
            work = _Work(log, api, results, lines, may_start, max_requests, max_bytes, in_flight, poll_s, sleep, len(held))
            while True:
                await work.collect()
                later = await work.submit()
                if progress is not None:
                    progress(results.done + sum(batch.finished for batch in log.open.values()), work.submitted)
                if not log.open and not later:
                    return
                await sleep(poll_s)
        except Transient as error:
            raise UserError(
                f"{endpoint.base_url} does not answer ({error.error}: {error.detail[:300]}); run the same again: "
                f"{_at_provider(log)} batches go on at the provider"
            ) from error
        finally:
            await api.close()


async def _resume(log: BatchJournal, api: BatchApi, poll_s: float, sleep: Sleep) -> None:
    """Learn what became of batches that a kill left half submitted. A new one may take a poll to show in the list."""
    unsure = {batch.token: batch for batch in log.open.values() if batch.id is None and batch.created_at is not None}
    if unsure:
        last = max(batch.created_at or 0.0 for batch in unsure.values())
        await sleep(min(poll_s, max(0.0, last + poll_s - time.time())))
        for token, name in (await api.find({token: batch.file for token, batch in unsure.items()})).items():
            log.append("submitted", token, batch=name)
    for batch in list(log.open.values()):
        if batch.id is None:
            log.close("dropped", batch)
    if log.open:
        count = sum(batch.requests for batch in log.open.values())
        print(f"{log.path.name}: {len(log.open)} batches with {count:,} requests are at the provider")


def _at_provider(log: BatchJournal) -> int:
    return sum(batch.id is not None for batch in log.open.values())


def _lines(requests: Iterable[ChatRequest], held: set[str]) -> Iterator[Line]:
    """Yield a line of an input file for every request that is in no open batch."""
    for request in requests:
        custom_id = request.hash
        if custom_id not in held:
            text = dumps({"custom_id": custom_id, "method": "POST", "url": ROUTE, "body": request.body})
            yield Line(Asked(custom_id, request.id, request.sample, request.sampling.model), text)


@dataclass
class _Work:
    """One call of ask_batches at work."""

    log: BatchJournal
    api: BatchApi
    results: Results
    lines: Source
    may_start: Callable[[], bool]
    max_requests: int
    max_bytes: int
    in_flight: int
    poll_s: float
    sleep: Sleep
    submitted: int

    async def submit(self) -> bool:
        """Submit batches while there is room; return whether the provider's queue is full, so that more comes later."""
        while len(self.log.open) < self.in_flight and self.lines.more() and self.may_start():
            batch = self.log.spill(self.lines, self.max_requests, self.max_bytes)
            batch.alone = len(self.log.open) == 1
            try:
                name = await self._create(batch)
            except QueueFull as error:
                self._later(batch, error.detail)
                return True
            except UserError:
                if not batch.unsure:
                    self.log.close("dropped", batch)
                raise
            self.log.append("submitted", batch.token, batch=name)
            self.submitted += batch.requests
        return False

    async def _create(self, batch: Batch) -> str:
        """Upload and create a batch. When no answer says whether it was created, the provider's list does."""
        file = await self.api.upload(self.log.file(batch.token, "input"), f"{batch.token}.jsonl")
        attempt = 1
        while True:
            self.log.append("creating", batch.token, file=file)
            try:
                return await self.api.create(file, batch.token)
            except QueueFull:
                raise
            except Transient as failure:
                if attempt > self.results.reader.retries:
                    raise
                if failure.error == "429":
                    await self.sleep(backoff(attempt, failure.wait))
                else:
                    batch.unsure = True
                    await self.sleep(self.poll_s)
                    if found := await self.api.find({batch.token: file}):
                        return found[batch.token]
            attempt += 1

    def _later(self, batch: Batch, told: str) -> None:
        """Put the requests of a batch back that found the queue full: fewer at once from here, or smaller ones."""
        self.log.append("refused", batch.token, told=told[:DETAIL])
        self.in_flight = max(1, len(self.log.open))
        if batch.alone:
            if batch.requests == 1:
                raise UserError(
                    f"{self.api.endpoint.base_url} has no room for one request: {_line(told)}; run the same again later"
                )
            self.max_requests = max(1, batch.requests // 2)
            print(f"{self.log.path.name}: no room for {batch.requests:,} requests, so smaller batches now: {_line(told)}")
        self.lines.put_back(self.log.lines(batch.token))

    async def collect(self) -> None:
        """Look at every batch once and record those that are over. Raises UserError for those that were not accepted."""
        failures = []
        for batch in list(self.log.open.values()):
            try:
                remote = await self.api.look(str(batch.id))
                if remote.status in OVER or (remote.status == "failed" and remote.output_file_id):
                    await self.results.take(batch, remote)
                elif remote.status == "failed":
                    failures += await self._failed(batch, remote)
                else:
                    batch.finished = finished(remote)
            except Torn as error:
                failures.append(f"{batch.id}: {error.detail}, so it stays open. {self._give_up(batch)}")
            except Gone as error:
                raise UserError(f"{error}; is it the key of the same project? {self._give_up(batch)}") from error
        if failures:
            raise UserError(
                "\n".join(failures) + "\nnothing is lost: mend what it says, then run the same again "
                f"({_at_provider(self.log)} batches go on at the provider)"
            )

    def _give_up(self, batch: Batch) -> str:
        return f"To give up what {batch.id} answered and pay again, take the lines with {batch.token} out of {self.log.path}"

    async def _failed(self, batch: Batch, remote: Remote) -> list[str]:
        """Close a batch that was never begun; return why, unless its requests come later or are asked by the next run."""
        errors = (remote.errors and remote.errors.data) or []
        told = scrubbed("; ".join(f"{error.code}: {error.message}" for error in errors), self.results.reader.key)
        if not queue_is_full(told):
            self.log.close("failed", batch, told=told[:DETAIL])
            return [f"{remote.id} failed: {_line(told)}"]
        if batch.earlier:  # the caller may want other requests by now: those that it still wants are the next run's
            await self.results.take(batch, remote)
        else:
            self.submitted -= batch.requests
            self._later(batch, told)
        return []


def _line(text: str) -> str:
    """Return the beginning of a text on one line."""
    return " ".join(text.split())[:300]
