"""Every command that serves a teacher on many GPUs, printed or documented, is one that vLLM's and Ray's own parsers take."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from data_gen.recipe import load_recipe
from launch import ray_serve, serving
from tests.conftest import ROOT
from tests.serving_commands import TEACHER, VLLM_PROGRAM, VLLM_PYTHON, ask, documented, one_node, printed

RAY_PYTHONS = [ROOT / ".venv-ray/bin/python", Path(sys.executable)]
RAY_PROGRAM = """
import json, sys
import click
import yaml
from ray.scripts.scripts import cli as ray
from ray.serve.schema import ServeDeploySchema
from ray.serve.scripts import cli as serve

given = json.load(sys.stdin)
schema = ServeDeploySchema.model_validate(yaml.safe_load(given["yaml"]))
application = schema.applications[0]
out = {"http": schema.http_options.model_dump(), "route": application.route_prefix, "commands": [], "llm": None}
for words in given["commands"]:
    group = {"ray": ray, "serve": serve}[words[0]]
    found = group.get_command(click.Context(group), words[1])
    out["commands"].append(found.make_context(words[1], words[2:]).params)
try:
    from ray.serve.llm import LLMServingArgs
except ImportError:
    pass  # it needs vLLM beside Ray
else:
    config = LLMServingArgs.model_validate(application.args).llm_configs[0]
    out["llm"] = [config.model_id, config.accelerator_type, config.engine_kwargs, config.deployment_config]
print("\\n" + json.dumps(out, default=str))
"""


def has_ray_serve(python):
    return (
        python.is_file() and subprocess.run([python, "-c", "import ray.serve.schema"], capture_output=True).returncode == 0
    )


REFUSED = ["vllm", "serve", "org/teacher", "--tensor-paralel-size", "2"]


@pytest.fixture(scope="module")
def vllm():
    """Return a function from a command's words to what vLLM's own parser makes of them; None where it refuses."""
    if not VLLM_PYTHON.is_file():
        pytest.skip(".venv-serve is missing: `make setup` makes it")
    commands = [words for across in serving.ACROSS for words in printed(across) if words[0] == "vllm"]
    commands += documented("vllm")
    commands += [one_node(), REFUSED]
    answered = ask(VLLM_PYTHON, VLLM_PROGRAM, commands)
    known = {shlex.join(words): args for words, args in zip(commands, answered["args"], strict=True)}
    return lambda words: known[shlex.join(words)], answered["engine"]


@pytest.mark.slow
def test_vllm_refuses_a_misspelt_flag_so_these_tests_can_fail(vllm):
    assert vllm[0](REFUSED) is None


@pytest.mark.slow
@pytest.mark.parametrize("across", ["one_node", *serving.ACROSS])
def test_vllm_itself_reads_the_recipes_flags_out_of_every_printed_command(vllm, across):
    commands = [one_node()] if across == "one_node" else [w for w in printed(across) if w[0] == "vllm"]
    assert len(commands) == {"one_node": 1, "endpoints": 3, "vllm": 3, "ray": 1}[across]
    for words in commands:
        args = vllm[0](words)
        assert args is not None, words
        assert "org/teacher" in (args["model"], args["model_tag"])
        assert args["served_model_name"] == ["org/teacher"]
        assert args["port"] == 8000
        assert args["host"] == ("127.0.0.1" if across == "one_node" else "0.0.0.0")
        assert (args["tensor_parallel_size"], args["gpu_memory_utilization"]) == (2, 0.85)
        assert (args["enforce_eager"], args["enable_prefix_caching"], args["async_scheduling"]) == (True, False, False)
        assert args["hf_overrides"] == {"rope_scaling": {"factor": 4.0}}
        assert args["cudagraph_capture_sizes"] == [1, 8]


@pytest.mark.slow
def test_vllm_itself_places_every_engine_once_across_the_nodes(vllm):
    nodes = [vllm[0](words) for words in printed("vllm")]
    assert [args["headless"] for args in nodes] == [False, True, True]
    first = [args["data_parallel_start_rank"] or 0 for args in nodes]
    ranks = [
        start + place for start, args in zip(first, nodes, strict=True) for place in range(args["data_parallel_size_local"])
    ]
    assert ranks == list(range(12))
    assert {args["data_parallel_size"] for args in nodes} == {12}
    assert {(args["data_parallel_address"], args["data_parallel_rpc_port"]) for args in nodes} == {("10.0.0.1", 13345)}


@pytest.mark.slow
def test_vllm_itself_reads_the_engines_on_a_ray_cluster(vllm):
    args = vllm[0](printed("ray")[-1])
    assert (args["data_parallel_backend"], args["data_parallel_size"], args["data_parallel_size_local"]) == ("ray", 12, 4)


@pytest.mark.slow
def test_vllm_itself_takes_every_command_of_the_document(vllm):
    commands = documented("vllm")
    assert len(commands) >= 5
    for words in commands:
        args = vllm[0](words)
        assert args is not None, words
        assert args["model_tag"] == load_recipe("sky_t1_preview").teacher.model


@pytest.mark.slow
def test_every_engine_argument_of_the_ray_serve_yaml_is_one_of_vllms(vllm):
    kwargs = ray_serve.engine_kwargs(TEACHER)
    assert len(kwargs) == 7
    assert not set(kwargs) - set(vllm[1])


@pytest.mark.slow
def test_rays_own_schema_and_commands_take_the_yaml_and_every_command_of_the_document():
    python = next((path for path in RAY_PYTHONS if has_ray_serve(path)), None)
    if python is None:
        pytest.skip("Ray Serve is an extra: requirements/ray-serve.txt")
    commands = documented("ray", "serve")
    assert len(commands) >= 5
    config = ray_serve.serve_config(TEACHER, replicas=5, accelerator="H200", port=8001)
    taken = ask(python, RAY_PROGRAM, {"yaml": yaml.safe_dump(config), "commands": commands})
    assert (taken["http"]["port"], taken["http"]["keep_alive_timeout_s"], taken["route"]) == (8001, 600, "/")
    started = [params for words, params in zip(commands, taken["commands"], strict=True) if words[:2] == ["ray", "start"]]
    assert [(params["head"], params["address"]) for params in started] == [(True, None), (False, "10.0.0.1:6379")]
    if taken["llm"] is not None:
        assert taken["llm"][:2] == ["org/teacher", "H200"]
        assert taken["llm"][2]["tensor_parallel_size"] == 2
