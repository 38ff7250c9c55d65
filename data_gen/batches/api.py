"""The calls that a batch needs: upload, create, find, look, content. Each but `create` is tried a bounded number of times.

    api = BatchApi(endpoint, key, retries=8, sleep=asyncio.sleep)
    file = await api.upload(Path("x.input.jsonl"), "x.jsonl")                   -> "file-1"
    batch = await api.create(file, token="x")                                   -> Batch(id="batch_1", status="validating")
    await api.tried(read)    # where `read` goes through `api.content(batch.output_file_id)`, in pieces as they come

Routes, statuses and limits as in the OpenAI reference (developers.openai.com/api/reference: files, batches; batch guide).
Raises UserError where trying again is pointless (key, address, a file that is not accepted), QueueFull where the provider's
limit of enqueued tokens is reached, else Transient with the last error when the tries are spent.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import aiohttp
import httpx2
import openai
from aiohttp.http_exceptions import HttpProcessingError
from openai.types import Batch as Remote

from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.lane import Sleep, client_of, meaning, retry_after, scrubbed
from data_gen.responses import DETAIL, Rejected, Transient

ROUTE: Final = "/v1/chat/completions"
TIMEOUT_S = 600.0  # of one call, without a byte
LONGEST_WAIT_S = 60.0
T = TypeVar("T")


class QueueFull(Transient):
    """The provider holds as many tokens of ours as it wants to: the batch was not begun and may come later."""


class Gone(UserError):
    """The provider does not know this batch or file, or has no Batch API (HTTP 404)."""


def queue_is_full(text: str) -> bool:
    """Return whether an error says that too many tokens are enqueued.

    The code and the message are those of openai/openai-python#2084.
    """
    return "token_limit_exceeded" in text or "enqueued token limit" in text.lower()


class BatchApi:
    """A client of one endpoint's files and batches."""

    def __init__(self, endpoint: Endpoint, key: str | None, retries: int, sleep: Sleep = asyncio.sleep) -> None:
        self.endpoint, self.key, self._retries, self._sleep = endpoint, key, retries, sleep
        self._client = client_of(endpoint, key, TIMEOUT_S)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def upload(self, path: Path, name: str) -> str:
        """Upload an input file, read from the disk as it is sent; return its id. Twice does no harm: it costs nothing."""

        async def send() -> str:
            with path.open("rb") as file:
                return _id(await self._client.files.create(file=(name, file), purpose="batch"))

        return await self.tried(send)

    async def create(self, file: str, token: str) -> str:
        """Ask once for a batch of an uploaded file; return its id. After Transient it may be there all the same: find it."""

        async def send() -> str:
            return _id(
                await self._client.batches.create(
                    completion_window="24h", endpoint=ROUTE, input_file_id=file, metadata={"token": token}
                )
            )

        return await self._once(send)

    async def find(self, tokens: dict[str, str | None]) -> dict[str, str]:
        """Return the ids of those batches, by token, that the provider has: by its metadata or its input file."""
        by_file = {file: token for token, file in tokens.items() if file}

        async def send() -> dict[str, str]:
            found: dict[str, str] = {}
            async for remote in self._client.batches.list(limit=100):
                token = (remote.metadata or {}).get("token", "")
                token = token if token in tokens else by_file.get(remote.input_file_id, "")
                if token:
                    found[token] = remote.id
                if len(found) == len(tokens):
                    break
            return found

        return await self.tried(send)

    async def look(self, batch: str) -> Remote:
        """Return a batch as it is now."""

        async def send() -> Remote:
            remote = await self._client.batches.retrieve(batch)
            _id(remote)
            if not isinstance(getattr(remote, "status", None), str):
                raise ValueError(f"no status in the answer: {remote}")
            return remote

        return await self.tried(send)

    async def content(self, file: str) -> AsyncGenerator[bytes]:
        """Yield a result file in pieces as they come. Only `tried` makes of an error what the other calls raise."""
        async with self._client.files.with_streaming_response.content(file) as response:
            async for piece in response.iter_bytes(1 << 20):
                yield piece

    async def tried(self, send: Callable[[], Awaitable[T]]) -> T:
        """Call until it goes well or the tries are spent."""
        attempt = 1
        while True:
            try:
                return await self._once(send)
            except Transient as failure:
                if attempt > self._retries:
                    raise
                await self._sleep(backoff(attempt, failure.wait))
            attempt += 1

    async def _once(self, send: Callable[[], Awaitable[T]]) -> T:
        """Call once and turn what goes wrong into Transient, QueueFull or UserError."""
        try:
            return await send()
        except openai.APIStatusError as error:
            raise await self._meaning(error) from error
        except openai.APIConnectionError as error:
            raise Transient("connection", self._scrubbed(error.__cause__ or error)) from error
        except (httpx2.RequestError, aiohttp.ClientError, HttpProcessingError) as error:  # in the middle of a download
            raise Transient("connection", self._scrubbed(error)) from error
        except (ValueError, RecursionError) as error:  # a body that is not JSON, or is nested without end
            raise Transient("not_json", self._scrubbed(error)) from error

    async def _meaning(self, error: openai.APIStatusError) -> Exception:
        text = (await error.response.aread()).decode("utf-8", "replace")
        if queue_is_full(text):
            return QueueFull("queue_full", self._scrubbed(text))
        if error.status_code == 404:
            said = " ".join(self._scrubbed(text).split())[:300]
            return Gone(f"{self.endpoint.base_url} answers 404: check base_url (it usually ends in /v1); it said: {said}")
        if error.status_code < 400:  # no answer to what was asked: a redirection without an end, a change of protocol
            return Transient(str(error.status_code), self._scrubbed(text))
        failure = meaning(error.status_code, text, self.endpoint, self.key)
        if isinstance(failure, UserError):
            return failure
        if isinstance(failure, Transient) and not isinstance(failure, Rejected):
            return Transient(failure.error, failure.detail, retry_after(error.response.headers))
        said = " ".join(failure.detail.split())[:300]
        return UserError(
            f"{self.endpoint.base_url} does not take the batch: {said}; nothing is lost: mend it, then run the same again"
        )

    def _scrubbed(self, error: object) -> str:
        told = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
        return scrubbed(told, self.key)[:DETAIL]  # in this order: half a key is not found any more


def backoff(attempt: int, wait: float | None = None) -> float:
    """Return the seconds before another try: doubled each time, up to a minute, or what Retry-After asked for."""
    seconds = min(LONGEST_WAIT_S, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
    return float(max(seconds, min(2 * LONGEST_WAIT_S, wait or 0.0)))


def finished(remote: Remote) -> int:
    """Return how many requests of a batch the provider is done with, or 0 where it does not tell."""
    counts = (getattr(remote.request_counts, name, 0) for name in ("completed", "failed"))
    return sum(count for count in counts if isinstance(count, int))


def _id(answer: object) -> str:
    """Return the id of what the API gave. Raises ValueError where it gave no object with one, a page of HTML say."""
    name = getattr(answer, "id", None)
    if not isinstance(name, str):
        raise ValueError(f"no id in the answer: {answer}")
    return name
