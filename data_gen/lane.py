"""One endpoint at work: its client, its key, its limits, and what its HTTP answers mean.

    lanes = open_lanes([Endpoint(base_url="https://api.openai.com/v1", api_key_env="OPENAI_API_KEY", rpm=500)], 600, 20480)
    content = await lanes[0].send(request)      # the body of a response, or Transient, Final, UserError

The `openai` package sends, by its aiohttp transport (2-3 times the requests/s of its default one). A request is built once
and sent as it is: the package's own `create` checks every message against its types and puts options together that never
differ (0.86 ms of CPU a request, ours 0.30 with the journal: docs/generation.md).
Keys are read from the environment when a client is made and are never written anywhere; error texts are scrubbed of
them. Limits hold evenly over the minute: no burst spends a minute's requests in its first second.
"""

import asyncio
import email.utils
import os
import re
import resource
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import httpx2
import openai
from aiolimiter import AsyncLimiter

from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.responses import DETAIL, ChatRequest, Final, Rejected, Transient

CONNECT_S = 30.0
LONGEST_PAUSE_S = 300.0  # an endpoint that wants a longer one is left
SHORTEST_KEY = 8  # characters
SPARE_FILES = 128  # descriptors for everything but connections

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class Lane:
    """An endpoint with its state. `not_before` is when it wants to be asked again, by time.monotonic()."""

    endpoint: Endpoint
    http: httpx2.AsyncClient
    url: httpx2.URL
    headers: httpx2.Headers
    key: str | None
    requests: AsyncLimiter | None
    tokens: AsyncLimiter | None
    timeout_s: float
    answered: bool = False
    failed_in_a_row: int = 0
    last_error: str = ""
    refused: str = ""  # why nothing is to be had here: the key, the model
    stopped: bool = False
    not_before: float = 0.0

    async def send(self, request: ChatRequest, sleep: Sleep = asyncio.sleep) -> bytes:
        """Send once and return the response's body. Raises Transient, Final, or UserError where asking on is pointless."""
        await self._turn(request, sleep)
        message = httpx2.Request("POST", self.url, headers=self.headers, content=request.content)
        try:
            async with asyncio.timeout(self.timeout_s):  # the client's own limit begins anew with every byte
                response = await self.http.send(message)
        except (httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Transient("connection", f"{type(error).__name__}: {error}") from error
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise Transient("timeout", f"no whole answer within {self.timeout_s:g} s ({type(error).__name__})") from error
        except (httpx2.RequestError, aiohttp.ClientError) as error:  # the latter for what is no HTTP, as a bad status line
            raise Transient("connection", f"{type(error).__name__}: {error}") from error
        if response.is_success:
            secret = self.key and len(self.key) >= SHORTEST_KEY
            return response.content.replace(str(self.key).encode(), b"***") if secret else response.content
        raise self._meaning(response)

    async def pause(self, sleep: Sleep) -> None:
        """Wait until the endpoint wants to be asked; before a request is taken, which another may answer meanwhile."""
        while (wait := self.not_before - time.monotonic()) > 0:
            await sleep(wait)
            if sleep is not asyncio.sleep:
                break  # a test's clock: it has said how long, no time has passed

    def why_left(self) -> str:
        """Return why the endpoint is asked no more."""
        return self.refused or f"{self.endpoint.base_url} gives nothing but errors ({self.last_error[:300]})"

    async def _turn(self, request: ChatRequest, sleep: Sleep) -> None:
        """Wait until the endpoint wants to be asked, and its limits allow this request."""
        await self.pause(sleep)
        if self.requests:
            await self.requests.acquire()
        if self.tokens:
            said = sum(len(message["content"]) for message in request.messages) // 4
            await self.tokens.acquire(min(said + request.sampling.max_tokens, self.tokens.max_rate))

    def _meaning(self, response: httpx2.Response) -> Exception:
        """Return what an HTTP status means; where the endpoint says when to come back, nobody asks it before."""
        failure = meaning(response.status_code, response.text, self.endpoint, self.key)
        if response.status_code == 403 and self.answered:  # the key is good: what it refuses is this request
            failure = Rejected("rejected", f"HTTP 403: {scrubbed(response.text, self.key)[:DETAIL]}")
        if isinstance(failure, Transient) and not isinstance(failure, Rejected):
            failure.wait = retry_after(response.headers)
            if failure.wait is not None and failure.wait <= LONGEST_PAUSE_S:
                self.not_before = max(self.not_before, time.monotonic() + failure.wait)
        return failure


def meaning(status: int, text: str, endpoint: Endpoint, key: str | None) -> Transient | Final | UserError:
    """Return what an HTTP error status with this text means, as the exception to raise; the key is scrubbed."""
    text = scrubbed(text, key)[:DETAIL]
    url = endpoint.base_url
    if status in (401, 403):
        return UserError(refused(endpoint, status))
    if status == 404:
        return UserError(f"{url} answers 404: check base_url (it usually ends in /v1) and the model's name; it said: {text}")
    if status in (408, 409, 425, 429) or status >= 500:
        return Transient(str(status), text)
    if "content_filter" in text:
        return Final("content_filter", f"HTTP {status}: {text}")
    if re.search(r"context.length|maximum context|too long|max_model_len", text, re.IGNORECASE):
        return Final("length", f"HTTP {status}: {text}")
    return Rejected("rejected", f"HTTP {status}: {text}")


def refused(endpoint: Endpoint, status: int) -> str:
    """Return what to do where an endpoint refuses the key, or wants one: a recipe's YAML names it, or an option does."""
    hint = (
        f"check the key in {endpoint.api_key_env}"
        if endpoint.api_key_env
        else "name the environment variable that holds one, as `api_key_env` beside `base_url` in data.yaml, or as "
        "--api_key_env beside --base_url in an evaluation"
    )
    return f"{endpoint.base_url} refuses the key (HTTP {status}): {hint}; what was answered so far is kept"


def scrubbed(text: str, key: str | None) -> str:
    """Return a text without the key that it may repeat; what is as short as EMPTY or 1 is no secret and stands elsewhere."""
    return text.replace(key, "***") if key and len(key) >= SHORTEST_KEY else text


def retry_after(headers: httpx2.Headers) -> float | None:
    """Return the seconds that a response asks to wait, or None: Retry-After as seconds or as a date (RFC 9110, 10.2.3).

    A date is compared with the endpoint's own clock (`Date`) where it tells it: ours may be wrong by a day.
    """
    told = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", told):
        return float(told)
    until, now = _seconds(told), _seconds(headers.get("date", ""))
    return None if until is None else max(0.0, until - (time.time() if now is None else now))


def _seconds(date: str) -> float | None:
    """Return a date of HTTP in seconds, or None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def raise_open_files(wanted: int) -> int:
    """Raise the soft limit of open files to what `wanted` connections need; return how many connections it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted + SPARE_FILES
    if soft < target:
        ceiling = target if hard == resource.RLIM_INFINITY else min(target, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, ceiling), hard))
        soft = max(soft, ceiling)
    return max(1, min(wanted, soft - SPARE_FILES))


