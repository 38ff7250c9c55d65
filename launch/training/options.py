"""options: what a training is told: a YAML of llamafactory_configs/ and the overrides of ARGS, all faults at once.

    read_options("quickstart", "learning_rate=2e-5 lora_target='[q_proj, v_proj]' deepspeed=null")
    -> ({"learning_rate": 2e-05, "lora_target": ["q_proj", "v_proj"], ...}, Path("llamafactory_configs/quickstart.yaml"))

    launch.train: llamafactory_configs/x.yaml: num_train_epochs: '3': a number above 0 is expected

An override is one word of a shell and its value is YAML; null takes a key out, in the YAML too. Only what the checks before
a training count with is looked at here, and what breaks resuming. LLaMA-Factory's own parser knows its keys
(`preflight.check`), but it takes a text for a number (HfArgumentParser.parse_dict, transformers 5.6), and its training ends
in a traceback when the model is loaded.
"""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from data_gen import train_env
from data_gen.cli import ConfigError
from data_gen.yaml_schema import parse_yaml, read_yaml

Options = dict[str, Any]

FILLED_IN = ("dataset", "dataset_dir", "output_dir")
NEEDED = ("model_name_or_path", "template", "cutoff_len")
TEXTS = ("model_name_or_path", "template", "finetuning_type", "optim", "deepspeed")
COUNTS = (
    "cutoff_len", "per_device_train_batch_size", "gradient_accumulation_steps", "lora_rank", "quantization_bit",
    "max_samples", "preprocessing_num_workers", "preprocessing_batch_size", "ray_num_workers", "save_total_limit",
)  # fmt: skip
NUMBERS = ("num_train_epochs", "learning_rate", "save_steps", "logging_steps")
# Options that break going on after a kill when they are set, and why.
UNRESUMABLE = {
    "save_only_model": "checkpoints would lack the optimizer, and a resumed training would begin its schedule again",
    "overwrite_output_dir": "a training that was killed would begin again, over its checkpoints",
    "ignore_data_skip": "a resumed training would read rows twice and others never",
    "enable_jit_checkpoint": "LLaMA-Factory would end at a SIGTERM as if all steps were done",
    "resume_from_checkpoint": "the last whole checkpoint is found without it",
}


def read_options(config: str, args: str) -> tuple[Options, Path]:
    """Return the training options, overrides applied, and the YAML's path. Raises ConfigError, a line for every fault."""
    path = train_env.CONFIGS / f"{config}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in train_env.CONFIGS.glob("*.yaml")))
        raise ConfigError(f"{path}: no such training config; there are: {known}")
    told = read_yaml(path) | overrides(args)
    options = {key: value for key, value in told.items() if value is not None}
    if found := list(faults(options)):
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in found))
    return options, path


def overrides(args: str) -> Options:
    """Return the keys and values of "key=value key=value". Raises ConfigError."""
    found = {}
    try:
        words = shlex.split(args)
    except ValueError as error:
        raise ConfigError(f"--args: {args}: {error}") from error
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise ConfigError(f"--args: {word!r}: key=value is expected")
        try:
            found[key] = parse_yaml(value)
        except (yaml.YAMLError, ValueError) as error:
            raise ConfigError(f"--args: {word}: not YAML: {' '.join(str(error).split())}") from error
    return found


def faults(options: Options) -> Iterator[str]:
    """Yield what is wrong with options, as far as it is seen without LLaMA-Factory."""
    yield from (f"{key} must be set" for key in NEEDED if key not in options)
    for key, value in options.items():
        if not isinstance(key, str) or not _is_json(value):
            yield f"{key}: {value}: neither text nor number to YAML; put it in quotes"
        elif key in FILLED_IN:
            yield f"{key}: filled in by the run, take it out"
        elif key.endswith(("_token", "_key", "_secret")):
            yield f"{key}: options are written to the manifest; export HF_TOKEN instead"
        elif wrong := _wrong(key, value):
            yield f"{key}: {value!r}: {wrong} is expected"
    yield from unresumable(options)


def _wrong(key: str, value: Any) -> str | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) and number
    if key in TEXTS and not isinstance(value, str):
        return "a text"
    if key in COUNTS and not (whole and value > 0):
        return "a whole number above 0"
    if key in NUMBERS and not (number and value > 0):
        return "a number above 0"
    if key == "max_steps" and not whole:
        return "a whole number"
    return None


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):  # a date; infinity
        return False
    return True


def unresumable(options: Options) -> list[str]:
    """Return a line for every training option with which a killed training could not go on as if nothing had happened."""
    found = [f"{key}: {options[key]}: {why}; take it out" for key, why in UNRESUMABLE.items() if options.get(key)]
    strategy = options.get("save_strategy", "steps")
    if strategy is False or str(strategy).lower() in ("no", "none"):  # an unquoted no is false in YAML
        found.append("save_strategy: no: a kill would cost the whole training; set steps, and save_steps")
    return found


def deepspeed_of(options: Options, path: Path) -> dict[str, Any] | None:
    """Return the content of the DeepSpeed JSON that a training YAML names, None where it names none. Raises ConfigError."""
    if options.get("deepspeed") is None:
        return None
    named = f"{path}: deepspeed: {options['deepspeed']}"
    try:
        content = json.loads((train_env.ROOT / options["deepspeed"]).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ConfigError(f"{named}: no such file") from error
    except ValueError as error:
        raise ConfigError(f"{named}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{named}: a JSON object is expected")
    return content
