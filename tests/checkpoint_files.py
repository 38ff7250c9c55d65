"""Folders of checkpoints as the Trainer and DeepSpeed write them, file by file, without any training.

folder = checkpoint(tmp_path, 8, ZERO3)                 -> tmp_path/checkpoint-8, whole
@each_kind                                              a test of `order`: one process, LoRA, ZeRO-3, ...
"""

import json
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

# The files of a checkpoint in the order in which the Trainer and DeepSpeed write them.
ONE_PROCESS = ["config.json", "model.safetensors", "training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth"]
LORA = ["adapter_config.json", "adapter_model.safetensors", *ONE_PROCESS[3:]]
SHARDED = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    *ONE_PROCESS[3:],
]
TWO_PROCESSES = [*ONE_PROCESS[:5], "rng_state_1.pth", "rng_state_0.pth"]
ZERO2 = [
    "model.safetensors",
    "global_step8/mp_rank_00_model_states.pt",
    "global_step8/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt",
    "global_step8/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt",
    "latest",
    "scheduler.pt",
    "rng_state_0.pth",
    "rng_state_1.pth",
]
ZERO3 = [
    "model.safetensors",
    *(f"global_step8/zero_pp_rank_{rank}_mp_rank_00_model_states.pt" for rank in range(3)),
    *(f"global_step8/zero_pp_rank_{rank}_mp_rank_00_optim_states.pt" for rank in range(3)),
    "latest",
    "scheduler.pt",
    *(f"rng_state_{rank}.pth" for rank in (1, 2, 0)),
]
ZERO3_ALONE = [
    "global_step8/zero_pp_rank_0_mp_rank_00_model_states.pt",
    "global_step8/zero_pp_rank_0_mp_rank_00_optim_states.pt",
    "latest",
    "rng_state.pth",
]
KINDS = {
    "one process": ONE_PROCESS,
    "lora": LORA,
    "sharded": SHARDED,
    "two processes": TWO_PROCESSES,
    "ZeRO-2": ZERO2,
    "ZeRO-3": ZERO3,
    "ZeRO-3 alone": ZERO3_ALONE,
}
each_kind = pytest.mark.parametrize("order", KINDS.values(), ids=KINDS)


def write(path):
    """Write one file of a checkpoint as its own format has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        save_file({"a": np.ones((3, 5), np.float32), "b": np.zeros(7, np.float16)}, path)
    elif path.suffix in (".pt", ".pth", ".bin"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", "pickled")
            archive.writestr("archive/data/0", bytes(1000))
    elif path.name == "latest":
        path.write_text("global_step8")
    elif path.name == "model.safetensors.index.json":
        path.write_text(json.dumps({"weight_map": {"a": SHARDED[0], "b": SHARDED[1], "c": SHARDED[1]}}))
    else:
        path.write_text(json.dumps({"global_step": 8}))


def checkpoint(output, step, order=ONE_PROCESS):
    folder = output / f"checkpoint-{step}"
    for name in [*order, "trainer_state.json"]:
        write(folder / name)
    return folder