def key_of(endpoint: Endpoint) -> str | None:
    """Return an endpoint's key from the environment, or None where it names no variable. Raises UserError without it."""
    if endpoint.api_key_env is None:
        return None
    key = os.environ.get(endpoint.api_key_env, "").strip()
    if not key:
        raise UserError(f"no key: set {endpoint.api_key_env} in the environment, as api_key_env asks")
    if not (key.isascii() and key.isprintable()):
        raise UserError(f"the key in {endpoint.api_key_env} holds signs that no key has: set it anew")
    return key


def http_of(endpoint: Endpoint, timeout_s: float) -> httpx2.AsyncClient:
    """Return the connections to an endpoint, as many as it may have."""
    return openai.DefaultAioHttpClient(
        trust_env="//127.0.0.1" not in endpoint.base_url,  # a proxy has no business on the loopback
        limits=httpx2.Limits(max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency),
        timeout=httpx2.Timeout(timeout_s, connect=CONNECT_S),
    )


def client_of(endpoint: Endpoint, key: str | None, timeout_s: float) -> openai.AsyncOpenAI:
    """Return the `openai` package's client of an endpoint, without its retries, and without the headers that it would take
    from the environment (OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS and the like): they may hold what is meant for another."""
    client = openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=key or "none",
        organization="",
        project="",
        max_retries=0,
        timeout=timeout_s,
        http_client=http_of(endpoint, timeout_s),
    )
    client._custom_headers = {}  # no argument leaves those of OPENAI_CUSTOM_HEADERS out
    client.organization = client.project = None
    return client


def open_lanes(endpoints: list[Endpoint], timeout_s: float, largest: int) -> list[Lane]:
    """Make a lane of each endpoint; `largest` is the most tokens that one request may count for.

    Raises UserError when a key that the YAML names is not in the environment.
    """
    keys = [key_of(endpoint) for endpoint in endpoints]
    lanes = []
    for endpoint, key in zip(endpoints, keys, strict=True):
        http = http_of(endpoint, timeout_s)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        url = httpx2.URL(f"{endpoint.base_url}/chat/completions")
        requests = limiter(endpoint.rpm, 1) if endpoint.rpm else None
        tokens = limiter(endpoint.tpm, largest) if endpoint.tpm else None
        lanes.append(Lane(endpoint, http, url, httpx2.Headers(headers), key, requests, tokens, timeout_s))
    return lanes


def limiter(per_minute: int, largest: int) -> AsyncLimiter:
    """Return a limiter of `per_minute`, evenly: at most a second's worth at once, or one request where that is more."""
    at_once = min(per_minute, max(1, largest, per_minute / 60))
    return AsyncLimiter(at_once, at_once * 60 / per_minute)
