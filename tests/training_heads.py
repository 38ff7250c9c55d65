"""The training YAMLs as tests read them: their keys, the fields of their heads, and what the estimate says of each.

head("sky_t1_preview")["hours"]                         -> "about 19 by the published run's share of peak ..."
needed("sky_t1_fast", deepspeed="ds_configs/zero3.json").gpu_gb
"""

import json
import re
from typing import Any

import yaml

from launch.training.memory import Needs, needs
from launch.training.model_shape import SHAPES
from tests.conftest import ROOT
from tests.training_memory import SMOLLM2

PATHS = sorted((ROOT / "llamafactory_configs").glob("*.yaml"))
NAMES = [path.stem for path in PATHS]
ON_GPUS = [name for name in NAMES if name != "quickstart"]
ADAPTERS = [name for name in NAMES if name.endswith(("_lora", "_qlora"))]
# As PyTorch or nvidia-smi show it: 79.35 GiB, 143,771 MiB; 23.69 GiB (LlamaFactory#5977) and, of an A40, 44.34 (#9269).
GPU_GB = {"H100 80 GB": 85.2, "H200 141 GB": 150.7, "24 GB": 25.4, "48 GB": 47.6}


def text(name: str) -> str:
    return (ROOT / f"llamafactory_configs/{name}.yaml").read_text(encoding="utf-8")


def keys(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text(name))
    return found


def head(name: str) -> dict[str, str]:
    """Return the fields of a YAML's head: {"hours": "about 19 by ...", ...}; a field goes on until the next one."""
    lines = text(name).partition("\n###")[0].splitlines()
    fields: dict[str, str] = {"what": ""}
    field = "what"
    for line in lines:
        if named := re.fullmatch(r"# ([a-z]+): +(.*)", line):
            field, line = named[1], named[2]
        elif line.startswith("# `dataset`"):
            break
        fields[field] = f"{fields.get(field, '')} {line.lstrip('# ')}".strip()
    return fields


def number(told: str, pattern: str) -> str:
    found = re.search(pattern, told)
    assert found, (told, pattern)
    return found[1]


def gpus(name: str) -> int:
    return int(number(head(name)["hardware"], r"^(\d) x H100 80 GB"))


def needed(name: str, count: int | None = None, **change: Any) -> Needs:
    """Return what a training needs on the GPUs of its head, or on `count` of them."""
    training = keys(name) | change
    if name == "quickstart":  # its rows have 180 tokens and make 63 steps; its model is made in runs/
        return needs(training, None, SMOLLM2, 0, longest=180, steps=63)
    deepspeed = json.loads((ROOT / training["deepspeed"]).read_text("utf-8")) if "deepspeed" in training else None
    return needs(training, deepspeed, SHAPES[training["model_name_or_path"]], count or gpus(name))
