"""Asking OpenAI-compatible endpoints: many requests in flight, bounded retries, and nothing but whole answers.

    request = ChatRequest("q1", 0, messages, seed=7, sampling=Sampling(model="m", temperature=0.7, top_p=1, max_tokens=512))
    await ask_all([request], endpoints, timeout_s=600, retries=5, record=lambda outcome: journal.append(outcome.row()))

A response is a Trace only when it is JSON whose first choice has a text that is not empty and finish_reason `stop`. All
else is a Failure. Final ones (`length`, `content_filter`, `refusal`, `empty`, `malformed`) are not asked again;
transient ones (429, 5xx, dropped, not JSON, timeout) are, a bounded number of times now and by the next run; other 4xx
by the next run only.
An endpoint that refuses the key, wants a pause of many minutes, or gives nothing but errors is left, and what it was asked
goes to another; when none remains, the run ends with a line that says what to do.
"""

import asyncio
import collections
import gc
import itertools
import random
import time
from collections.abc import Callable, Iterable

from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.lane import LONGEST_PAUSE_S, Lane, Sleep, open_lanes, raise_open_files, scrubbed
from data_gen.records import Failure, Trace, Usage
from data_gen.responses import DETAIL, ChatRequest, Final, Rejected, Transient, read_answer

GIVE_UP_AFTER = 3  # requests in a row that an endpoint fails, retries included, before it is left
ODD = ("empty", "malformed")  # answers that another try, or another endpoint, may give whole
FIRST_RETRIES = 3  # while an endpoint has not answered anything yet
LONGEST_WAIT_S = 60.0
RARELY = 100_000  # objects between two searches for cycles: at Python's 700 they take a fifth of the time of a request
LONG_PROMPT = 4096  # tokens: with max_tokens, what one request may count for where an endpoint limits tokens a minute


