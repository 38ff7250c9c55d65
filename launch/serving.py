"""serving: the commands that serve a recipe's teacher on several machines. Prints them; starts nothing.

    python -m launch.serving --recipe=sky_t1_preview --nodes=10.0.0.1,10.0.0.2 [--across=endpoints|vllm|ray] [--port=8000]

# on 10.0.0.1
vllm serve Qwen/QwQ-32B-Preview --served-model-name Qwen/QwQ-32B-Preview --host 0.0.0.0 --port 8000 ...
# on 10.0.0.2
vllm serve ...
# then in data.yaml, under teacher:
#   endpoints: [{base_url: "http://10.0.0.1:8000/v1", concurrency: 256}, {base_url: "http://10.0.0.2:8000/v1", ...}]

Every flag comes from `teacher.serve` in data.yaml: what serves one node there is what each node gets here. Across nodes:
`endpoints`, a server a node, and our client spreads the requests; `vllm`, one server whose engines run on every node;
`ray`, the same with one command on a Ray cluster. Ray Serve is `launch.ray_serve`. vLLM's side of these is described in
https://github.com/vllm-project/vllm/blob/main/docs/serving/data_parallel_deployment.md.

Not covered: an engine wider than a node (tensor parallel over the network), and who may reach the ports: vLLM listens on
all interfaces without a key, so the network must be private. Parsed by vLLM's own parser in the tests, not run by us yet.
"""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from data_gen.cli import ConfigError, command
from data_gen.config import ChatModel, Endpoint
from data_gen.local_server import command_line
from data_gen.recipe import load_recipe

RPC_PORT = 13345  # on which vLLM's engines find each other; any free port, the same on all nodes
RAY_PORT = 6379


@dataclass(frozen=True)
class Serving:
    """What to type: (node, words of the command) in that order, and the endpoints that then answer."""

    commands: list[tuple[str, list[str]]]
    endpoints: list[Endpoint]


def flags_of(teacher: ChatModel) -> dict[str, Any]:
    """Return the recipe's flags of vLLM, spelt with dashes."""
    return {name.replace("_", "-"): value for name, value in teacher.serve.items()}


def engines_a_node(teacher: ChatModel) -> int:
    """Return how many copies of the model the recipe's flags start on one node."""
    return int(flags_of(teacher).get("data-parallel-size") or 1)


def vllm_serve(teacher: ChatModel, port: int, more: dict[str, Any]) -> list[str]:
    """Return `vllm serve` with the recipe's flags and `more`, reachable from other machines.

    It is not the module that `launch.serve` starts: of the two, only the command heeds --headless (vLLM 0.32).
    """
    words = command_line(teacher.model, port, flags_of(teacher) | {"host": "0.0.0.0"} | more, gpu=True)
    flags = words.index("--model")
    return ["vllm", "serve", teacher.model, *words[flags + 2 :]]


def as_endpoints(teacher: ChatModel, nodes: list[str], port: int) -> Serving:
    """A whole server on each node. vLLM's own advice for dense models, whose engines have nothing to tell each other."""
    return Serving([(node, vllm_serve(teacher, port, {})) for node in nodes], _endpoints(teacher, nodes, port, 1))


def across_vllm(teacher: ChatModel, nodes: list[str], port: int) -> Serving:
    """One server on the first node, engines on all: vLLM's data parallel, a command a node."""
    engines = engines_a_node(teacher)
    shared = {
        "data-parallel-size": engines * len(nodes),
        "data-parallel-size-local": engines,
        "data-parallel-address": nodes[0],
        "data-parallel-rpc-port": RPC_PORT,
    }
    commands = [(nodes[0], vllm_serve(teacher, port, shared))]
    for place, node in enumerate(nodes[1:], start=1):
        here = {"headless": True, "data-parallel-start-rank": engines * place}
        commands.append((node, vllm_serve(teacher, port, shared | here)))
    return Serving(commands, _endpoints(teacher, nodes[:1], port, len(nodes)))


def across_ray(teacher: ChatModel, nodes: list[str], port: int) -> Serving:
    """The same on a Ray cluster, which places the engines: one vLLM command for all nodes."""
    engines = engines_a_node(teacher)
    more = {
        "data-parallel-size": engines * len(nodes),
        "data-parallel-size-local": engines,
        "data-parallel-backend": "ray",
    }
    cluster = ray_cluster(nodes)
    return Serving([*cluster, (nodes[0], vllm_serve(teacher, port, more))], _endpoints(teacher, nodes[:1], port, len(nodes)))


def ray_cluster(nodes: list[str]) -> list[tuple[str, list[str]]]:
    """Return the commands that make a Ray cluster of the nodes, the first of them its head."""
    head = (nodes[0], ["ray", "start", "--head", f"--node-ip-address={nodes[0]}", f"--port={RAY_PORT}"])
    return [head, *((node, ["ray", "start", f"--address={nodes[0]}:{RAY_PORT}"]) for node in nodes[1:])]


def _endpoints(teacher: ChatModel, servers: list[str], port: int, nodes_behind: int) -> list[Endpoint]:
    """Return the recipe's endpoint at each server, with the recipe's concurrency for every node behind it."""
    first = teacher.endpoints[0]
    return [
        first.model_copy(update={"base_url": f"http://{server}:{port}/v1", "concurrency": first.concurrency * nodes_behind})
        for server in servers
    ]


ACROSS: dict[str, Callable[[ChatModel, list[str], int], Serving]] = {
    "endpoints": as_endpoints,
    "vllm": across_vllm,
    "ray": across_ray,
}


def endpoints_yaml(endpoints: list[Endpoint]) -> str:
    """Return the line of data.yaml that names the endpoints. They may be edited in the middle of a run."""
    rows = [endpoint.model_dump(exclude_none=True) for endpoint in endpoints]
    told = [", ".join(f"{key}: {json.dumps(value)}" for key, value in row.items()) for row in rows]
    return f"endpoints: [{', '.join(f'{{{row}}}' for row in told)}]"


def parse_nodes(text: str) -> list[str]:
    """Return the addresses of `10.0.0.1,10.0.0.2`. Raises ConfigError."""
    nodes = text.split(",")
    if not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", node) for node in nodes):
        raise ConfigError(f"--nodes={text}: addresses or names of machines, joined by commas, are expected")
    if len(set(nodes)) < len(nodes):
        raise ConfigError(f"--nodes={text}: a node stands there twice")
    return nodes


def main(recipe: str, nodes: str, across: str = "endpoints", port: int = 8000) -> None:
    """Print what to run on each of `nodes` (addresses joined by commas), and the endpoints for data.yaml.

    `across`: endpoints (an engine a node), vllm or ray (one engine over all of them).
    """
    if across not in ACROSS:
        raise ConfigError(f"--across={across}: one of {', '.join(ACROSS)} is expected")
    serving = ACROSS[across](load_recipe(recipe).teacher, parse_nodes(nodes), port)
    for node, words in serving.commands:
        print(f"# on {node}\n{shlex.join(words)}")
    print(f"# then in data.yaml, under teacher:\n#   {endpoints_yaml(serving.endpoints)}")


if __name__ == "__main__":
    command(main)
