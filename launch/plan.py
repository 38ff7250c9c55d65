"""plan: requests, tokens, dollars and disk of a recipe, before they are spent. Asks nothing of anyone.

    python -m launch.plan --recipe=recipes/sky_t1_preview [--tokens_per_gpu_s=500]       (make plan, make data DRY=1)

eval.yaml is planned after data.yaml, where there is one (`eval_plan.py`).

Counts are upper bounds: published sizes before dedup, difficulty and decontamination. Tokens come from `expect` in the
YAML where it is given, else from max_tokens, the bound that no request can pass. What is not known says unknown. For a
teacher on GPUs of your own, tell the output tokens/s of one GPU: docs/scaling.md has what is published and how to measure.
"""

from data_gen.asked_model import planned
from data_gen.cli import ConfigError, command
from data_gen.config import ChatModel
from data_gen.recipe import Recipe, find_recipe, load_recipe
from data_gen.sources import SOURCES
from data_gen.sources.numina import NuminaConfig
from launch.eval_plan import print_evaluation
from launch.scale import GIGA, PROMPT_TOKENS, Workload, disk, gpu_hours


def main(recipe: str, tokens_per_gpu_s: float | None = None) -> None:
    """Print what the recipe's data and evaluation will take; `tokens_per_gpu_s` is the rate of a GPU that serves a model."""
    if tokens_per_gpu_s is not None and tokens_per_gpu_s <= 0:
        raise ConfigError(f"--tokens_per_gpu_s={tokens_per_gpu_s:g}: a rate above 0 is expected")
    config = load_recipe(recipe)
    print(f"plan of {config.folder}/data.yaml: upper bounds, before dedup, difficulty and decontamination\n")
    problems = _sources(config)
    requests = None if problems is None else problems * config.teacher.samples
    if config.label:
        rated = _rated(config)
        print("label     problems with bounds, at most; those whose difficulty is published are not asked")
        _model("label", config.label, None if rated is None else rated * config.label.samples)
    _model("teacher", config.teacher, requests)
    if config.rewriter.chat:
        _model("rewriter", config.rewriter.chat, requests)
    else:
        print("rewriter  rules: no requests")
    if problems is not None:
        _work(config, problems, tokens_per_gpu_s)
    budget = "none" if config.budget_usd is None else f"${config.budget_usd:,.2f}"
    print(f"budget    {budget}")
    print_evaluation(find_recipe(recipe), tokens_per_gpu_s)


def _sources(config: Recipe) -> int | None:
    """Print a line a source; return the problems that are asked, or None where a source cannot tell."""
    counts = {name: SOURCES[name].count(source) for name, source in config.source_configs.items()}
    for name, count in counts.items():
        told = "unknown (read it to know)" if count is None else f"{count:,} problems"
        ready = "answers come ready, none asked" if count == 0 else told
        print(f"source    {name:<14} {ready}")
    known = [count for count in counts.values() if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _rated(config: Recipe) -> int | None:
    """Return how many problems have bounds to keep, at most, or None where a source of them cannot tell."""
    counts: list[int | None] = []
    for name, source in config.source_configs.items():
        if isinstance(source, NuminaConfig):
            counts.append(source.rated())  # its bounds are those of its subsets
        elif source.difficulty.given:
            counts.append(SOURCES[name].count(source) or None)  # 0 are asked of the teacher where answers come ready
    return None if None in counts else sum(filter(None, counts))


def _work(config: Recipe, problems: int, tokens_per_gpu_s: float | None) -> None:
    """Print the disk that the run takes and, at a rate, the teacher's GPU-hours and their dollars."""
    expect, gpu_hour = config.teacher.expect, config.teacher.prices.gpu_hour
    bound = "about " if expect.completion_tokens else "at most "
    work = Workload(
        problems,
        config.teacher.samples,
        expect.prompt_tokens or PROMPT_TOKENS,
        expect.completion_tokens or config.teacher.max_tokens,
        kept=min(config.teacher.samples, config.mix.per_question),
    )
    if tokens_per_gpu_s is not None:
        hours = gpu_hours(work.tokens_out, tokens_per_gpu_s)
        told = "unknown (no prices.gpu_hour in the YAML)" if gpu_hour is None else f"{bound}${hours * gpu_hour:,.2f}"
        print(f"gpu time  {bound}{hours:,.1f} GPU-hours at {tokens_per_gpu_s:,.0f} tokens/s a GPU, dollars {told}")
    print(f"disk      {bound}{sum(disk(work).values()) / GIGA:,.1f} GB, problems and their tests not counted")


def _model(role: str, model: ChatModel, requests: int | None) -> None:
    """Print the requests, tokens and dollars of each endpoint, shared out by concurrency."""
    lanes = sum(endpoint.concurrency for endpoint in model.endpoints)
    for endpoint in model.endpoints:
        where = f"{role:<9} {model.model} at {endpoint.base_url}"
        if requests is None:
            print(f"{where}: requests unknown, tokens unknown, dollars unknown")
            continue
        share = round(requests * endpoint.concurrency / lanes)
        plan = planned(model, share)
        bound, into, dollars = "at most " if plan["bound"] else "", plan["prompt_tokens"], plan["dollars"]
        asked = "unknown" if into is None else f"{into:,}"
        told = f"unknown ({_missing(model)})" if dollars is None else f"{bound}${dollars:,.2f}"
        out = f"{bound}{plan['completion_tokens']:,}"
        print(f"{where}: {share:,} requests, prompt tokens {asked}, completion tokens {out}, dollars {told}")
        for text in filter(None, (model.expect.source, model.prices.source)):
            print(f"          source: {text}")


def _missing(model: ChatModel) -> str:
    """Return what it would take to tell the dollars."""
    if model.prices.gpu_hour is not None:
        return "its GPUs are paid by the hour: at --tokens_per_gpu_s=RATE, see gpu time"
    return "no prices or no expected tokens in the YAML"


if __name__ == "__main__":
    command(main)
