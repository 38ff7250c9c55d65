"""Multiple choice without a word said: the likelihood of each choice, by lm-eval's stock tasks over /v1/completions.

    by_likelihood(job, folder, servers.endpoint, timeout_s=600)      -> lm-eval's result, with the samples of every task

A chat endpoint gives no likelihoods; vLLM's completions do, for a prompt given as tokens, with `echo` and `logprobs`. So the
tokenizer is the model's own, from its folder or hub name, and the same served model answers that answers in chat.

Decided here, where lm-eval's defaults would spoil the score or worse: `max_length` is the server's (2,048 would cut the
left of MMLU's long questions), the key is the endpoint's own (lm-eval sends OPENAI_API_KEY to whatever address it is given),
every answer is kept at once in a cache file, so that the same command goes on, and requests are in flight together.
"""

import asyncio
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from data_gen.cli import Unfinished, UserError
from data_gen.config import Endpoint
from data_gen.lane import key_of, refused
from eval.measure import Job
from eval.not_run import NotRun
from eval.regression_sets import SETS
from eval.regression_tasks import STOCK, count, tasks_of

TRIES = 8
FOLDERS = {"mmlu": STOCK / "tasks/mmlu/default", "arc_challenge": STOCK / "tasks/arc"}
CACHE = "likelihoods_rank0.db"  # lm-eval puts the end to the name


def by_likelihood(
    job: Job, folder: Path, endpoint: Callable[[str], Endpoint], timeout_s: float, tokenizer: str | None = None
) -> dict[str, Any]:
    """Ask a set and return what lm-eval counted. `tokenizer` is a folder or hub name, where the model's own name is neither.

    Raises NotRun where the questions cannot be had or the server gives no likelihoods, Unfinished where it stops answering.
    """
    tasks = tasks_of([job.benchmark], FOLDERS[job.benchmark])  # before a server is started
    where = endpoint(job.weights)
    model = completions(where, job.weights, timeout_s, tokenizer)
    try:
        cache = folder / CACHE.removesuffix("_rank0.db")
        return count(model, tasks, SETS[job.benchmark].shots, job.limit, cache)
    except (aiohttp.ClientError, TimeoutError) as error:
        told = f"{where.base_url} failed {TRIES} times ({type(error).__name__}: {str(error)[:200]})"
        raise Unfinished(f"{told}; what was answered is kept, run the same again") from error
    finally:
        if model.cache_hook.dbdict is not None:
            model.cache_hook.dbdict.close()


def completions(endpoint: Endpoint, weights: str, timeout_s: float, tokenizer: str | None = None) -> Any:
    """Return lm-eval's model over an endpoint's completions.

    Raises NotRun where the server does not tell how long a prompt may be, UserError where it does not answer, or where
    there is no tokenizer.
    """
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    logging.getLogger("lm_eval.models.api_models").setLevel(logging.CRITICAL)  # a line of its own for every retry
    length = context(endpoint, weights)
    try:
        model = LocalCompletionsAPI(
            model=weights,
            base_url=f"{endpoint.base_url}/completions",
            tokenizer=tokenizer or weights,
            tokenizer_backend="huggingface",
            tokenized_requests=True,
            num_concurrent=endpoint.concurrency,
            max_length=length,
            max_retries=TRIES,
            timeout=int(timeout_s),
            header=_header(endpoint),
        )
    except (OSError, ValueError) as error:
        told = " ".join(str(error).split())[:200]
        raise UserError(
            f"no tokenizer of {tokenizer or weights} ({told}): --tokenizer=… names its folder or hub name"
        ) from error
    asked = model.get_batched_requests

    async def first_error_only(*args: Any, **keys: Any) -> Any:
        """Ask as lm-eval does. One error ends it; asyncio would log those of all other requests, each with its traceback,
        whenever they are collected: in the middle of parsing Python, CPython 3.11.7 takes that for a fault of its own
        (github.com/python/cpython/issues/106905)."""
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        return await asked(*args, **keys)

    model.get_batched_requests = first_error_only
    return model


def context(endpoint: Endpoint, weights: str) -> int:
    """Return how many tokens a prompt and its answer may have, as vLLM's list of models says."""
    request = urllib.request.Request(f"{endpoint.base_url}/models", headers=_header(endpoint))
    direct = [urllib.request.ProxyHandler({})] if "//127.0.0.1" in endpoint.base_url else []  # as data_gen/lane.py
    try:
        with urllib.request.build_opener(*direct).open(request, timeout=60) as answer:
            models = {model["id"]: model for model in json.load(answer)["data"]}
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise UserError(refused(endpoint, error.code)) from error
        raise UserError(f"{endpoint.base_url}/models: no list of models there ({error}); is base_url right?") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{endpoint.base_url}/models: no list of models there ({error}); is the server up?") from error
    length = models.get(weights, {}).get("max_model_len")
    if not length:
        told = ", ".join(models) or "none"
        raise NotRun(f"{endpoint.base_url} tells no max_model_len of {weights}, as vLLM does; its models: {told}")
    return int(length)


def _header(endpoint: Endpoint) -> dict[str, str]:
    """Return the headers of every request. It may not be empty: lm-eval would then send OPENAI_API_KEY."""
    key = key_of(endpoint)
    return {"Authorization": f"Bearer {key}"} if key else {"Accept": "application/json"}
