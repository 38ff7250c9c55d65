"""What an evaluation takes before it is asked: requests, tokens, GPU-hours and dollars of eval.yaml. A part of launch.plan.

    eval      gpqa_diamond   198 x 8: 1,584 requests, completion tokens about 5,548,752 a model
    eval      one sample of each question: about 6,077,107 completion tokens a model
    eval      all of it, for base and trained: about 78,937,208 completion tokens
    eval      mmlu           14,042 questions: 56,168 likelihoods, no completion, prompt tokens about 44,934,400 a model
    eval      ifeval         541 x 1: 541 requests, completion tokens at most 15,511,552 a model

Tokens = problems x samples x mean completion tokens of an answer. The means are Sky-T1-32B-Preview's (`MEAN_TOKENS`); a base
model's answers are shorter, and both are planned alike. Of other benchmarks, of the regression set, and of a recipe's own,
nobody has said a mean: then max_tokens of eval.yaml is the bound. So the regression set has sums of its own. Not counted:
prompts of chat, which cost an engine little beside the answers, the base model's few-shot row, and grading, which runs on
the CPUs. A likelihood is one pass over its prompt, many times faster than an answer of as many tokens; hours unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_gen.sources import SOURCES
from eval.benchmarks import count, own_sources, samples_of
from eval.config import Benchmark, EvalConfig, load_eval
from eval.regression_sets import SETS
from launch.scale import gpu_hours

# Mean output tokens of Sky-T1-32B-Preview, published by its authors. LiveCodeBench's are published by level, 3,415, 8,263
# and 14,564 on 182 easy, 206 medium and 123 hard problems of release v2: here their mean.
MEAN_TOKENS = {
    "math500": 2124,
    "aime24": 6881,
    "gpqa_diamond": 3503,
    "livecodebench": round((182 * 3415 + 206 * 8263 + 123 * 14564) / 511),
}
MODELS = ("base", "trained")


@dataclass(frozen=True)
class Asked:
    """One benchmark as it is planned: None where nobody knows how many problems it has."""

    name: str
    problems: int | None
    samples: int
    tokens: int  # of an answer
    bound: bool  # whether `tokens` is a bound and no mean

    @property
    def requests(self) -> int | None:
        return None if self.problems is None else self.problems * self.samples


def planned(config: EvalConfig, recipe: Path) -> Iterator[Asked]:
    """Yield what each benchmark takes of one model."""
    for name, benchmark in config.benchmarks.items():
        mean = MEAN_TOKENS.get(name) if benchmark.problems is None else None
        problems = _problems(name, benchmark, recipe)
        yield Asked(name, problems, samples_of(name, benchmark), mean or config.sampling.max_tokens, mean is None)


def _problems(name: str, benchmark: Benchmark, recipe: Path) -> int | None:
    if benchmark.problems is None:
        return count(name, benchmark)
    counts = [SOURCES[source].count(keys) for source, keys in own_sources(benchmark, f"{recipe}/eval.yaml").items()]
    return None if None in counts else sum(filter(None, counts))


def regression(config: EvalConfig) -> list[Asked]:
    """Return what the regression sets that are asked in chat take of one model."""
    chat = [name for name in config.regression if SETS[name].chat]
    return [Asked(name, SETS[name].questions, 1, config.sampling.max_tokens, True) for name in chat]


def print_evaluation(recipe: Path, tokens_per_gpu_s: float | None) -> None:
    """Print a line a benchmark and the sums; nothing for a recipe without eval.yaml. `tokens_per_gpu_s`: of one GPU."""
    if not (recipe / "eval.yaml").is_file():
        return
    config = load_eval(recipe)
    asked = list(planned(config, recipe))
    for one in asked:
        print(f"eval      {_told(one)}")
    if any(one.problems is None for one in asked):
        print("eval      in all: unknown, for a benchmark tells no number of problems")
    else:
        once = sum((one.problems or 0) * one.tokens for one in asked)
        print(f"eval      one sample of each question: {_about(asked)}{once:,} completion tokens a model")
        _print_sum("all of it", asked, config, tokens_per_gpu_s)
    if warning := config.equal_samples({one.name: one.samples for one in asked}):
        print(f"eval      {warning}")
    for name in config.regression:
        if not SETS[name].chat:
            print(f"eval      {_likelihoods(name)}")
    if chat := regression(config):
        for one in chat:
            print(f"eval      {_told(one)}")
        _print_sum("the regression set in chat", chat, config, tokens_per_gpu_s)


def _told(one: Asked) -> str:
    problems = "unknown" if one.problems is None else f"{one.problems:,}"
    requests = one.requests
    tokens = "unknown" if requests is None else f"{_about([one])}{requests * one.tokens:,} a model"
    told = "unknown" if requests is None else f"{requests:,}"
    return f"{one.name:<14} {problems} x {one.samples}: {told} requests, completion tokens {tokens}"


def _likelihoods(name: str) -> str:
    asked = SETS[name]
    tokens = "unknown" if asked.prompt_tokens is None else f"about {asked.likelihoods * asked.prompt_tokens:,} a model"
    count = f"{asked.questions:,} questions: {asked.likelihoods:,} likelihoods"
    return f"{name:<14} {count}, no completion, prompt tokens {tokens}"


def _print_sum(what: str, asked: list[Asked], config: EvalConfig, tokens_per_gpu_s: float | None) -> None:
    whole = sum((one.requests or 0) * one.tokens for one in asked) * len(MODELS)
    print(f"eval      {what}, for {' and '.join(MODELS)}: {_about(asked)}{whole:,} completion tokens")
    print(f"eval      {_cost(config, whole, tokens_per_gpu_s, _about(asked))}")


def _about(asked: list[Asked]) -> str:
    return "at most " if any(one.bound for one in asked) else "about "


def _cost(config: EvalConfig, tokens: int, tokens_per_gpu_s: float | None, bound: str) -> str:
    """Return GPU-hours, hours and dollars at a rate, or how to have them told."""
    if tokens_per_gpu_s is None:
        return "hours and dollars: unknown; --tokens_per_gpu_s=… tells them"
    hours, price = gpu_hours(tokens, tokens_per_gpu_s), config.prices.gpu_hour
    dollars = "unknown (no prices.gpu_hour in eval.yaml)" if price is None else f"{bound}${hours * price:,.2f}"
    at = f"at {tokens_per_gpu_s:,.0f} tokens/s a GPU"
    return f"{bound}{hours:,.1f} GPU-hours {at}, {hours / config.gpus:,.1f} h on {config.gpus} GPUs, dollars {dollars}"
