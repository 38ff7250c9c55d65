"""fitting_configs: which training YAMLs of llamafactory_configs/ train the same base and fit this machine.

    fitting("sky_t1_preview", training, shape, hardware, nodes=1, longest=16384)      on one GPU of 80 GB
    -> ["CONFIG=sky_t1_32b_qlora (lora, 4 bits)"]

By the same estimate as the refusal that they are named in; settings that it does not cover are left out.
"""

import json
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import ConfigError
from data_gen.yaml_schema import read_yaml
from launch.training.fit import faults, packing_faults
from launch.training.hardware import Hardware
from launch.training.memory import needs, not_modelled
from launch.training.model_shape import Shape


def fitting(
    model: str,
    without: Path,
    shape: Shape,
    have: Hardware,
    nodes: int = 1,
    longest: int | None = None,
    configs: Path = train_env.CONFIGS,
) -> list[str]:
    """Return the configs that train `model` and fit, `without` the one that does not; full fine-tuning first."""
    found = []
    for path in sorted(configs.glob("*.yaml")):
        keys = read_yaml(path)
        if path == without or keys.get("model_name_or_path") != model:
            continue
        deepspeed = deepspeed_of(keys, path)
        if not_modelled(keys, deepspeed) or packing_faults(keys, train_env.has_package("flash_attn")):
            continue
        if not faults(needs(keys, deepspeed, shape, have.gpus, nodes, longest), have):
            method, bits = keys.get("finetuning_type", "lora"), keys.get("quantization_bit")
            found.append((method != "full", bool(bits), f"CONFIG={path.stem} ({method}{f', {bits} bits' if bits else ''})"))
    return [line for _, _, line in sorted(found)]


def deepspeed_of(options: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """Return the content of the DeepSpeed JSON that a training YAML names, None where it names none. Raises ConfigError."""
    if "deepspeed" not in options:
        return None
    file = train_env.ROOT / options["deepspeed"]
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError(f"{path}: deepspeed: {options['deepspeed']}: {error}") from error
    return content
