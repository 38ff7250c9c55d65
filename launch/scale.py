"""scale: what N problems take before any is asked: tokens, GPU-hours, dollars, disk, requests in flight. Arithmetic only.

    python -m launch.scale --problems=17000,1000000 [--gpus=64] [--tokens_per_gpu_s=500] [--gpu_hour=2.96] ...

| problems                        | 17,000       | 1,000,000       |
| ------------------------------- | ------------ | --------------- |
| completion tokens               | 91.9 million | 5,403.0 million |
| GPU-hours at 500 tokens/s a GPU | 51           | 3,002           |
| ...

The defaults are those of docs/scaling.md, which says where each was read or that it is assumed; a second table says how
many answers a node of 8 GPUs holds at once by the width of its engines. Not covered: the rewriting model (`launch.plan`
has its tokens), training, and the last hour, in which a few long answers leave most GPUs idle.
"""

import re
from dataclasses import dataclass

from data_gen.cli import ConfigError, command

# Two problems of math for one of code, as in the published mixture: of math, half as long as MATH500 (2,089 tokens in the
# mean) and half as AIME (7,379), code as LiveCodeBench medium (6,742): QwQ-32B-Preview's, published by Sky-T1's authors.
COMPLETION_TOKENS = round((2 * (2089 + 7379) / 2 + 6742) / 3)
PROMPT_TOKENS = 400  # assumed: a problem of some hundred words in the chat template
BYTES_PER_TOKEN = 4.0  # assumed, the usual rule for English prose; digits and formulas take fewer
SYSTEM_BYTES = 600  # data_gen/templates/thought_solution.txt, in every row of the dataset
ROW_BYTES = 400  # keys, ids, hashes and counts of a row: 200 to 400 were measured
GIGA = 1e9

# Qwen2.5-32B's shape, which QwQ-32B-Preview shares: 64 layers, 8 key-value heads of 128, 32.76 billion parameters, all in
# bf16 (https://huggingface.co/Qwen/Qwen2.5-32B/blob/main/config.json).
WEIGHTS_GB = 32.76 * 2
KV_BYTES = 2 * 64 * 8 * 128 * 2  # of one token: key and value, layers, heads, width, bytes
NODE_GPUS = 8
GPU_GB = 80
MEMORY_SHARE = 0.92  # vLLM's --gpu-memory-utilization where none is given (0.32)


@dataclass(frozen=True)
class Workload:
    """Problems that are asked, and how long question and answer are in the mean, in tokens of the teacher."""

    problems: int
    samples: int = 1
    prompt_tokens: int = PROMPT_TOKENS
    completion_tokens: int = COMPLETION_TOKENS
    kept: float = 1.0  # rows of the mixture a problem: at most mix.per_question

    @property
    def traces(self) -> int:
        return self.problems * self.samples

    @property
    def tokens_in(self) -> int:
        return self.traces * self.prompt_tokens

    @property
    def tokens_out(self) -> int:
        return self.traces * self.completion_tokens


def gpu_hours(tokens: float, tokens_per_gpu_s: float) -> float:
    """Return the GPU-hours that `tokens` output tokens take at a rate that is one GPU's share of an engine's."""
    return tokens / tokens_per_gpu_s / 3600


def disk(work: Workload) -> dict[str, float]:
    """Return the bytes of each file of a run.

    A rewritten trace holds the trace and, again, its thought and solution. Rows of the mixture hold question and answer,
    those of the dataset the student's system prompt too. Problems and their tests are the source's and not counted.
    """
    answer = work.completion_tokens * BYTES_PER_TOKEN
    question = work.prompt_tokens * BYTES_PER_TOKEN
    rows = work.problems * work.kept
    return {
        "02_traces": work.traces * (answer + ROW_BYTES),
        "03_rewritten": work.traces * (2 * answer + ROW_BYTES),
        "04_verdicts": work.traces * ROW_BYTES,
        "05_mixture": rows * (question + answer + ROW_BYTES),
        "dataset": rows * (SYSTEM_BYTES + question + answer + ROW_BYTES),
    }


def requests_in_flight(tokens_per_s: float, seconds_per_token: float) -> float:
    """Return how many requests are open at once, by Little's law: requests/s times the seconds of one.

    The length of an answer cancels out: tokens/s over tokens an answer, times tokens an answer times seconds a token.
    """
    return tokens_per_s * seconds_per_token


