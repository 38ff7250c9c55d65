"""The data stages run as commands, and a teacher that is right in every second sample."""

import json
import re

from tests.conftest import rows
from tests.endpoint import answer

STAGES = ["collect", "generate", "rewrite", "verify", "mix", "export"]


def asked(question: str) -> int:
    """Return N of `What is N + 1?`."""
    found = re.search(r"What is (\d+)", question)
    assert found is not None
    return int(found[1])


def solve(body):
    """Answer `What is N + 1?`: right in every second sample, wrong in the others, by the seed on the wire."""
    number = asked(body["messages"][-1]["content"])
    off = body["seed"] % 2
    return answer(f"{number} + 1 = {number + 1 + off}.\n\nThe answer is \\boxed{{{number + 1 + off}}}.")


def run_stages(command, folder, run, stages=STAGES):
    for stage in stages:
        done = command(f"data_gen.{stage}", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 0, done.stderr
    return run / "data"


def without_seconds(path):
    return sorted(json.dumps({k: v for k, v in row.items() if k != "seconds"}) for row in rows(path))
