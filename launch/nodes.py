"""nodes: the commands that train a recipe's student on several machines. Prints them; starts nothing.

    python -m launch.nodes --recipe=sky_t1_preview --nodes=10.0.0.1,10.0.0.2 [--across=torchrun|slurm|ray] [--run=NAME]

# on 10.0.0.1
NNODES=2 NODE_RANK=0 NPROC_PER_NODE=8 MASTER_ADDR=10.0.0.1 MASTER_PORT=29500 FORCE_TORCHRUN=1 make train \
RECIPE=sky_t1_preview 'ARGS=gradient_accumulation_steps=6'
# on 10.0.0.2
NNODES=2 NODE_RANK=1 ...

A training config is written for one node. On more, the steps that gradients are accumulated over shrink by as much, so that
the batch, and with it the learning rate, stays the recipe's; where they do not divide it says so and prints nothing. Each
command runs in the root of the repository, which all nodes share: checkpoints are written by all and read by all.

The variables are those that LLaMA-Factory 0.9.5 reads (`llamafactory/launcher.py`) and hands to torchrun; USE_RAY and
`ray_num_workers` are its other way (`llamafactory/hparams/training_args.py`, `train/tuner.py`).

Not covered: elastic training (RDZV_ID, MIN_NNODES): ZeRO's checkpoints resume on the number of GPUs that wrote them only.
Two nodes on one machine were run without GPUs, see docs/training_nodes.md; a real cluster was not.
"""

import shlex
from collections.abc import Callable

from data_gen.cli import ConfigError, command
from data_gen.recipe import load_recipe
from launch.serving import parse_nodes, ray_cluster
from launch.training.options import read_options

SBATCH = "launch/jobs/slurm.sbatch"
Commands = list[tuple[str, list[str]]]  # (node, words of the command), in the order to type them


def environment(nodes: list[str], place: int, gpus: int, port: int) -> dict[str, str]:
    """Return what LLaMA-Factory's launcher reads on the node at `place`, 0 being the one that the others find.

    FORCE_TORCHRUN belongs to it: with one GPU a node the launcher would not call torchrun, and every node would train alone.
    """
    return {
        "NNODES": str(len(nodes)),
        "NODE_RANK": str(place),
        "NPROC_PER_NODE": str(gpus),
        "MASTER_ADDR": nodes[0],
        "MASTER_PORT": str(port),
        "FORCE_TORCHRUN": "1",
    }


def across_torchrun(make: list[str], overrides: dict[str, int], nodes: list[str], gpus: int, port: int) -> Commands:
    """A command a node; torchrun waits on each until all are there."""
    words = [*make, *_args(overrides)]
    return [(node, [*_variables(environment(nodes, place, gpus, port)), *words]) for place, node in enumerate(nodes)]


def across_slurm(make: list[str], overrides: dict[str, int], nodes: list[str], gpus: int, port: int) -> Commands:
    """One command where jobs are submitted. Slurm picks the nodes and the file the port; only the nodes' number counts."""
    asked = [f"--nodes={len(nodes)}", f"--gpus-per-node={gpus}"]
    return [("the login node", ["sbatch", *asked, SBATCH, *make[2:], *_args(overrides)])]


def across_ray(make: list[str], overrides: dict[str, int], nodes: list[str], gpus: int, port: int) -> Commands:
    """A Ray cluster, and one command on its head: LLaMA-Factory places a worker a GPU, each with 10 CPU cores.

    It finds a port of its own, and picks the head as the node that the others find.
    """
    overrides = {"ray_num_workers": gpus * len(nodes), **overrides}
    return [*ray_cluster(nodes), (nodes[0], ["USE_RAY=1", *make, *_args(overrides)])]


ACROSS: dict[str, Callable[[list[str], dict[str, int], list[str], int, int], Commands]] = {
    "torchrun": across_torchrun,
    "slurm": across_slurm,
    "ray": across_ray,
}


def _variables(values: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def _args(overrides: dict[str, int]) -> list[str]:
    return ["ARGS=" + " ".join(f"{key}={value}" for key, value in overrides.items())] if overrides else []


def same_batch(accumulation: int, nodes: int) -> dict[str, int]:
    """Return the override that keeps the batch of a one-node config on `nodes` nodes. Raises ConfigError."""
    if accumulation % nodes:
        fitting = ", ".join(str(count) for count in range(1, accumulation + 1) if accumulation % count == 0)
        raise ConfigError(
            f"--nodes: {nodes} nodes do not keep the batch: gradient_accumulation_steps is {accumulation} on one node "
            f"and divides over {fitting}; take so many, or write a config with another batch"
        )
    return {"gradient_accumulation_steps": accumulation // nodes} if nodes > 1 else {}


def commands(
    recipe: str, nodes: list[str], across: str, run: str | None, config: str | None, gpus: int, port: int
) -> Commands:
    """Return what to type where. Raises ConfigError."""
    if across not in ACROSS:
        raise ConfigError(f"--across={across}: one of {', '.join(ACROSS)} is expected")
    if gpus < 1:
        raise ConfigError(f"--gpus={gpus}: a number above 0 is expected")
    options, _ = read_options(config or load_recipe(recipe).training_config, "")
    overrides = same_batch(int(options.get("gradient_accumulation_steps", 1)), len(nodes))
    given = {"RECIPE": recipe.removeprefix("recipes/"), "RUN": run, "CONFIG": config}
    make = ["make", "train", *(f"{name}={value}" for name, value in given.items() if value)]
    return ACROSS[across](make, overrides, nodes, gpus, port)


def main(
    recipe: str,
    nodes: str,
    across: str = "torchrun",
    run: str | None = None,
    config: str | None = None,
    gpus: int = 8,
    port: int = 29500,
) -> None:
    """Print what to run on each of `nodes` (addresses joined by commas), each with `gpus` GPUs.

    `across`: torchrun, slurm or ray, which start the processes.
    """
    for node, words in commands(recipe, parse_nodes(nodes), across, run, config, gpus, port):
        print(f"# on {node}\n{shlex.join(words)}")


if __name__ == "__main__":
    command(main)
