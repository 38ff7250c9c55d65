"""merge: a trained LoRA or QLoRA adapter folded into its base, through LLaMA-Factory's own export.

    python -m launch.merge --recipe=recipes/x --run=runs/x [--config=NAME]

    merge     quickstart into runs/models/SmolLM2-135M-Instruct, bfloat16
    merge     0.27 GB of disk, as much memory at least
    merge     runs/x/model/quickstart-merged in 32 s

The adapter stays in model/<config>/; the whole model goes to model/<config>-merged/, which gets that name when it is whole:
a killed merge leaves nothing there. The same command again says that it is done, and merges anew when the adapter is another
one. A QLoRA adapter goes into the unquantized base (LLaMA-Factory refuses a quantized one): what was trained beside 4-bit
weights is then served beside the exact ones.

The weights keep the base's number format, so the sum is rounded to it. In bf16 that is seen: 4 steps of rank 4 moved the
logits of SmolLM2-135M by 2.1 at most (they reach 35), and merged they were 0.27 off at most, computed in fp32. A tiny model
in fp32 was 2e-7 off. What is evaluated is the merged model, so a score is that of what is served.

Not covered, and refused: PiSSA, OFT, an adapter trained upon other adapters. The memory said is that of the weights alone.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from data_gen.cli import UserError, command
from data_gen.recipe import load_recipe
from data_gen.run_folder import Run, emptied
from data_gen.stage import Stage
from launch.training import hardware, llamafactory_run, model_shape
from launch.training.trained import ADAPTER, base_folder, finished, merged_folder

GB = 10**9
# What of a training's options says how base and tokenizer are loaded; all else is about training.
KEPT = (
    "model_name_or_path",
    "model_revision",
    "cache_dir",
    "trust_remote_code",
    "template",
    "default_system",
    "tool_format",
    "rope_scaling",
    "use_fast_tokenizer",
    "split_special_tokens",
    "resize_vocab",
    "add_tokens",
    "add_special_tokens",
    "new_special_tokens_config",
    "init_special_tokens",
)


def main(recipe: str, run: str, config: str | None = None) -> None:
    """Merge the adapter that `config` (the recipe's own, if not said) trained in this run."""
    folder = Run(Path(run))
    name = config or load_recipe(recipe).training_config
    options = finished(folder, f"train {name}", "train")["settings"]["training"]
    check_is_lora(options, name)
    adapter, target = folder.model(name), merged_folder(folder, name)
    base = base_folder(options)
    loaded = {key: options[key] for key in KEPT if key in options}
    settings = {"config": name, "base": loaded}
    inputs = [adapter / ADAPTER, adapter / "adapter_config.json"]
    with Stage(folder, f"merge {name}", settings, inputs, [target, target / "config.json"]) as stage:
        if stage.finished:
            return
        partial = emptied(target)
        dtype = dtype_of(base)
        print(f"merge     {name} into {options['model_name_or_path']}, {dtype}")
        check_room(str(options["model_name_or_path"]), base, folder.folder)
        seconds = export(loaded, dtype, adapter, partial, folder.folder / "logs" / f"merge.{name}.log")
        check_whole(partial)
        partial.rename(target)
        print(f"merge     {target} in {seconds:.0f} s")


def check_is_lora(options: dict[str, Any], name: str) -> None:
    """Raise UserError where the training left nothing that LLaMA-Factory's export merges."""
    kind = options.get("finetuning_type", "lora")
    if kind in ("full", "freeze"):
        raise UserError(f"{name} is a {kind} fine-tuning: nothing to merge, its folder holds the whole model")
    other = [key for key in ("pissa_init", "adapter_name_or_path") if options.get(key)]
    if kind != "lora" or other:
        raise UserError(f"{name}: {', '.join(other) or f'finetuning_type: {kind}'}: not merged here, only LoRA alone is")


def dtype_of(base: Path | None) -> str:
    """Return the number format of the base's weights as its config.json names it, else `auto`.

    LLaMA-Factory's own `auto` makes fp32 weights bf16 or fp16 where a GPU has it (export_model, 0.9.5).
    """
    if base is None or not (base / "config.json").is_file():
        return "auto"
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return str(config.get("dtype") or config.get("torch_dtype") or "auto")


def weight_bytes(name: str, base: Path | None) -> int | None:
    """Return the size of the base's weights: of its files, else 2 bytes a parameter; None where nothing is known of it."""
    if base is not None:
        for pattern in ("model*.safetensors", "pytorch_model*.bin"):
            if files := list(base.glob(pattern)):
                return sum(file.stat().st_size for file in files)
    shape = model_shape.find(name)
    return None if shape is None else 2 * shape.parameters


def check_room(name: str, base: Path | None, run: Path) -> None:
    """Print what the merged model takes. Raises UserError when disk or memory is too small for the weights alone."""
    size = weight_bytes(name, base)
    if size is None:
        print("merge     disk and memory not checked: the size of the base is not known")
        return
    print(f"merge     {size / GB:,.2f} GB of disk, as much memory at least")
    for kind, free in (("disk", shutil.disk_usage(run).free), ("memory", hardware.host_memory())):
        if free < size:
            raise UserError(f"{kind}: the merged model takes {size / GB:,.2f} GB and {free / GB:,.2f} GB are free")


def export(options: dict[str, Any], dtype: str, adapter: Path, target: Path, log: Path) -> float:
    """Run LLaMA-Factory's export; return its seconds. Raises UserError with the end of its log."""
    filled = options | {
        "adapter_name_or_path": str(adapter),
        "finetuning_type": "lora",
        "infer_dtype": dtype,
        "export_dir": str(target),
        "export_size": 5,  # GB a file
        "export_device": "cpu",
    }
    return llamafactory_run.run("export", filled, log)


def check_whole(model: Path) -> None:
    """Raise UserError when a file is missing: LLaMA-Factory only warns when it cannot save the tokenizer."""
    index = model / "model.safetensors.index.json"
    weights = ["model.safetensors"]
    if index.is_file():
        weights = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    missing = [name for name in ("config.json", "tokenizer_config.json", *weights) if not (model / name).is_file()]
    if missing:
        raise UserError(f"LLaMA-Factory's export wrote no {', '.join(missing)}; see its log in logs/ of the run")


if __name__ == "__main__":
    command(main)
