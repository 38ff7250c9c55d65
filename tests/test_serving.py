"""What serves a teacher on many GPUs: every command that is printed or documented is one that the tool's parser takes."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from data_gen.cli import ConfigError, parse
from data_gen.config import ChatModel
from data_gen.local_server import command_line
from data_gen.recipe import load_recipe
from launch import plan, ray_serve, scale, serve, serving
from tests.conftest import ROOT

VLLM_PYTHON = ROOT / ".venv-serve/bin/python"
RAY_PYTHONS = [ROOT / ".venv-ray/bin/python", Path(sys.executable)]
DOCUMENT = ROOT / "docs/scaling.md"
OURS = {module.__name__: module for module in (plan, ray_serve, scale, serve, serving)}

# Spelt in every way that data.yaml may: dashes, underscores, switches, a negated switch, a value that is left out.
TEACHER = ChatModel(
    model="org/teacher",
    serve={"tensor-parallel-size": 2, "data_parallel_size": 4, "no-enable-prefix-caching": True, "seed": None,
           "enforce-eager": True, "gpu-memory-utilization": 0.85, "async-scheduling": False,
           "hf_overrides": {"rope_scaling": {"factor": 4.0}}, "cudagraph_capture_sizes": [1, 8]},
)  # fmt: skip
NODES = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]

VLLM_PROGRAM = """
import dataclasses, json, sys
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.cli.serve import ServeSubcommand, make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser

def read(words):
    if words[:2] == ["vllm", "serve"]:
        parser = FlexibleArgumentParser(prog="vllm")
        ServeSubcommand().subparser_init(parser.add_subparsers(dest="subparser", required=True))
    else:
        parser = make_arg_parser(FlexibleArgumentParser())
    try:
        args = parser.parse_args(words[1:] if words[0] == "vllm" else words[3:])
    except SystemExit:
        return None
    validate_parsed_serve_args(args)
    return vars(args)

