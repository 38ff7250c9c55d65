"""Multiple choice without a word said: the likelihood of each choice, by lm-eval's stock tasks over /v1/completions.

    model = completions(endpoint, "runs/x/model/x", timeout_s=600)
    simple_evaluate(model, tasks=stock_tasks("mmlu"), num_fewshot=5, use_cache="runs/x/eval/trained/mmlu/likelihoods")

A chat endpoint gives no likelihoods; vLLM's completions do, for a prompt given as tokens, with `echo` and `logprobs`. So the
tokenizer is the model's own, from its folder or hub name, and the same served model answers that answers in chat.

Decided here, where lm-eval's defaults would spoil the score or worse: `max_length` is the server's (2,048 would cut the
left of MMLU's long questions), the key is the endpoint's own (lm-eval sends OPENAI_API_KEY to whatever address it is given),
every answer is kept at once in a cache file, so that the same command goes on, and requests are in flight together.
"""

import json
import logging
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.lane import key_of
from eval.regression_tasks import STOCK

TRIES = 8
FOLDERS = {"mmlu": STOCK / "tasks/mmlu/default", "arc_challenge": STOCK / "tasks/arc"}  # all of lm-eval takes long to index


def completions(endpoint: Endpoint, weights: str, timeout_s: float, tokenizer: str | None = None) -> Any:
    """Return lm-eval's model over an endpoint's completions. Raises UserError where the server does not answer, or does not
    tell how long a prompt may be."""
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    logging.getLogger("lm_eval.models.api_models").setLevel(logging.CRITICAL)  # a line of its own for every retry
    return LocalCompletionsAPI(
        model=weights,
        base_url=f"{endpoint.base_url}/completions",
        tokenizer=tokenizer or weights,
        tokenizer_backend="huggingface",
        tokenized_requests=True,
        num_concurrent=endpoint.concurrency,
        max_length=context(endpoint, weights),
        max_retries=TRIES,
        timeout=int(timeout_s),
        header=_header(endpoint),
    )


def context(endpoint: Endpoint, weights: str) -> int:
    """Return how many tokens a prompt and its answer may have, as vLLM's list of models says."""
    request = urllib.request.Request(f"{endpoint.base_url}/models", headers=_header(endpoint))
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            models = {model["id"]: model for model in json.load(answer)["data"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{endpoint.base_url}/models: no list of models there ({error}); is the server up?") from error
    length = models.get(weights, {}).get("max_model_len")
    if not length:
        told = ", ".join(models) or "none"
        raise UserError(f"{endpoint.base_url} tells no max_model_len of {weights}, as vLLM does; its models: {told}")
    return int(length)


def _header(endpoint: Endpoint) -> dict[str, str]:
    """Return the headers of every request. It may not be empty: lm-eval would then send OPENAI_API_KEY."""
    key = key_of(endpoint)
    return {"Authorization": f"Bearer {key}"} if key else {"Accept": "application/json"}


def stock_tasks(name: str, folder: Path | None = None) -> list[Any]:
    """Return lm-eval's own tasks of that name, read from its folder alone or from `folder`."""
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(folder or FOLDERS[name]), include_defaults=False)
    loaded = manager.load([name])
    return list(loaded["tasks"].values())