async def ask_all(
    requests: Iterable[ChatRequest],
    endpoints: list[Endpoint],
    timeout_s: float,
    retries: int,
    record: Callable[[Trace | Failure], None],
    may_start: Callable[[int], bool] = lambda in_flight: True,
    keep_truncated: bool = False,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Ask every request and hand each outcome to `record` the moment it is there.

    Endpoints take from one queue, each as fast as it can; `requests` is read as they take. `may_start` is asked before
    each new request with the number in flight (a budget says no: those in flight still come in, and it is asked again
    after each). `keep_truncated` makes answers cut at max_tokens, and empty ones, traces too, as evaluation counts every
    response. `sleep` is the tests' clock. Raises UserError when a key is refused or a model unknown, or when every endpoint
    has stopped answering; whatever `record` raises (a full disk) ends the run too.
    """
    in_flight = sum(endpoint.concurrency for endpoint in endpoints)
    allowed = raise_open_files(in_flight)
    if allowed < in_flight:
        print(f"only {allowed} requests in flight, not {in_flight}: the limit of open files (ulimit -n) is too low")
        endpoints = [e.model_copy(update={"concurrency": max(1, e.concurrency * allowed // in_flight)}) for e in endpoints]
    rest = iter(requests)
    first = next(rest, None)
    if first is None:
        return
    lanes = open_lanes(endpoints, timeout_s, first.sampling.max_tokens + LONG_PROMPT)
    queue = _Queue(itertools.chain([first], rest), may_start, lanes)
    spent: dict[tuple[str, int], Usage] = {}  # on answers of no use, before a request went to another endpoint

    async def work(lane: Lane) -> None:
        while request := await queue.next(lane, sleep):
            before = spent.get((request.id, request.sample), Usage())
            try:
                outcome = await _ask(lane, request, retries, keep_truncated, sleep, before)
            except UserError as error:  # it refuses the key, or knows no such model: what others are at comes in
                lane.stopped, lane.refused = True, str(error)
                queue.give_back(request, lane)
                continue
            if isinstance(outcome, Failure) and (not outcome.final or outcome.error in ODD):
                lane.failed_in_a_row += 1
                lane.last_error = f"{outcome.error}: {outcome.detail}"
                # One that never answered is left soon; one that did may have an outage that hits all in flight at once.
                patience = max(GIVE_UP_AFTER, lane.endpoint.concurrency) if lane.answered else GIVE_UP_AFTER
                lane.stopped |= lane.failed_in_a_row >= patience
                others = any(not other.stopped for other in lanes if other is not lane)
                if others and queue.give_back(request, lane, at_most=len(lanes)):
                    spent[request.id, request.sample] = outcome.usage
                    continue  # another endpoint may answer it
            else:
                lane.failed_in_a_row = 0
                lane.answered = True
            record(outcome)
            queue.done()

    workers = [asyncio.create_task(work(lane)) for lane in lanes for _ in range(lane.endpoint.concurrency)]
    often = gc.get_threshold()
    gc.set_threshold(RARELY)
    try:
        await asyncio.gather(*workers)
    finally:
        gc.set_threshold(*often)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for lane in lanes:
            await lane.http.aclose()
    left = [lane for lane in lanes if lane.stopped]
    errors = list(dict.fromkeys(lane.why_left() for lane in left))
    if len(left) == len(lanes):
        if not all(lane.refused for lane in left):
            errors.append("what was answered is kept: mend the endpoint (is it up? is base_url right?), run the same again")
        raise UserError("\n".join(errors))
    for error in errors:
        print(f"an endpoint was left, the others did its work: {error}")


class _Queue:
    """The requests not yet taken; those given back come first, and go to an endpoint that has failed them least often.
    Workers without a request wait, at no cost, until one is there."""

    def __init__(self, requests: Iterable[ChatRequest], may_start: Callable[[int], bool], lanes: list[Lane]) -> None:
        self._rest = iter(requests)
        self._may_start = may_start
        self._lanes = lanes
        self._returned: collections.deque[ChatRequest] = collections.deque()
        self._failed_at: dict[tuple[str, int], list[Lane]] = collections.defaultdict(list)  # by (id, sample), each time
        self._waiting: collections.deque[asyncio.Future[None]] = collections.deque()
        self._in_flight = 0

    async def next(self, lane: Lane, sleep: Sleep) -> ChatRequest | None:
        """Return the next request, or None when none will come for this lane; it is in flight until its outcome is there."""
        while not lane.stopped:
            await lane.pause(sleep)
            allowed = self._may_start(self._in_flight)
            request = self._take(lane) if allowed else None
            if request is not None:
                self._in_flight += 1
                return request
            if not self._in_flight and not (allowed and self._returned):  # else one that another endpoint is to take
                break
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._wake(1)  # the turn of a lane that has stopped is another's
        return None

    def _take(self, lane: Lane) -> ChatRequest | None:
        for place, request in enumerate(self._returned):
            running = [other for other in self._lanes if not other.stopped]
            if all(self._times(request, lane) <= self._times(request, other) for other in running):
                del self._returned[place]
                return request
        return next(self._rest, None)

    def _times(self, request: ChatRequest, lane: Lane) -> int:
        return sum(lane is one for one in self._failed_at[request.id, request.sample])

    def done(self) -> None:
        """Say that an outcome is there."""
        self._in_flight -= 1
        self._wake(1 if self._in_flight else len(self._waiting))

    def give_back(self, request: ChatRequest, lane: Lane, at_most: int | None = None) -> bool:
        """Take a request back that failed at `lane`, unless it came back `at_most` times already; return whether it was."""
        failed_at = self._failed_at[request.id, request.sample]
        failed_at.append(lane)
        if at_most is not None and len(failed_at) > at_most:
            return False
        self._returned.append(request)
        self._in_flight -= 1
        self._wake(len(self._waiting))  # not every endpoint may take it
        return True

    def _wake(self, count: int) -> None:
        while count and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                count -= 1


async def _ask(
    lane: Lane, request: ChatRequest, retries: int, keep_truncated: bool, sleep: Sleep, usage: Usage
) -> Trace | Failure:
    """Ask one request until it is answered, finally failed, or out of retries. `usage` is what was paid for it before."""
    attempt, started = 0, time.monotonic()
    while True:
        attempt += 1
        final = rejected = False
        try:
            content = await lane.send(request, sleep)
            trace = read_answer(content, request, time.monotonic() - started, keep_truncated)
            return trace if usage == Usage() else trace.model_copy(update={"wasted": usage})
        except Transient as failure:
            error, detail, wait = failure.error, failure.detail, failure.wait
            rejected = isinstance(failure, Rejected)
            if wait is not None and wait > LONGEST_PAUSE_S:
                lane.stopped, detail = True, f"it wants no request for {wait:.0f} s ({detail})"
        except Final as failure:
            # An empty or malformed answer may be an accident of sampling: it becomes final when the retries are spent.
            final = failure.error not in ODD or attempt > retries
            error, detail, wait = failure.error, failure.detail, None
            usage = Usage(
                prompt_tokens=usage.prompt_tokens + failure.usage.prompt_tokens,
                completion_tokens=usage.completion_tokens + failure.usage.completion_tokens,
            )
        # What never answered gets seconds, not minutes: it is rather down, or another address, than busy.
        enough = retries if lane.answered else min(retries, FIRST_RETRIES)
        if final or rejected or attempt > enough or lane.stopped:
            detail = scrubbed(detail, lane.key)
            return Failure(
                id=request.id,
                sample=request.sample,
                request=request.hash,
                error=error,
                detail=detail if final else detail[:DETAIL],
                attempts=attempt,
                final=final,
                usage=usage,
            )
        backoff = min(LONGEST_WAIT_S, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
        await sleep(min(2 * LONGEST_WAIT_S, max(wait, backoff)) if wait else backoff)
