"""Grading on a Ray cluster of two nodes, one of which is killed on the way."""

import json
import time

import pytest

from data_gen.verifiers.answer import Answer
from data_gen.verifiers.on_ray import RayGrader
from data_gen.verifiers.pool import Grader
from tests.conftest import fenced, rows

ray = pytest.importorskip("ray", reason="Ray is an extra: .venv/bin/pip install -r requirements/ray.txt")


@pytest.mark.slow
def test_a_killed_node_loses_no_verdict_and_the_results_are_those_of_one_machine(monkeypatch):
    from ray.cluster_utils import Cluster

    answers = [
        Answer(f"q{i}", 0, f"\\boxed{{\\sqrt{{{i}^2}}}}", "math_answer", {"answer": str(i + i % 2)}) for i in range(6000)
    ]
    gold = {"inputs": ["1", "2"], "outputs": ["2", "4"]}
    programs = ["print(2 * int(input()))", "print(2)", "import os\nos.fork()", "print("]
    answers += [
        Answer(f"c{i}", sample, f"```python\n{source}\n```\n", "code_tests", gold)
        for i in range(30)
        for sample, source in enumerate(programs)
    ]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    try:
        verdicts, nodes = [], []
        with RayGrader() as grader:
            nodes.append(int(ray.cluster_resources()["CPU"]))
            for verdict in grader.grade(answers):
                verdicts.append(verdict)
                if len(verdicts) == 700:
                    cluster.remove_node(second, allow_graceful=False)
            deadline = time.monotonic() + 60
            while int(ray.cluster_resources()["CPU"]) > 1 and time.monotonic() < deadline:
                time.sleep(0.5)
            nodes.append(int(ray.cluster_resources()["CPU"]))
    finally:
        cluster.shutdown()
    with Grader(2) as grader:
        local = list(grader.grade(answers))
    assert nodes == [2, 1]
    assert [v.row() | {"seconds": 0} for v in verdicts] == [v.row() | {"seconds": 0} for v in local]


@pytest.mark.slow
def test_the_command_writes_the_same_file_on_ray(command, tmp_path):
    problem = {"source": "x", "domain": "code", "question": "?", "verifier": "code_tests"}
    gold = {"inputs": ["1"], "outputs": ["2"]}
    with (tmp_path / "p.jsonl").open("w") as problems, (tmp_path / "t.jsonl").open("w") as traces:
        for name in ("a", "b"):
            problems.write(json.dumps({**problem, "id": name, "gold": gold}) + "\n")
            for sample, source in enumerate(("print(2 * int(input()))", "print(0)")):
                traces.write(json.dumps({"id": name, "sample": sample, "text": fenced(source)}) + "\n")
    files = [f"--{name}={tmp_path}/{name[0]}.jsonl" for name in ("problems", "traces")]
    found = []
    for executor in ("ray", "local"):
        done = command("data_gen.verify", *files, f"--output={tmp_path}/{executor}.jsonl", f"--executor={executor}")
        assert done.returncode == 0, done.stderr
        found.append([row | {"seconds": 0} for row in rows(tmp_path / f"{executor}.jsonl")])
    assert found[0] == found[1]
    assert [row["ok"] for row in found[0]] == [True, False, True, False]