def kv_tokens(gpus: int) -> int:
    """Return the tokens that the KV cache of one 32B engine over `gpus` GPUs holds, beside its copy of the weights.

    Activations and CUDA graphs are not taken off: vLLM itself reports less when it starts.
    """
    return max(0, int((gpus * GPU_GB * MEMORY_SHARE - WEIGHTS_GB) * GIGA / KV_BYTES))


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a markdown table whose columns line up."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines)


def node_table(work: Workload) -> str:
    """Return how a node's 8 GPUs may be cut into engines. An answer in the making is half written, in the mean."""
    rows = []
    for width in (1, 2, 4, 8):
        engines = NODE_GPUS // width
        whole = engines * kv_tokens(width)
        at_once = whole / (work.prompt_tokens + work.completion_tokens / 2)
        rows.append([f"{width}", f"{engines}", f"{kv_tokens(width):,}", f"{whole:,}", f"{at_once:,.0f}"])
    return table(
        ["tensor-parallel-size", "data-parallel-size", "KV tokens an engine", "KV tokens a node", "answers at once"], rows
    )


def work_table(works: list[Workload], gpus: int, tokens_per_gpu_s: float, seconds_per_token: float, dollars: float) -> str:
    """Return what each of `works` takes; `dollars` are for a GPU-hour."""
    hours = [gpu_hours(work.tokens_out, tokens_per_gpu_s) for work in works]
    sizes = [disk(work) for work in works]
    rate = gpus * tokens_per_gpu_s
    rows = [
        ["traces", *(f"{work.traces:,}" for work in works)],
        ["prompt tokens", *(f"{work.tokens_in / 1e6:,.1f} million" for work in works)],
        ["completion tokens", *(f"{work.tokens_out / 1e6:,.1f} million" for work in works)],
        [f"GPU-hours at {tokens_per_gpu_s:,.0f} tokens/s a GPU", *(f"{hour:,.0f}" for hour in hours)],
        [f"dollars at ${dollars} a GPU-hour", *(f"${hour * dollars:,.0f}" for hour in hours)],
        [f"hours on {gpus} GPUs", *(f"{hour / gpus:,.1f}" for hour in hours)],
        [f"answers/s of {gpus} GPUs", *(f"{rate / work.completion_tokens:,.2f}" for work in works)],
        [f"requests in flight at {gpus} GPUs", *(f"{requests_in_flight(rate, seconds_per_token):,.0f}" for _ in works)],
        *([f"{name}, GB", *(f"{size[name] / GIGA:,.2f}" for size in sizes)] for name in sizes[0]),
        ["disk in all, GB", *(f"{sum(size.values()) / GIGA:,.1f}" for size in sizes)],
    ]
    return table(["problems", *(f"{work.problems:,}" for work in works)], rows)


def main(
    problems: str = "17000,1000000",
    samples: int = 1,
    prompt_tokens: int = PROMPT_TOKENS,
    completion_tokens: int = COMPLETION_TOKENS,
    kept: float = 1.0,
    gpus: int = 64,
    tokens_per_gpu_s: float = 500,
    seconds_per_token: float = 0.088,
    gpu_hour: float = 2.96,
) -> None:
    """Print a column for each number of `problems` (joined by commas), of which the share `kept` becomes rows.

    `samples` answers a problem, `prompt_tokens` and `completion_tokens` long in the mean; `gpus` give `tokens_per_gpu_s`
    each, a token of one answer taking `seconds_per_token`; `gpu_hour` is in dollars.
    """
    if not all(re.fullmatch("[1-9][0-9]*", count) for count in problems.split(",")):
        raise ConfigError(f"--problems={problems}: numbers above 0, joined by commas, are expected")
    if min(samples, prompt_tokens, completion_tokens, gpus, tokens_per_gpu_s, seconds_per_token) <= 0:
        raise ConfigError("samples, tokens, GPUs, rates and seconds are numbers above 0")
    works = [Workload(int(n), samples, prompt_tokens, completion_tokens, kept) for n in problems.split(",")]
    print(work_table(works, gpus, tokens_per_gpu_s, seconds_per_token, gpu_hour))
    print(f"\n{node_table(works[0])}")


if __name__ == "__main__":
    command(main)
