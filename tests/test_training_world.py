"""The machines and processes of a training are those that LLaMA-Factory's launcher starts."""

import pytest

from data_gen.cli import ConfigError
from launch.training.hardware import Hardware
from launch.training.world import on_ray, processes, this_node, training_part

VARIABLES = ("NNODES", "NODE_RANK", "NPROC_PER_NODE", "USE_RAY", "FORCE_TORCHRUN")


@pytest.fixture
def variables(monkeypatch):
    """Return a function that sets the variables of the launcher, and no others of them."""

    def put(**values):
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    put()
    return put


@pytest.mark.parametrize(
    ("told", "options", "gpus", "nodes", "expected"),
    [
        ({}, {}, 8, 2, 16),
        ({}, {}, 0, 1, 1),
        ({}, {"deepspeed": "x"}, 1, 1, 1),
        ({"NPROC_PER_NODE": "2"}, {"deepspeed": "x"}, 0, 1, 2),
        ({"NPROC_PER_NODE": "2", "FORCE_TORCHRUN": "1"}, {}, 0, 1, 2),
        ({"NPROC_PER_NODE": "2"}, {}, 0, 1, 1),  # without torchrun nobody reads it
        ({"NPROC_PER_NODE": "4"}, {}, 8, 3, 12),
        ({"USE_RAY": "1"}, {"ray_num_workers": 24}, 8, 1, 24),
        ({"USE_RAY": "0"}, {"ray_num_workers": 24}, 8, 1, 8),
    ],
)
def test_there_is_a_process_a_gpu_unless_the_launcher_is_told(variables, told, options, gpus, nodes, expected):
    variables(**told)
    assert processes(options, gpus, nodes) == expected


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("true", True), ("Y", True), ("0", False), ("false", False), ("", False)]
)
def test_ray_is_on_when_llama_factory_takes_it_so(variables, value, on):
    variables(USE_RAY=value)
    assert on_ray() is on


@pytest.mark.parametrize(
    "told",
    [{"NNODES": "x"}, {"NNODES": "2:4"}, {"NNODES": ""}, {"NNODES": "2", "NODE_RANK": "2"}, {"NODE_RANK": "-1"}],
)
def test_a_place_that_no_node_has_is_refused(variables, told):
    variables(**told)
    with pytest.raises(ConfigError, match="a number of nodes and a place below it"):
        this_node()


@pytest.mark.parametrize("told", ["auto", "gpu", "0", "-1", "2.0"])
def test_a_number_of_processes_that_is_none_is_refused(variables, told):
    variables(NPROC_PER_NODE=told)
    with pytest.raises(ConfigError, match=f"NPROC_PER_NODE={told}: "):
        processes({"deepspeed": "x"}, 8, 1)


@pytest.mark.parametrize(
    ("told", "gpus", "nodes", "expected"),
    [
        ({}, 8, 2, (8, 2)),
        ({"NPROC_PER_NODE": "4"}, 8, 1, (4, 1)),
        ({"USE_RAY": "1"}, 8, 1, (8, 2)),
        ({"USE_RAY": "1"}, 16, 1, (16, 1)),
        ({"USE_RAY": "1"}, 0, 1, (0, 1)),
    ],
)
def test_memory_hours_and_dollars_are_of_the_gpus_that_train(variables, told, gpus, nodes, expected):
    variables(**told)
    part, count = training_part({"ray_num_workers": 16}, Hardware(gpus, 85.0, "x", 100.0, 100.0), nodes)
    assert (part.gpus, count) == expected
