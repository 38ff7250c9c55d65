"""Asking OpenAI-compatible endpoints: many requests in flight, bounded retries, and nothing but whole answers.

    request = ChatRequest("q1", 0, messages, seed=7, sampling=Sampling(model="m", temperature=0.7, top_p=1, max_tokens=512))
    await ask_all([request], endpoints, timeout_s=600, retries=5, record=lambda outcome: journal.append(outcome.row()))

A response is a Trace only when it is JSON with one choice, a text that is not empty, and finish_reason `stop`. All else
is a Failure. Final ones (`length`, `content_filter`, `refusal`, `empty`, `malformed`) are not asked again;
transient ones (429, 5xx, dropped, not JSON, timeout) are, a bounded number of times now and by the next run; other 4xx
by the next run only.
An endpoint that refuses the key stops the run at once; one that gives nothing but errors is left; when none remains,
the run ends with a line that says what to do.

The `openai` package sends (its aiohttp transport: 2-3 times the requests/s of the default one), without its own retries.
Keys are read from the environment when a client is made and are never written anywhere; error texts are scrubbed of them.
"""

import asyncio
import collections
import os
import random
import re
import resource
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import httpx2
import openai
from aiolimiter import AsyncLimiter

from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.records import Failure, Trace, Usage
from data_gen.responses import DETAIL, ChatRequest, Final, Rejected, Transient, read_answer

GIVE_UP_AFTER = 3  # requests in a row that an endpoint fails, retries included, before it is left
FIRST_RETRIES = 3  # while an endpoint has not answered anything yet
LONGEST_WAIT_S = 60.0


@dataclass
class Lane:
    """An endpoint at work: its client, limits and state."""

    endpoint: Endpoint
    client: openai.AsyncOpenAI
    key: str | None
    requests: AsyncLimiter | None
    tokens: AsyncLimiter | None
    answered: bool = False
    failed_in_a_row: int = 0
    last_error: str = ""
    stopped: bool = False


def raise_open_files(wanted: int) -> int:
    """Raise the soft limit of open files to what `wanted` connections need; return how many connections it allows."""
    spare = 128
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted + spare
    if soft < target:
        ceiling = target if hard == resource.RLIM_INFINITY else min(target, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, ceiling), hard))
        soft = max(soft, ceiling)
    return max(1, min(wanted, soft - spare))


def open_lanes(endpoints: list[Endpoint], timeout_s: float) -> list[Lane]:
    """Make a client for each endpoint. Raises UserError when a key that the YAML names is not in the environment."""
    missing = sorted({e.api_key_env for e in endpoints if e.api_key_env and not os.environ.get(e.api_key_env)})
    if missing:
        raise UserError(f"no key: set {', '.join(missing)} in the environment, as the recipe's endpoints ask")
    lanes = []
    for endpoint in endpoints:
        key = os.environ[endpoint.api_key_env] if endpoint.api_key_env else None
        client = openai.AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=key or "none",
            max_retries=0,
            timeout=openai.Timeout(timeout_s, connect=30.0),
            http_client=openai.DefaultAioHttpClient(
                trust_env="//127.0.0.1" not in endpoint.base_url,  # a proxy has no business on the loopback
                limits=httpx2.Limits(max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency),
                timeout=openai.Timeout(timeout_s, connect=30.0),
            ),
        )
        requests = AsyncLimiter(endpoint.rpm, 60) if endpoint.rpm else None
        tokens = AsyncLimiter(endpoint.tpm, 60) if endpoint.tpm else None
        lanes.append(Lane(endpoint, client, key, requests, tokens))
    return lanes


