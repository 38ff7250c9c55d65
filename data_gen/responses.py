"""What is asked, and what a response to it is: a whole answer, or which failure.

read_answer(b'{"choices": [...]}', request, seconds=1.2, keep_truncated=False)   -> Trace, or raises Final or Transient
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from data_gen.prompts import Message
from data_gen.records import Trace, Usage

MOST_TOKENS = 1 << 40  # of one answer; a larger count, or one that is no number, is no count
DETAIL = 2000  # characters of an error that are kept; the text of a final failure is kept whole


@dataclass(frozen=True)
class Sampling:
    """What decides a response beside the messages."""

    model: str
    temperature: float
    top_p: float
    max_tokens: int


@dataclass(frozen=True)
class ChatRequest:
    """One request. `seed` goes over the wire and differs by sample."""

    id: str
    sample: int
    messages: list[Message]
    seed: int
    sampling: Sampling

    @property
    def body(self) -> dict[str, Any]:
        return {
            "model": self.sampling.model,
            "messages": self.messages,
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "max_tokens": self.sampling.max_tokens,
            "seed": self.seed,
        }

    @property
    def content(self) -> bytes:
        """The body as it goes over the wire. Lone surrogates are escaped by JSON, which is ASCII here."""
        return json.dumps(self.body).encode()

    @property
    def hash(self) -> str:
        """A hash of everything that decides the response; where it is sent does not."""
        text = json.dumps([self.body, self.sample], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def seed_of(seed: int, problem: str, sample: int) -> int:
    """Return a request's seed: 31 bits out of the recipe's seed, the problem and the sample."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{problem}/{sample}".encode()).digest()[:4], "big") >> 1


class Transient(Exception):
    """An attempt that may go well another time. `wait` is what Retry-After asked for, in seconds."""

    def __init__(self, error: str, detail: str, wait: float | None = None) -> None:
        super().__init__(detail)
        self.error, self.detail, self.wait = error, detail, wait


class Rejected(Transient):
    """A request that the endpoint does not take (HTTP 4xx): not asked again in this run, but by the next."""


class Final(Exception):
    """A response that would be the same another time."""

    def __init__(self, error: str, detail: str, usage: Usage | None = None) -> None:
        super().__init__(detail)
        self.error, self.detail, self.usage = error, detail, usage or Usage()


def read_answer(content: bytes, request: ChatRequest, seconds: float, keep_truncated: bool) -> Trace:
    """Turn a response body into a Trace. Raises Transient when it is not JSON, Final when it is no whole answer.

    `keep_truncated`: an answer that was cut off, or is empty, is a Trace too, as evaluation counts every response.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        start = content[:200].decode("utf-8", "replace")
        raise Transient("not_json", f"the endpoint answered with something that is not JSON: {start!r}") from error
    usage = _usage(body)
    if isinstance(body, dict) and body.get("error") and not body.get("choices"):  # some gateways say so with status 200
        raise Transient("error", f"the endpoint answers with an error: {json.dumps(body['error'])[:DETAIL]}")
    try:
        choice = body["choices"][0]
        if choice.get("error"):
            raise Transient("error", f"an answer with an error: {json.dumps(choice['error'])[:DETAIL]}")
        message = choice["message"]
        text, finish = message.get("content") or "", choice["finish_reason"]
        reasoning = message.get("reasoning") or message.get("reasoning_content")
        refusal = message.get("refusal")
        if not isinstance(text, str) or not isinstance(reasoning, str | None):
            raise TypeError("content is no text")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Final("malformed", f"{type(error).__name__} {error}: {json.dumps(body)[:DETAIL]}", usage) from error
    truncated = finish == "length"
    if refusal:
        raise Final("refusal", str(refusal), usage)
    if finish == "content_filter":
        raise Final("content_filter", text, usage)
    if truncated and not keep_truncated:
        raise Final("length", text, usage)
    if finish != "stop" and not truncated:
        raise Final("malformed", f"finish_reason {finish!r}: {text}", usage)
    if not text.strip() and not keep_truncated:
        raise Final("empty", reasoning or "", usage)
    served = body.get("model")
    trace = Trace(
        id=request.id,
        sample=request.sample,
        text=text,
        reasoning=reasoning,
        finish_reason=finish,
        model=request.sampling.model,
        usage=usage,
        request=request.hash,
        seconds=round(seconds, 3),
    )
    if isinstance(served, str) and served != request.sampling.model:
        return trace.model_copy(update={"answered_by": served})  # a dated version, or not what was asked for
    return trace


def _usage(body: Any) -> Usage:
    """Return the tokens that the endpoint counted, or zeros where it tells none."""
    told = body.get("usage") if isinstance(body, dict) else None
    counts = told if isinstance(told, dict) else {}
    return Usage(
        prompt_tokens=_count(counts.get("prompt_tokens")), completion_tokens=_count(counts.get("completion_tokens"))
    )


def _count(told: Any) -> int:
    return int(told) if isinstance(told, int | float) and 0 <= told < MOST_TOKENS else 0
