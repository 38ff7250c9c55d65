"""Rule 5.1: `kill -9` at any instant, then the same command, redoes only what was in flight and ends in the same files."""

import random
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint, answer
from tests.stages import STAGES, asked, faithful, run_stages, solve, without_seconds
from tests.test_rewrite_llm import rewriter

KILLS = {"label": 10, "generate": 25, "rewrite": 15}  # 50 in all
IN_FLIGHT = 8


def rates(body):
    return answer(f"<difficulty>{asked(body['messages'][-1]['content']) % 9 + 1}</difficulty>")


def killed(stage: str, folder, run, after: float) -> None:
    """Start a stage and kill it `after` seconds from its start, be it still loading, at work, or done."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"data_gen.{stage}", f"--recipe={folder}", f"--run={run}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_50_kills_at_random_instants_end_in_the_same_files(command, recipe, tmp_path):
    whole, run = tmp_path / "whole", tmp_path / "killed"
    stages = ["collect", "label", *STAGES[1:]]
    instants = random.Random(20261125)
    with Endpoint(solve, 0.05) as teacher, Endpoint(faithful, 0.05) as editor, Endpoint(rates, 0.05) as judge:
        folder = recipe(
            teacher.url,
            problems=200,
            sources={"file": {"path": "problems.jsonl", "difficulty": {"min": 2}}},
            label={"model": "l", "endpoints": [{"base_url": judge.url, "concurrency": IN_FLIGHT}]},
            rewriter=rewriter(editor.url, endpoints=[{"base_url": editor.url, "concurrency": IN_FLIGHT}]),
        )
        run_stages(command, folder, whole, stages)
        once = {endpoint: len(endpoint.requests) for endpoint in (judge, teacher, editor)}
        for stage in stages:
            for _ in range(KILLS.get(stage, 0)):
                killed(stage, folder, run, instants.uniform(0.3, 1.6))
            run_stages(command, folder, run, [stage])
        for endpoint, stage in ((judge, "label"), (teacher, "generate"), (editor, "rewrite")):
            again = len(endpoint.requests) - 2 * once[endpoint]
            assert 0 <= again <= KILLS[stage] * IN_FLIGHT
    paying = ("01_labels.answers", "02_traces", "03_rewritten.answers")
    for name in paying:
        file = f"data/{name}.jsonl"
        assert without_seconds(run / file) == without_seconds(whole / file)
        keys = [(row["id"], row["sample"]) for row in rows(run / file)]
        assert keys == sorted(set(keys))
    assert without_seconds(run / "data/03_rewritten.jsonl") == without_seconds(whole / "data/03_rewritten.jsonl")
    for name in ("data/01_labels.jsonl", "data/05_mixture.jsonl", "dataset/recipe.jsonl", "dataset/dataset_info.json"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
