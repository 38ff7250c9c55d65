"""What an evaluation takes before it is asked: requests, tokens, GPU-hours and dollars of eval.yaml. A part of launch.plan.

    eval      gpqa_diamond   198 x 8: 1,584 requests, completion tokens about 5,548,752 a model
    eval      one sample of each question: about 6,077,107 completion tokens a model
    eval      all of it, for base and trained: about 78,937,208 completion tokens

Tokens = problems x samples x mean completion tokens of an answer. The means are Sky-T1-32B-Preview's (`MEAN_TOKENS`); a base
model's answers are shorter, and both are planned alike. Of other benchmarks, and of a recipe's own, nobody has said a mean:
then max_tokens of eval.yaml is the bound. Not counted: prompts, which cost an engine little beside the answers, the base
model's few-shot row, the regression set, and grading, which runs on the CPUs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_gen.sources import SOURCES
from eval.benchmarks import count, own_sources, samples_of
from eval.config import Benchmark, EvalConfig, load_eval
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


def print_evaluation(recipe: Path, tokens_per_gpu_s: float | None) -> None:
    """Print a line a benchmark and the sums; nothing for a recipe without eval.yaml. `tokens_per_gpu_s`: of one GPU."""
    if not (recipe / "eval.yaml").is_file():
        return
    config = load_eval(recipe)
    asked = list(planned(config, recipe))
    for one in asked:
        problems = "unknown" if one.problems is None else f"{one.problems:,}"
        requests = one.requests
        tokens = "unknown" if requests is None else f"{_about(one.bound)}{requests * one.tokens:,} a model"
        told = "unknown" if requests is None else f"{requests:,}"
        print(f"eval      {one.name:<14} {problems} x {one.samples}: {told} requests, completion tokens {tokens}")
    known = [one for one in asked if one.problems is not None]
    if len(known) < len(asked):
        print("eval      in all: unknown, for a benchmark tells no number of problems")
        return
    bound = _about(any(one.bound for one in asked))
    once = sum((one.problems or 0) * one.tokens for one in known)
    whole = sum((one.requests or 0) * one.tokens for one in known) * len(MODELS)
    print(f"eval      one sample of each question: {bound}{once:,} completion tokens a model")
    print(f"eval      all of it, for {' and '.join(MODELS)}: {bound}{whole:,} completion tokens")
    print(f"eval      {_cost(config, whole, tokens_per_gpu_s, bound)}")


def _about(bound: bool) -> str:
    return "at most " if bound else "about "


def _cost(config: EvalConfig, tokens: int, tokens_per_gpu_s: float | None, bound: str) -> str:
    """Return GPU-hours, hours and dollars at a rate, or how to have them told."""
    if tokens_per_gpu_s is None:
        return "hours and dollars: --tokens_per_gpu_s=… tells them"
    hours, price = gpu_hours(tokens, tokens_per_gpu_s), config.prices.gpu_hour
    flags = {name.replace("_", "-"): value for name, value in config.serve.items()}
    gpus = config.prices.gpus or int(flags.get("tensor-parallel-size") or 1) * int(flags.get("data-parallel-size") or 1)
    dollars = "unknown (no prices.gpu_hour in eval.yaml)" if price is None else f"{bound}${hours * price:,.2f}"
    at = f"at {tokens_per_gpu_s:,.0f} tokens/s a GPU"
    return f"{bound}{hours:,.1f} GPU-hours {at}, {hours / gpus:,.1f} h on {gpus} GPUs, dollars {dollars}"
