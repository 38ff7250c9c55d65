"""Tokens/s of our client and journal beside vLLM's own benchmark: same server, same prompts, same sampling, in turn.

    python -m bench.generate [--rounds=3] [--problems=150] [--samples=4]

Serves the quickstart's small model once, sends every quickstart prompt `samples` times, and prints completion tokens a
second of each side, round by round, and the median ratio. The peer is `vllm.benchmarks.serve` (it streams; we do not).
"""

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from data_gen.chat import ask_all
from data_gen.cli import UserError, command
from data_gen.config import Endpoint
from data_gen.journal import Journal
from data_gen.local_server import PYTHON, serve
from data_gen.prompts import messages, question
from data_gen.recipe import load_recipe
from data_gen.records import Failure, Problem, Trace
from data_gen.responses import ChatRequest, Sampling, seed_of
from data_gen.sources import SOURCES

PEER = """
import argparse
from vllm.benchmarks.serve import add_cli_args, main
parser = argparse.ArgumentParser()
add_cli_args(parser)
main(parser.parse_args())
"""
CONCURRENCY = 128


def main(rounds: int = 3, problems: int = 150, samples: int = 4) -> None:
    """Print tokens/s of ours and of vLLM's benchmark, and the ratio."""
    recipe = load_recipe("recipes/quickstart")
    asked = prompts_of(recipe.folder, problems)
    sampling = Sampling(recipe.teacher.model, 0.7, 1.0, 160)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with serve(recipe.teacher.model, {}, folder / "server.log") as base_url:
            ours(asked, samples, sampling, base_url, folder / "warm.jsonl")
            ratios = []
            for number in range(rounds):
                theirs = peer(asked, samples, sampling, base_url, folder)
                mine = ours(asked, samples, sampling, base_url, folder / f"{number}.jsonl")
                ratios.append(mine / theirs)
                print(
                    f"round {number}: ours {mine:6.1f} tokens/s   vLLM's benchmark {theirs:6.1f} tokens/s   {ratios[-1]:.3f}"
                )
    print(f"median ratio {statistics.median(ratios):.3f} over {len(asked) * samples} requests, {CONCURRENCY} in flight")


def prompts_of(recipe: Path, count: int) -> list[str]:
    """Return the first questions of the quickstart's source, as the user's turn."""
    source = load_recipe(str(recipe)).source_configs["reasoning_gym"]
    found = [item for item in SOURCES["reasoning_gym"].read(source, recipe) if isinstance(item, Problem)]
    return [question(problem) for problem in found[:: max(1, len(found) // count)]][:count]


def ours(prompts: list[str], samples: int, sampling: Sampling, base_url: str, path: Path) -> float:
    """Return completion tokens a second of our client, journal included."""
    requests = [
        ChatRequest(f"q{index:04}", sample, messages(None, [], prompt), seed_of(1, f"{path.name}{index}", sample), sampling)
        for index, prompt in enumerate(prompts)
        for sample in range(samples)
    ]
    tokens = 0
    with Journal(path) as journal:

        def record(outcome: Trace | Failure) -> None:
            nonlocal tokens
            journal.append(outcome.row())
            tokens += outcome.usage.completion_tokens if isinstance(outcome, Trace) else 0

        started = time.perf_counter()
        endpoint = Endpoint(base_url=base_url, concurrency=CONCURRENCY)
        asyncio.run(ask_all(requests, [endpoint], 600, 0, record, keep_truncated=True))
        return tokens / (time.perf_counter() - started)


def peer(prompts: list[str], samples: int, sampling: Sampling, base_url: str, folder: Path) -> float:
    """Return output tokens a second as vLLM's benchmark reports them."""
    data, result = folder / "prompts.jsonl", folder / "result.json"
    rows = [{"prompt": prompt} for prompt in prompts for _ in range(samples)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options = {
        "backend": "openai-chat",
        "base-url": base_url.removesuffix("/v1"),
        "endpoint": "/v1/chat/completions",
        "model": sampling.model,
        "dataset-name": "custom",
        "dataset-path": data,
        "custom-output-len": sampling.max_tokens,
        "num-prompts": len(rows),
        "max-concurrency": CONCURRENCY,
        "temperature": sampling.temperature,
        "result-dir": folder,
        "result-filename": result.name,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    flags = ["--save-result", "--skip-chat-template", "--disable-tqdm", "--disable-shuffle"]
    done = subprocess.run(
        [PYTHON, "-c", PEER, *words, *flags],
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"},
    )
    if not result.is_file():
        raise UserError(f"vLLM's benchmark failed:\n{done.stderr[-2000:]}")
    measured: dict[str, float] = json.loads(result.read_text(encoding="utf-8"))
    result.unlink()
    return measured["output_throughput"]


if __name__ == "__main__":
    command(main)
