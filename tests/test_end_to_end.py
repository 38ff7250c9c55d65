"""The whole loop: a scripted teacher, a real training of a 2-layer random model, real scoring, the report."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
import yaml

from data_gen import local_server, train_env
from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint, answer
from tests.stages import STAGES, run_stages, solve

SMALL = ROOT / "runs/models/SmolLM2-135M-Instruct"
TINY = """
import sys, torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
config = LlamaConfig(vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                     num_attention_heads=2, num_key_value_heads=2, bos_token_id=1, eos_token_id=2, pad_token_id=2)
LlamaForCausalLM(config).save_pretrained(sys.argv[2])
tokenizer.save_pretrained(sys.argv[2])
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here"),
    pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here"),
]

EVAL = {
    "base": "unused",
    "sampling": {"temperature": 0.7, "top_p": 1.0, "max_tokens": 64},
    "benchmarks": {"mine": {"samples": 2, "problems": {"file": {"path": "heldout.jsonl"}}}},
}


def test_data_train_eval_report(command, recipe, tmp_path):
    run, tiny = tmp_path / "run", tmp_path / "tiny"
    subprocess.run([train_env.PYTHON, "-c", TINY, SMALL, tiny], check=True, capture_output=True)

    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, student={"config": "quickstart"})
        run_stages(command, folder, run, STAGES)
    problems = rows(folder / "problems.jsonl")
    heldout = [{**row, "id": f"held-{row['id']}"} for row in problems[:4]]
    (folder / "heldout.jsonl").write_text("".join(json.dumps(row) + "\n" for row in heldout))
    (folder / "eval.yaml").write_text(yaml.safe_dump(EVAL))
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["stages"]["export"]["loaded"]["rows"] == len(rows(run / "dataset/recipe.jsonl"))
    assert all(row["tokens"] > 50 for row in rows(run / "data/05_mixture.jsonl"))

    options = [f"--recipe={folder}", f"--run={run}"]
    args = f"model_name_or_path={tiny} save_steps=2 per_device_train_batch_size=4 num_train_epochs=2"
    train = command("launch.train", *options, f"--args={args}")
    assert train.returncode == 0, train.stderr
    trained = json.loads((run / "model/quickstart/train.json").read_text())
    assert trained["steps"] == trained["losses"][-1][0] > 2
    assert trained["last_loss"] < trained["first_loss"]
    again = command("launch.train", *options, f"--args={args}")
    assert again.returncode == 0
    assert "done already" in again.stdout
    changed = command("launch.train", *options, f"--args={args} learning_rate=1e-3")
    assert changed.returncode == 2
    assert "training.learning_rate: 5e-05 -> 0.001" in changed.stderr
    assert len(changed.stderr.splitlines()) == 1

    def served(body):
        return answer("no box here", "length") if "What is 3 +" in str(body) else solve(body)

    with Endpoint(served) as endpoint:
        done = command("eval.run", *options, "--model=trained", "--config=quickstart", f"--base_url={endpoint.url}")
        assert done.returncode == 0, done.stderr
        assert len({body["seed"] for body in endpoint.requests}) == 8
        assert endpoint.requests[0]["messages"][0]["role"] == "system"
        asked = len(endpoint.requests)
        assert command("eval.run", *options, "--model=trained", f"--base_url={endpoint.url}").returncode == 0
        assert len(endpoint.requests) == asked
    scores = json.loads((run / "eval/trained/mine/scores.json").read_text())
    right = sum(row["ok"] is True for row in rows(run / "eval/trained/mine/verdicts.jsonl"))
    accuracy = scores["results"][0]
    assert accuracy["value"] == pytest.approx(right / 8) == pytest.approx(scores["harness"]["accuracy"])
    assert accuracy["ci95"][0] < accuracy["value"] < accuracy["ci95"][1]
    assert scores["truncated"] == pytest.approx(2 / 8) == pytest.approx(scores["harness"]["truncated"])

    report = command("eval.report", f"--run={run}")
    assert report.returncode == 0, report.stderr
    summary = json.loads((run / "report/summary.json").read_text())
    assert {row["metric"] for row in summary["results"]} == {"accuracy", "accuracy_last_number", "pass@2", "majority@2"}
    page = (run / "report/index.html").read_text()
    assert "<svg" in page
    assert "trained" in report.stdout

    cleaned = command("launch.clean", f"--run={run}", "--stage=train")
    assert cleaned.returncode == 0
    assert not (run / "model").exists()
    assert not (run / "eval").exists()
    assert (run / "dataset/recipe.jsonl").exists()


@pytest.mark.skipif(not local_server.PYTHON.is_file(), reason=".venv-serve is not here")
def test_the_small_model_is_served_answers_and_is_gone_after_kill_9(command, tmp_path):
    run = tmp_path / "run"
    options = ["--recipe=recipes/quickstart", f"--run={run}"]
    for module in ("eval.benchmarks", "data_gen.collect"):
        assert command(module, *options).returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "data_gen.generate", *options, "--limit=6"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    log = run / "logs/teacher.log"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not (log.is_file() and "vLLM" in log.read_text("utf-8", "replace")):
        time.sleep(0.5)
    family = psutil.Process(process.pid).children(recursive=True)
    assert any("vllm" in " ".join(child.cmdline()) for child in family)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []

    done = command("data_gen.generate", *options, "--limit=6")
    assert done.returncode == 0, done.stderr
    traces = rows(run / "data/02_traces.jsonl")
    assert len(traces) >= 20
    assert sum(bool(re.search(r"\\boxed\{", trace["text"])) for trace in traces) >= len(traces) / 2
