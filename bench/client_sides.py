"""One side of `bench.client` in a process of its own: our client with its journal, or the openai package used plainly.

    python -m bench.client_sides '{"side": "ours", "base_url": "http://127.0.0.1:1/v1", "prompts": "p.jsonl", ...}'

Writes result.json beside the prompts: {"answered": 5000, "seconds": 5.1, "cpu": 4.9}: of the whole call, from making a
client to the last row written and the client closed; one request may go before (`warm`). The plain sides keep nothing of
an answer: the least that any program around the package can do.
"""

import asyncio
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from data_gen.chat import ask_all
from data_gen.config import Endpoint
from data_gen.journal import Journal
from data_gen.prompts import messages
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest, Sampling, seed_of

THREADS = 16  # as in the original's scripts
FEW = 64  # in flight: the default transport is faster with few
TIMEOUT_S = 600


@dataclass(frozen=True)
class Job:
    """What a side is told, as JSON on its command line."""

    side: str
    base_url: str
    prompts: str  # a file of {"prompt": ...} rows
    in_flight: int
    model: str
    warm: bool  # ask once before the clock runs: the package imports most of itself at its first request

    @property
    def folder(self) -> Path:
        return Path(self.prompts).parent

    def questions(self) -> list[str]:
        """Return the prompts."""
        return [json.loads(line)["prompt"] for line in Path(self.prompts).read_text(encoding="utf-8").splitlines()]

    def body(self, question: str) -> dict[str, Any]:
        """Return what every plain side sends, which is what ours sends."""
        return {
            "model": self.model,
            "messages": messages(None, [], question),
            "temperature": 0.7,
            "top_p": 1.0,
            "max_tokens": 4096,
            "seed": 1,
        }


def ours(job: Job, questions: list[str]) -> int:
    """Ask as data_gen.generate does: every outcome is a row of a journal before it is counted."""
    sampling = Sampling(job.model, 0.7, 1.0, 4096)
    requests = (
        ChatRequest(f"q{number:07}", 0, messages(None, [], question), seed_of(1, f"q{number:07}", 0), sampling)
        for number, question in enumerate(questions)
    )
    path = job.folder / "02_traces.jsonl"
    path.unlink(missing_ok=True)
    with Journal(path) as traces, Journal(path.with_name("02_traces.errors.jsonl")) as errors:

        def record(outcome: Trace | Failure) -> None:
            (traces if isinstance(outcome, Trace) else errors).append(outcome.row())

        endpoint = Endpoint(base_url=job.base_url, concurrency=job.in_flight)
        asyncio.run(ask_all(requests, [endpoint], TIMEOUT_S, 0, record))
        return len(traces)


def openai_aiohttp(job: Job, questions: list[str]) -> int:
    """The package on its aiohttp transport."""
    return asyncio.run(_plain(job, questions, job.in_flight, openai.DefaultAioHttpClient(timeout=TIMEOUT_S)))


def openai_default(job: Job, questions: list[str]) -> int:
    """The package as it comes."""
    return asyncio.run(_plain(job, questions, job.in_flight))


def openai_few(job: Job, questions: list[str]) -> int:
    """The package as it comes, with few requests in flight."""
    return asyncio.run(_plain(job, questions, min(FEW, job.in_flight)))


async def _plain(job: Job, questions: list[str], in_flight: int, transport: Any = None) -> int:
    """Ask with so many coroutines that take from one iterator."""
    client = openai.AsyncOpenAI(base_url=job.base_url, api_key="none", timeout=TIMEOUT_S, http_client=transport)
    waiting = iter(questions)
    answered = 0

    async def work(waiting: Iterator[str]) -> None:
        nonlocal answered
        for question in waiting:
            completion = await client.chat.completions.create(**job.body(question))
            answered += bool(completion.choices[0].message.content)

    await asyncio.gather(*(work(waiting) for _ in range(in_flight)))
    await client.close()
    return answered


def threads(job: Job, questions: list[str]) -> int:
    """The package's synchronous client in a pool of threads."""
    client = openai.OpenAI(base_url=job.base_url, api_key="none", timeout=TIMEOUT_S)
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for question in questions:
        waiting.put(question)
    answered = []

    def work() -> None:
        while True:
            try:
                question = waiting.get_nowait()
            except queue.Empty:
                return
            completion = client.chat.completions.create(**job.body(question))
            answered.append(bool(completion.choices[0].message.content))

    workers = [threading.Thread(target=work) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(answered)


SIDES = {
    "ours": ours,
    "openai-aiohttp": openai_aiohttp,
    "openai": openai_default,
    "openai-few": openai_few,
    "threads": threads,
}


def main(job: Job) -> None:
    """Run the side and write what came of it."""
    questions = job.questions()
    if job.warm:
        SIDES[job.side](job, questions[:1])
    started, cpu = time.perf_counter(), time.process_time()
    answered = SIDES[job.side](job, questions)
    seconds = time.perf_counter() - started
    result = {"answered": answered, "seconds": seconds, "cpu": time.process_time() - cpu}
    (job.folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Job(**json.loads(sys.argv[1])))
