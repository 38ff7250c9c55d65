"""What is printed to serve a teacher: the recipe's flags and limits as they are meant, the same as the page shows."""

import shlex

import pytest
import yaml

from data_gen.cli import ConfigError, parse
from data_gen.config import ChatModel
from data_gen.local_server import command_line
from data_gen.recipe import load_recipe
from launch import plan, ray_serve, scale, serve, serving
from tests.serving_commands import DOCUMENT, NODES, TEACHER, documented, option

OURS = {module.__name__: module for module in (plan, ray_serve, scale, serve, serving)}


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
