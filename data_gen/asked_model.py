"""A model of the recipe, ready to be asked: its prompt, its sampling, its endpoints, and what of all that decides an answer.

conversation = opening(config.teacher, config)
conversation("What is 2 + 2?")          -> [{"role": "system", ...}, {"role": "user", ...}]
with endpoints_of(config.teacher, log) as endpoints: ...       # `base_url: local` is a vLLM, started and stopped here
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data_gen.config import LOCAL, ChatModel, Endpoint, dump
from data_gen.local_server import serve
from data_gen.prompts import Message, messages, read_shots, wording
from data_gen.recipe import Recipe, find_template
from data_gen.responses import Sampling

# Where and how fast we ask changes nothing in the answers, so these may be edited in the middle of a run.
NOT_IN_THE_ANSWER = {"endpoints", "serve", "batch", "timeout_s", "retries", "prices", "expect"}


def sampling_of(model: ChatModel) -> Sampling:
    """Return what of a model's YAML goes over the wire with each request."""
    return Sampling(model.model, model.temperature, model.top_p, model.max_tokens)


def opening(model: ChatModel, recipe: Recipe) -> Callable[[str], list[Message]]:
    """Return a function that puts the model's system prompt and examples before what the user says."""
    system = recipe.template(model.system_prompt) if model.system_prompt else None
    shots = read_shots(find_template(model.few_shot, recipe.folder)) if model.few_shot else []
    return lambda said: messages(system, shots, said)


def chat_settings(model: ChatModel, recipe: Recipe) -> dict[str, Any]:
    """Return what decides a model's answers, with templates by their text: the fingerprint of what was paid for."""
    settings = {key: value for key, value in dump(model).items() if key not in NOT_IN_THE_ANSWER}
    for key in ("system_prompt", "few_shot"):
        if settings[key] is not None:
            settings[key] = recipe.template(settings[key])
    return settings | {"wording": wording()}


def planned(model: ChatModel, requests: int) -> dict[str, Any]:
    """Return what so many requests will take, by `expect` in the YAML; without it completions are bounded by max_tokens
    (`bound`). `dollars` is None where prices or mean tokens are not known: of rented GPUs it takes a rate, which nobody
    knows before."""
    expect, prices = model.expect, model.prices
    out = requests * (expect.completion_tokens or model.max_tokens)
    into = None if expect.prompt_tokens is None else requests * expect.prompt_tokens
    dollars = prices.dollars(into, out, 0.0) if into is not None and prices.by_token else None
    bound = expect.completion_tokens is None
    return {"requests": requests, "prompt_tokens": into, "completion_tokens": out, "bound": bound, "dollars": dollars}


@contextlib.contextmanager
def endpoints_of(model: ChatModel, log: Path) -> Iterator[list[Endpoint]]:
    """Yield the model's endpoints; a `local` one is started first and stopped after."""
    with contextlib.ExitStack() as servers:
        ready = []
        for endpoint in model.endpoints:
            if endpoint.base_url == LOCAL:
                base_url = servers.enter_context(serve(model.model, model.serve, log))
                endpoint = endpoint.model_copy(update={"base_url": base_url})
            ready.append(endpoint)
        yield ready