engine = [field.name for field in dataclasses.fields(AsyncEngineArgs)]
out = {"args": [read(words) for words in json.load(sys.stdin)], "engine": engine}
print("\\n" + json.dumps(out, default=str))
"""

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


def ask(python, program, given):
    """Run a program in another environment: JSON in, the last line of its output is JSON out."""
    done = subprocess.run(
        [str(python), "-c", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "RAY_USAGE_STATS_ENABLED": "0"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def has_ray_serve(python):
    return (
        python.is_file() and subprocess.run([python, "-c", "import ray.serve.schema"], capture_output=True).returncode == 0
    )


def documented(*programs):
    """Return the words of every command of the document that one of `programs` runs."""
    blocks = re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [words for words in lines if words and words[0] in programs]


def printed(across):
    return [words for _, words in serving.ACROSS[across](TEACHER, NODES, 8000).commands]


def option(words, name):
    return words[words.index(name) + 1]


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


REFUSED = ["vllm", "serve", "org/teacher", "--tensor-paralel-size", "2"]


def one_node():
    return command_line(TEACHER.model, 8000, TEACHER.serve, gpu=True)


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


def test_the_endpoints_are_what_data_yaml_takes_and_hold_the_same_requests_in_flight_in_every_way():
    for across, build in serving.ACROSS.items():
        endpoints = build(TEACHER, NODES, 8001).endpoints
        read = ChatModel.model_validate({"model": "m", **yaml.safe_load(serving.endpoints_yaml(endpoints))})
        servers = NODES if across == "endpoints" else NODES[:1]
        assert [endpoint.base_url for endpoint in read.endpoints] == [f"http://{node}:8001/v1" for node in servers]
        assert sum(endpoint.concurrency for endpoint in read.endpoints) == 3 * TEACHER.endpoints[0].concurrency


def test_a_server_keeps_the_key_and_the_limits_of_the_endpoint_that_it_replaces():
    first = {"base_url": "http://a/v1", "api_key_env": "A_KEY", "concurrency": 8, "rpm": 60, "tpm": 9000}
    teacher = ChatModel.model_validate({"model": "m", "endpoints": [first]})
    told = yaml.safe_load(serving.endpoints_yaml(serving.as_endpoints(teacher, NODES[:1], 8000).endpoints))
    assert told == {"endpoints": [first | {"base_url": "http://10.0.0.1:8000/v1"}]}


def test_a_flag_that_is_left_open_is_vllms_own_default():
    teacher = TEACHER.model_copy(update={"serve": {"data_parallel_size": None}})
    assert option(serving.across_vllm(teacher, NODES, 8000).commands[0][1], "--data-parallel-size") == "3"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"enable_prefix_caching": False}, ["--no-enable-prefix-caching"]),
        ({"no-enable-prefix-caching": True}, ["--no-enable-prefix-caching"]),
        ({"no-enable-prefix-caching": False}, ["--enable-prefix-caching"]),
        ({"headless": False}, []),
        ({"seed": None}, []),
        ({"hf_overrides": {"a": True}}, ["--hf-overrides", '{"a": true}']),
        ({"cudagraph_capture_sizes": [1, 2]}, ["--cudagraph-capture-sizes", "1", "2"]),
        ({"lora-modules": [{"name": "a", "path": "b"}]}, ["--lora-modules", '{"name": "a", "path": "b"}']),
    ],
)
def test_every_value_of_the_yaml_reaches_vllm_as_it_is_meant(flags, words):
    plain = command_line("m", 8000, {}, gpu=True)
    assert command_line("m", 8000, flags, gpu=True) == plain + words


def test_a_node_of_a_ray_cluster_joins_the_head_before_vllm_starts_there():
    commands = serving.across_ray(TEACHER, NODES, 8000).commands
    assert [(node, words[0]) for node, words in commands] == [*((node, "ray") for node in NODES), (NODES[0], "vllm")]
    head, *others = [words for _, words in commands[:-1]]
    assert head[:3] == ["ray", "start", "--head"]
    assert others == [["ray", "start", "--address=10.0.0.1:6379"]] * 2


def test_the_ray_serve_yaml_answers_to_the_name_that_we_ask_for_and_leaves_copies_to_ray():
    config = ray_serve.serve_config(TEACHER, replicas=5, accelerator="H200", port=8001)
    (application,) = config["applications"]
    (llm,) = application["args"]["llm_configs"]
    assert application["import_path"] == "ray.serve.llm:build_openai_app"
    assert (application["route_prefix"], config["http_options"]["port"]) == ("/", 8001)
    assert llm["model_loading_config"] == {"model_id": "org/teacher", "model_source": "org/teacher"}
    assert llm["deployment_config"] == {"num_replicas": 5}
    assert llm["accelerator_type"] == "H200"
    assert llm["engine_kwargs"] == {
        "tensor_parallel_size": 2,
        "enable_prefix_caching": False,
        "enforce_eager": True,
        "gpu_memory_utilization": 0.85,
        "async_scheduling": False,
        "hf_overrides": {"rope_scaling": {"factor": 4.0}},
        "cudagraph_capture_sizes": [1, 8],
    }


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


def test_what_the_document_shows_is_what_its_commands_print(capsys):
    text = DOCUMENT.read_text(encoding="utf-8")
    commands = documented(".venv/bin/python")
    assert {words[2] for words in commands} == set(OURS)
    for words in commands:
        main = OURS[words[2]].main
        options = parse(main, words[3:])
        if words[2] not in ("launch.serve", "launch.plan"):  # those print paths and what other tests hold
            main(**options)
            for block in capsys.readouterr().out.strip().split("\n\n"):
                assert block in text, (words, block)


def test_the_command_that_serve_prints_is_the_one_that_it_starts(capsys, monkeypatch):
    monkeypatch.setattr(serve, "has_gpu", lambda: True)
    teacher = load_recipe("sky_t1_preview").teacher
    serve.main("sky_t1_preview", port=8123, print_command=True)
    words = shlex.split(capsys.readouterr().out)
    assert words == command_line(teacher.model, 8123, teacher.serve, gpu=True)
    assert option(words, "--tensor-parallel-size") == str(teacher.serve["tensor-parallel-size"])


@pytest.mark.parametrize(
    ("nodes", "across", "told"),
    [
        ("10.0.0.1,10.0.0.1", "vllm", "twice"),
        ("http://10.0.0.1:8000", "vllm", "addresses"),
        ("10.0.0.1,", "vllm", "addresses"),
        ("a;reboot", "endpoints", "addresses"),
        ("--head", "endpoints", "addresses"),
        ("10.0.0.1", "kubernetes", "endpoints, vllm, ray"),
    ],
)
def test_a_mistake_in_the_nodes_is_told_in_one_line(nodes, across, told):
    with pytest.raises(ConfigError, match=told) as caught:
        serving.main("quickstart", nodes=nodes, across=across)
    assert "\n" not in str(caught.value)
