"""world: the machines and processes of a training, by the variables that LLaMA-Factory's launcher reads.

    this_node()                            (2, 0)     NNODES=2 NODE_RANK=0: the first of two machines
    processes({"deepspeed": ...}, 8, 2)    16         one a GPU, NPROC_PER_NODE of them where that is set
    training_part(options, hardware, 1)    what of this machine trains, and the machines: NPROC_PER_NODE=4 leaves GPUs idle

The launcher (llamafactory/launcher.py, 0.9.5) starts torchrun when FORCE_TORCHRUN is on, which it is here for DeepSpeed and
for several machines, or when there are two GPUs; else one process trains, whatever NPROC_PER_NODE says. With USE_RAY on,
`ray_num_workers` processes train, and Ray places them. Not covered: machines that differ; torchrun's elastic variables.
"""

import math
import os
from dataclasses import replace
from typing import Any

from data_gen.cli import ConfigError
from launch.training.hardware import Hardware


def is_on(variable: str) -> bool:
    """Return whether an environment variable is on, as LLaMA-Factory reads it (`is_env_enabled`)."""
    return os.environ.get(variable, "0").lower() in ("true", "y", "1")


def on_ray() -> bool:
    """Return whether Ray starts the processes."""
    return is_on("USE_RAY")


def this_node() -> tuple[int, int]:
    """Return the number of machines, and the place of this one among them, 0 for the first. Raises ConfigError."""
    nodes, place = os.environ.get("NNODES", "1"), os.environ.get("NODE_RANK", "0")
    if not (nodes.isdecimal() and place.isdecimal() and int(place) < int(nodes)):
        raise ConfigError(f"NNODES={nodes} NODE_RANK={place}: a number of nodes and a place below it are expected")
    return int(nodes), int(place)


def told_processes() -> int | None:
    """Return NPROC_PER_NODE, None where it is not set. Raises ConfigError."""
    told = os.environ.get("NPROC_PER_NODE")
    if not told:
        return None
    if not (told.isdecimal() and int(told)):
        raise ConfigError(f"NPROC_PER_NODE={told}: a number of processes above 0 is expected")
    return int(told)


def forces_torchrun(options: dict[str, Any], nodes: int) -> bool:
    """Return whether LLaMA-Factory is to start torchrun, also for one process."""
    return not on_ray() and ("deepspeed" in options or nodes > 1 or is_on("FORCE_TORCHRUN"))


def by_torchrun(options: dict[str, Any], gpus: int, nodes: int) -> bool:
    """Return whether torchrun starts the processes; `gpus` are those of a node."""
    return forces_torchrun(options, nodes) or (gpus > 1 and not on_ray())


def processes(options: dict[str, Any], gpus: int, nodes: int) -> int:
    """Return how many processes train, each on rows of its own."""
    if on_ray():
        return int(options.get("ray_num_workers", 1))
    return nodes * (told_processes() or gpus or 1) if by_torchrun(options, gpus, nodes) else 1


def training_part(options: dict[str, Any], have: Hardware, nodes: int) -> tuple[Hardware, int]:
    """Return a node's hardware with the GPUs that train alone, and how many nodes train: Ray knows of more than NNODES."""
    if not have.gpus:
        return have, nodes
    count = processes(options, have.gpus, nodes)
    if on_ray():
        nodes = math.ceil(count / have.gpus)
    return replace(have, gpus=math.ceil(count / nodes)), nodes
