"""Requests that go to a provider as batches, asked and waited for without waiting, and the folder that it leaves.

with BatchEndpoint(lambda _: answer("4")) as endpoint:
    outcomes, waits = ask(requests(25), endpoint, tmp_path, max_requests=10)
outcomes["q3"]                                          -> a Trace or a Failure, the last of request 3
"""

import asyncio
from typing import Any

from data_gen.batches.ask import ask_batches
from data_gen.config import Endpoint
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest, Sampling, seed_of

SAMPLING = Sampling("m", 0.7, 1.0, 100)


def request(number: int) -> ChatRequest:
    said = [{"role": "user", "content": f"question {number}."}]
    return ChatRequest(f"q{number}", 0, said, seed_of(0, f"q{number}", 0), SAMPLING)


def requests(count: int) -> list[ChatRequest]:
    return [request(number) for number in range(count)]


def ask(asked, endpoint, folder, retries=2, key=None, **options):
    """Return the outcomes of one call, the last of each request, and how long it wanted to wait each time."""
    outcomes: dict[str, Trace | Failure] = {}
    waits: list[float] = []

    async def at_once(seconds):
        waits.append(seconds)

    def record(outcome):
        outcomes[outcome.id] = outcome

    config = Endpoint(base_url=endpoint.url, api_key_env=key)
    defaults: dict[str, Any] = {"record": record, "sleep": at_once, "poll_s": 60.0}
    asyncio.run(ask_batches(asked, config, folder / "x.batches.jsonl", retries=retries, **(defaults | options)))
    return outcomes, waits


def all_files(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
