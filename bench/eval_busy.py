"""How busy evaluation keeps an endpoint: `python -m eval.run` beside vLLM's own benchmark, on one server, in turn.

    python -m bench.eval_busy [--rounds=3] [--problems=150] [--samples=4]

    round 0: evaluation  389.1 tokens/s   vLLM's benchmark  391.0 tokens/s   0.995   asking is 97 % of the command

Serves the quickstart's small model once. Evaluation is the whole command of a user on a benchmark of the quickstart's
questions, lm-eval, journal and verdicts included; its tokens/s are those of the manifest, from the first request to the last
answer. The peer sends the same prompts with the same sampling, as many in flight (`bench.generate`). The last column is the
share of the command's own time in which it asked: the rest is starting, lm-eval and verdicts.

The prompts go without their references (the verifier is `none`), so every verdict is `undecided` and the accuracy 0. Not
covered: what grading costs, which is after the asking (`bench.graders --speed`, `bench.verify`).
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from bench.generate import CONCURRENCY, peer, prompts_of
from data_gen.cli import UserError, command
from data_gen.local_server import serve
from data_gen.recipe import load_recipe
from data_gen.responses import Sampling

BENCHMARK = "busy"
MAX_TOKENS = 160


def main(rounds: int = 3, problems: int = 150, samples: int = 4) -> None:
    """Print tokens/s of evaluation and of vLLM's benchmark, and the ratio."""
    recipe = load_recipe("recipes/quickstart")
    sampling = Sampling(recipe.teacher.model, 0.7, 1.0, MAX_TOKENS)
    asked = prompts_of(recipe.folder, problems)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ours = write_recipe(folder / "recipe", recipe.folder, sampling, asked, samples)
        with serve(sampling.model, {}, folder / "server.log") as base_url:
            evaluated(ours, folder / "warm", base_url)
            ratios = []
            for number in range(rounds):
                theirs = peer(asked, samples, sampling, base_url, folder)
                mine, share = evaluated(ours, folder / f"run{number}", base_url)
                ratios.append(mine / theirs)
                told = f"evaluation {mine:6.1f} tokens/s   vLLM's benchmark {theirs:6.1f} tokens/s   {ratios[-1]:.3f}"
                print(f"round {number}: {told}   asking is {share:.0%} of the command", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f} over {len(asked) * samples} requests, {CONCURRENCY} in flight")


def write_recipe(folder: Path, data: Path, sampling: Sampling, prompts: list[str], samples: int) -> Path:
    """Write a recipe whose benchmark asks the prompts; it has nothing to check an answer by, so each is undecided."""
    folder.mkdir(parents=True)
    about = {"source": "file", "domain": "math", "verifier": "none", "gold": {}}  # asked word for word, as the peer asks
    rows = [about | {"id": f"q{number:04}", "question": text} for number, text in enumerate(prompts)]
    (folder / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "data.yaml").write_text(yaml.safe_dump({"extends": str(data.resolve())}), encoding="utf-8")
    benchmark = {"samples": samples, "problems": {"file": {"path": "asked.jsonl"}}}
    keys: dict[str, Any] = {
        "base": sampling.model,
        "system_prompt": None,
        "sampling": {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens},
        "concurrency": CONCURRENCY,
        "benchmarks": {BENCHMARK: benchmark},
    }
    (folder / "eval.yaml").write_text(yaml.safe_dump(keys), encoding="utf-8")
    return folder


def evaluated(recipe: Path, run: Path, base_url: str) -> tuple[float, float]:
    """Return completion tokens a second while evaluation asked, and the share of the command's time in which it did."""
    options = [f"--recipe={recipe}", f"--run={run}", "--model=base", f"--base_url={base_url}"]
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "eval.run", *options], capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise UserError(f"eval.run failed:\n{done.stderr[-2000:]}")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    usage = manifest["stages"][f"eval base {BENCHMARK}"]["usage"]
    return usage["completion_tokens"] / usage["seconds"], usage["seconds"] / seconds


if __name__ == "__main__":
    command(main)
