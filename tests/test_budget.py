"""budget_usd: the run ends at it, whatever the endpoint does, and nothing that was paid is forgotten."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.endpoint import Endpoint, answer, status
from tests.stages import run_stages, solve

PRICES = {"input_per_mtok": 1e5, "output_per_mtok": 1e5, "source": "test"}  # an answer of 10 + 5 tokens costs $1.5


def usage_of(run):
    return json.loads((run / "manifest.json").read_text())["stages"]["generate"]["usage"]


def generated(command, folder, run, *options):
    return command("data_gen.generate", f"--recipe={folder}", f"--run={run}", *options)


def test_a_first_request_that_fails_is_no_price(command, recipe, tmp_path):
    """Had it counted as one of $0, all 64 in flight would have been sent."""
    seen: list[int] = []

    def script(body):
        seen.append(1)
        return status(400, "no such thing") if len(seen) == 1 else solve(body)

    run = tmp_path / "run"
    with Endpoint(script, delay=0.05) as endpoint:
        teacher = {"prices": PRICES, "endpoints": [{"base_url": endpoint.url, "concurrency": 64}]}
        folder = recipe(endpoint.url, problems=60, teacher=teacher, budget_usd=3)
        run_stages(command, folder, run, ["collect"])
        done = generated(command, folder, run)
        assert "stopped at the budget" in done.stderr
        assert len(endpoint.requests) == 3


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -5000, "completion_tokens": -5000}])
def test_an_endpoint_that_tells_no_tokens_cannot_be_asked_under_a_budget(command, recipe, tmp_path, usage):
    def script(body):
        code, headers, content = solve(body)
        return code, headers, json.dumps(json.loads(content) | {"usage": usage}).encode()

    run = tmp_path / "run"
    with Endpoint(script) as endpoint:
        folder = recipe(endpoint.url, teacher={"prices": PRICES}, budget_usd=100)
        run_stages(command, folder, run, ["collect"])
        done = generated(command, folder, run)
        assert done.returncode == 1
        assert "does not tell how many tokens" in done.stderr
        assert len(endpoint.requests) == 1
    assert json.loads((run / "manifest.json").read_text())["stages"]["generate"]["dollars"] == 0


def test_what_was_asked_again_stays_paid_after_a_kill(command, recipe, tmp_path):
    """20 failures are asked again and the run is killed in the middle: 20 + 40 answers were paid for in the end."""
    broken = [True]

    def script(body):
        return answer("cut", "length") if broken[0] and body["seed"] % 2 else solve(body)

    run = tmp_path / "run"
    with Endpoint(script, delay=0.1) as endpoint:
        folder = recipe(endpoint.url, teacher={"prices": PRICES})
        run_stages(command, folder, run, ["collect", "generate"])
        broken[0] = False
        process = subprocess.Popen(
            [sys.executable, "-m", "data_gen.generate", f"--recipe={folder}", f"--run={run}", "--retry_final"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while len(endpoint.requests) < 50 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert generated(command, folder, run, "--retry_final").returncode == 0
        answered = len(endpoint.requests) - 8  # at most so many were in flight when it was killed
    assert answered * 5 <= usage_of(run)["completion_tokens"] <= len(endpoint.requests) * 5


def test_gpu_hours_count_though_no_tokens_are_told(command, recipe, tmp_path):
    """An hour at $7,200 is $2 a second; each of the runs goes on with what is left of $3."""

    def script(body):
        code, headers, content = solve(body)
        return code, headers, json.dumps(json.loads(content) | {"usage": None}).encode()

    run = tmp_path / "run"
    with Endpoint(script, delay=0.5) as endpoint:
        teacher = {"prices": {"gpu_hour": 7200, "gpus": 1, "source": "test"}}
        folder = recipe(endpoint.url, problems=200, teacher=teacher, budget_usd=3)
        run_stages(command, folder, run, ["collect"])
        asked = []
        for _ in range(3):
            assert "stopped at the budget" in generated(command, folder, run).stderr
            asked.append(len(endpoint.requests))
    assert 8 <= asked[0] <= 40
    assert asked[2] == asked[0]