async def ask_all(
    requests: Iterable[ChatRequest],
    endpoints: list[Endpoint],
    timeout_s: float,
    retries: int,
    record: Callable[[Trace | Failure], None],
    may_start: Callable[[], bool] = lambda: True,
    keep_truncated: bool = False,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Ask every request and hand each outcome to `record` the moment it is there.

    Endpoints take from one queue, each as fast as it can. `may_start` is asked before each new request (a budget says
    no: those in flight still come in). `keep_truncated` makes answers cut at max_tokens traces too, as evaluation counts
    every response. `sleep` is the tests' clock. Raises UserError when a key is refused or a model unknown, or when every
    endpoint has stopped answering; whatever `record` raises (a full disk) ends the run too.
    """
    in_flight = sum(endpoint.concurrency for endpoint in endpoints)
    allowed = raise_open_files(in_flight)
    if allowed < in_flight:
        print(f"only {allowed} requests in flight, not {in_flight}: the limit of open files (ulimit -n) is too low")
        endpoints = [e.model_copy(update={"concurrency": max(1, e.concurrency * allowed // in_flight)}) for e in endpoints]
    lanes = open_lanes(endpoints, timeout_s)
    queue = _Queue(requests)

    async def work(lane: Lane) -> None:
        while not lane.stopped and may_start():
            request = queue.take()
            if request is None:
                if not queue.in_flight:
                    return
                await asyncio.sleep(0.02)  # another endpoint may still give one back
                continue
            outcome = await _ask(lane, request, retries, keep_truncated, sleep)
            queue.in_flight -= 1
            if isinstance(outcome, Failure) and not outcome.final:
                lane.failed_in_a_row += 1
                lane.last_error = f"{outcome.error}: {outcome.detail}"
                # One that never answered is left soon; one that did may have an outage that hits all in flight at once.
                patience = max(GIVE_UP_AFTER, lane.endpoint.concurrency) if lane.answered else GIVE_UP_AFTER
                lane.stopped |= lane.failed_in_a_row >= patience
                others = any(not other.stopped for other in lanes if other is not lane)
                if others and queue.give_back(request, at_most=len(lanes)):
                    continue  # another endpoint may answer it
            else:
                lane.failed_in_a_row = 0
                lane.answered = True
            record(outcome)

    workers = [asyncio.create_task(work(lane)) for lane in lanes for _ in range(lane.endpoint.concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for lane in lanes:
            await lane.client.close()
    if all(lane.stopped for lane in lanes):
        errors = [f"{lane.endpoint.base_url} gives nothing but errors ({lane.last_error[:300]})" for lane in lanes]
        errors.append("what was answered is kept: mend the endpoint (is it up? is base_url right?), then run the same again")
        raise UserError("\n".join(errors))


class _Queue:
    """The requests not yet taken; those given back come first."""

    def __init__(self, requests: Iterable[ChatRequest]) -> None:
        self._rest = iter(requests)
        self._returned: collections.deque[ChatRequest] = collections.deque()
        self._times: collections.Counter[str] = collections.Counter()
        self.in_flight = 0

    def take(self) -> ChatRequest | None:
        """Return the next request, or None when none waits now; what is taken is in flight until its outcome is there."""
        request = self._returned.popleft() if self._returned else next(self._rest, None)
        self.in_flight += request is not None
        return request

    def give_back(self, request: ChatRequest, at_most: int) -> bool:
        """Take a request back, unless it came back `at_most` times already; return whether it was taken."""
        self._times[request.hash] += 1
        if self._times[request.hash] > at_most:
            return False
        self._returned.append(request)
        return True


async def _ask(
    lane: Lane, request: ChatRequest, retries: int, keep_truncated: bool, sleep: Callable[[float], Awaitable[None]]
) -> Trace | Failure:
    """Ask one request until it is answered, finally failed, or out of retries."""
    attempt, started, usage = 0, time.monotonic(), Usage()
    while True:
        attempt += 1
        final = rejected = False
        try:
            content = await _attempt(lane, request)
            return read_answer(content, request, time.monotonic() - started, keep_truncated)
        except Transient as failure:
            error, detail, wait = failure.error, failure.detail, failure.wait
            rejected = isinstance(failure, Rejected)
        except Final as failure:
            # An empty or malformed answer may be an accident of sampling: it becomes final when the retries are spent.
            final = failure.error not in ("empty", "malformed") or attempt > retries
            error, detail, wait = failure.error, failure.detail, None
            usage = Usage(
                prompt_tokens=usage.prompt_tokens + failure.usage.prompt_tokens,
                completion_tokens=usage.completion_tokens + failure.usage.completion_tokens,
            )
        # What never answered gets seconds, not minutes: it is rather down, or another address, than busy.
        enough = retries if lane.answered else min(retries, FIRST_RETRIES)
        if final or rejected or attempt > enough or lane.stopped:
            detail = detail.replace(lane.key, "***") if lane.key else detail
            detail = detail if final else detail[:DETAIL]
            return Failure(
                id=request.id,
                sample=request.sample,
                request=request.hash,
                error=error,
                detail=detail,
                attempts=attempt,
                final=final,
                usage=usage,
            )
        backoff = min(LONGEST_WAIT_S, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
        await sleep(min(2 * LONGEST_WAIT_S, max(wait, backoff)) if wait else backoff)


async def _attempt(lane: Lane, request: ChatRequest) -> bytes:
    """Send once and return the response's body. Raises Transient, Final, or UserError where asking on is pointless."""
    if lane.requests:
        await lane.requests.acquire()
    if lane.tokens:
        said = sum(len(message["content"]) for message in request.messages) // 4
        await lane.tokens.acquire(min(said + request.sampling.max_tokens, lane.tokens.max_rate))
    try:
        response = await lane.client.chat.completions.with_raw_response.create(**request.body)
        content: bytes = response.http_response.content
        return content
    except openai.APITimeoutError as error:
        raise Transient("timeout", str(error.__cause__ or error)) from error
    except openai.APIConnectionError as error:
        raise Transient("connection", f"{type(error.__cause__).__name__}: {error.__cause__ or error}") from error
    except openai.APIStatusError as error:
        raise _status(lane, error) from error


def _status(lane: Lane, error: openai.APIStatusError) -> Exception:
    """Return what an HTTP status means."""
    status, text = error.status_code, error.response.text[:DETAIL]
    text = text.replace(lane.key, "***") if lane.key else text
    url, name = lane.endpoint.base_url, lane.endpoint.api_key_env
    if status in (401, 403):
        hint = f"check the key in {name}" if name else "set `api_key_env` in the YAML to the variable that holds the key"
        return UserError(f"{url} refuses the key (HTTP {status}): {hint}; what was answered so far is kept")
    if status == 404:
        return UserError(f"{url} answers 404: check base_url (it usually ends in /v1) and the model's name; it said: {text}")
    if status in (408, 409, 425, 429) or status >= 500:
        after = error.response.headers.get("retry-after", "")
        return Transient(str(status), text, float(after) if after.replace(".", "", 1).isdigit() else None)
    if "content_filter" in text:
        return Final("content_filter", f"HTTP {status}: {text}")
    if re.search(r"context.length|maximum context|too long|max_model_len", text, re.IGNORECASE):
        return Final("length", f"HTTP {status}: {text}")
    return Rejected("rejected", f"HTTP {status}: {text}")
