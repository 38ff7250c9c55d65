"""`kill -9` of an evaluation, asking or grading, then the same command: the same files, and nothing asked twice but what was
in flight."""

import subprocess
import sys
import time

import pytest

from eval.run import main
from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint
from tests.evaluated import even_seeds_are_right, mine
from tests.stages import without_seconds

KILLED_AT = (  # rows that are there
    *[("samples.jsonl", count) for count in (1, 20, 45, 70, 95)],
    *[("verdicts.jsonl", count) for count in (1, 40, 80)],
)


@pytest.mark.slow
def test_kills_while_asking_and_grading_end_in_the_same_files(tmp_path):
    folder, once = tmp_path / "run/eval/m/mine", tmp_path / "whole/eval/m/mine"
    recipe = mine(tmp_path, 16, concurrency=2)
    with Endpoint(even_seeds_are_right, 0.02) as endpoint:
        main(recipe, str(tmp_path / "whole"), "m", endpoint.url)
        assert len(endpoint.requests) == 96
        for name, count in KILLED_AT:
            options = [f"--recipe={recipe}", f"--run={tmp_path / 'run'}", "--model=m", f"--base_url={endpoint.url}"]
            killed(folder / name, count, options)
        main(recipe, str(tmp_path / "run"), "m", endpoint.url)
        assert len(endpoint.requests) <= 2 * 96 + len(KILLED_AT) * 2
    for name in ("samples.jsonl", "verdicts.jsonl"):
        assert without_seconds(folder / name) == without_seconds(once / name)
        assert [(row["id"], row["sample"]) for row in rows(folder / name)] == [
            (f"add-{problem:04}", sample) for problem in range(6) for sample in range(16)
        ]
    assert (folder / "scores.json").read_text() == (once / "scores.json").read_text()


def killed(path, count, options):
    """Evaluate in a process of its own and kill it when a file has so many rows."""
    command = [sys.executable, "-m", "eval.run", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (path.is_file() and path.read_bytes().count(b"\n") >= count):
        time.sleep(0.001)
    process.kill()
    process.wait()
