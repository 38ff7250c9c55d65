"""fitting_configs: which training YAMLs of llamafactory_configs/ train the same base and fit this machine.

    fitting("Qwen/Qwen2.5-32B-Instruct", Path("llamafactory_configs/sky_t1_preview.yaml"), shape, hardware, longest=16384)
    -> ["CONFIG=sky_t1_32b_qlora (lora, 4 bits)"]      on one GPU of 80 GB

By the same estimate as the refusal that they are named in; settings that it does not cover are left out.
"""

from pathlib import Path

from data_gen import train_env
from data_gen.yaml_schema import read_yaml
from launch.training.fit import faults, packing_faults
from launch.training.hardware import Hardware
from launch.training.memory import needs, not_modelled
from launch.training.model_shape import Shape
from launch.training.options import deepspeed_of


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
