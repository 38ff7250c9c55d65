"""Grading on a Ray cluster of two nodes, one of which is killed on the way."""

import time

import pytest

from data_gen.verifiers.answer import Answer
from data_gen.verifiers.on_ray import RayGrader
from data_gen.verifiers.pool import Grader

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
