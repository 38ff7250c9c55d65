"""The data stages run as commands, a teacher that is right in every second sample, and a faithful rewriting model."""

import json
import re

from data_gen.sections import thought_solution
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


def response_in(body):
    """Return the response that a rewriting request holds, whatever that says of its own end."""
    said = body["messages"][-1]["content"]
    (mark,) = re.findall(r"\A\[question ([0-9a-f]{16})\]\n", said)
    return said.partition(f"[response {mark}]\n")[2].partition(f"\n[end of response {mark}]")[0]


def faithful(body):
    thought, _, solution = response_in(body).rpartition("\n\n")
    return answer(thought_solution(thought, solution))


def run_stages(command, folder, run, stages=STAGES):
    for stage in stages:
        done = command(f"data_gen.{stage}", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 0, done.stderr
    return run / "data"


def without_seconds(path):
    return sorted(json.dumps({k: v for k, v in row.items() if k != "seconds"}) for row in rows(path))
