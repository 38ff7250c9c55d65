"""The training on a model's card: method, steps, loss, machine, and the options that others can run it with.

training_rows(run, "quickstart", options, manifest)     -> [("method", "full fine-tuning, LLaMA-Factory, ..."), ...]
effective_yaml(settings, "Qwen/Qwen2.5-7B-Instruct")    -> training.yaml: overrides in, keys and folders out
"""

import json
import re

import yaml

from data_gen.card import folded
from data_gen.composition import UNKNOWN
from data_gen.export import without_folders
from data_gen.run_folder import Run
from launch.card.header import Json
from launch.training.trained import read_record

SECRET = re.compile(r"(_token|_key|_secret|password|webhook_url)$")


def method(options: Json) -> str:
    """Return "full fine-tuning" or "4-bit QLoRA (rank 32)"."""
    kind = str(options.get("finetuning_type", "lora"))
    if kind != "lora":
        return f"{kind} fine-tuning"
    bits = options.get("quantization_bit")
    return f"{f'{bits}-bit QLoRA' if bits else 'LoRA'} (rank {options.get('lora_rank', 8)})"


def training_rows(run: Run, config: str, options: Json, manifest: Json) -> list[tuple[str, object]]:
    """Return what the training was and took, as train.json has it."""
    done = read_record(run, config)
    spent = done.get("spent", {})
    after = f", resumed from step {done['resumed_from']:,}" if done.get("resumed_from") else ""
    rows: list[tuple[str, object]] = [
        ("method", f"{method(options)}, LLaMA-Factory, config `{config}`"),
        ("rows", done["rows"]),
        ("tokens an epoch", done["tokens"]),
        ("epochs", f"{done['epochs']:g}"),
        ("optimizer steps", f"{done['steps']:,}{after}"),
        ("hardware", _hardware(done, manifest)),
        ("seconds", f"{spent.get('seconds', done['seconds']):,.0f}, loading included"),
    ]
    if done["first_loss"] is not None:
        rows.append(("loss, first to last step", f"{done['first_loss']:.4f} to {done['last_loss']:.4f}"))
    if done["tokens_per_second"] is not None:
        rows.append(("tokens/s", f"{done['tokens_per_second']:,.0f}"))
    if spent.get("mfu") is not None:
        what = "peak (MFU)" if done.get("conditions", {}).get("gpus") else "CPU's matrix rate, measured before"
        rows.append((f"share of the {what}", f"{100 * spent['mfu']:.1f} %"))
    if spent.get("dollars") is not None:
        rows.append(("dollars", f"{spent['dollars']:,.2f}"))
    return rows


def _hardware(done: Json, manifest: Json) -> str:
    machine = done.get("conditions", {})
    if machine.get("gpus"):
        nodes = f", {machine['nodes']} nodes" if machine["nodes"] > 1 else ""
        return f"{machine['gpus']} x {machine['gpu']}{' a node' if nodes else ''}{nodes}"
    cores = machine.get("cpus") or manifest.get("environment", {}).get("cpus") or UNKNOWN
    return f"{cores} CPU cores" if machine else f"{cores} CPU cores; GPUs: not recorded"


def effective(settings: Json, base: str) -> Json:
    """Return the options that trained, overrides applied, as others can run them: no key, no folder of this machine."""
    kept = {key: value for key, value in settings["training"].items() if not SECRET.search(key)}
    cleaned: Json = without_folders(kept | {"model_name_or_path": base})
    return cleaned


def effective_yaml(settings: Json, base: str) -> str:
    """Return training.yaml."""
    head = "# `dataset`, `dataset_dir` and `output_dir` are to be added.\n"
    return head + yaml.safe_dump(effective(settings, base), sort_keys=False, allow_unicode=True)


def options_section(settings: Json, base: str) -> str:
    """Return the options in Markdown, with the DeepSpeed JSON where there is one."""
    text = f"```yaml\n{effective_yaml(settings, base)}```"
    if settings.get("deepspeed"):
        text += "\n\n" + folded("DeepSpeed", json.dumps(settings["deepspeed"], indent=1))
    return text
