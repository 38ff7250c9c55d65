"""Trainings, DeepSpeed files and models whose memory tests estimate: the recipe's own, and those that others ran.

needs(FULL | {"cutoff_len": 4096}, PLAIN, QWEN32, 8)        full fine-tuning of 32B on 8 GPUs, ZeRO-3 without offload
recipe_config("sky_t1_7b")                                  the keys of that YAML
"""

import json

import pytest
import yaml

from data_gen import train_env
from launch.training.model_shape import SHAPES, Shape
from tests.conftest import ROOT

BOTH = json.loads((ROOT / "ds_configs/zero3_offload.json").read_text(encoding="utf-8"))
SECTION = BOTH["zero_optimization"]
PLAIN = {"zero_optimization": {key: value for key, value in SECTION.items() if not key.startswith("offload")}}
OPTIMIZER = {"zero_optimization": {key: value for key, value in SECTION.items() if key != "offload_param"}}
FULL = {"finetuning_type": "full", "bf16": True, "per_device_train_batch_size": 1, "cutoff_len": 1024}
LORA = FULL | {"finetuning_type": "lora"}
QLORA = LORA | {"quantization_bit": 4}
QWEN32, QWEN7 = SHAPES["Qwen/Qwen2.5-32B-Instruct"], SHAPES["Qwen/Qwen2.5-7B-Instruct"]
LLAMA_8B = Shape(4096, 14336, 32, 32, 8, 128256)
# Qwen 1: its intermediate_size counts gate and up together.
QWEN1 = {
    7: Shape(4096, 11008, 32, 32, 32, 151936, qkv_bias=True),
    14: Shape(5120, 13696, 40, 40, 40, 152064, qkv_bias=True),
    72: Shape(8192, 24576, 80, 64, 64, 152064, qkv_bias=True),
}
SMOLLM2 = Shape(576, 1536, 30, 9, 3, 49152, tied=True, head_dim=64)
GPU_80 = 85.2  # GB: 79.35 GiB, as PyTorch prints it
TRAIN_ENV = pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")


def recipe_config(name="sky_t1_preview"):
    return yaml.safe_load((ROOT / f"llamafactory_configs/{name}.yaml").read_text(encoding="utf-8"))
