"""What is checked before the first step of a training: the options, the rows, and whether it fits this machine.

    check(options, path)                                     LLaMA-Factory's own parser reads them
    facts = dataset_facts(training, run, "quickstart")       its own loader reads the rows
    check_rows(facts, options)                               none skipped, none cut, all begin as the served model is asked
    check_fit(options, deepspeed, facts["longest"], hardware, force=False)

    train     prompts: all 168 rows begin as the served model is asked, token by token, and end with '<|im_end|>', its stop
    train     host memory: 3.1 GB of 22.9 (optimizer 1.1, gradients 0.5, weights 0.5)

What does not fit is refused in a few lines that name configs and settings which would; FORCE=1 goes on all the same, for the
estimate errs (docs/training_memory.md). Rows that would be skipped or cut, and prompts that differ, no force lets through.
"""

import json
import time
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import ConfigError, UserError
from data_gen.records import read_rows
from data_gen.run_folder import Run
from launch.training import hardware, model_shape
from launch.training.fit import alternatives, enough_nodes, faults, packing_faults, summary, tight
from launch.training.fitting_configs import fitting
from launch.training.memory import Needs, needs, not_modelled

PACKAGES = {"quantization_bit": "bitsandbytes", "enable_liger_kernel": "liger_kernel"}  # what a key needs in .venv-train


def check(options: dict[str, Any], path: Path) -> None:
    """Let LLaMA-Factory's own parser read the options before anything starts. Raises ConfigError with its complaint."""
    name = str(options["model_name_or_path"])
    if (name.count("/") > 1 or name.startswith(("/", ".", "~"))) and not Path(name).is_dir():
        raise ConfigError(f"{path}: model_name_or_path: {name}: no such folder")
    for key, package in PACKAGES.items():
        other = key == "quantization_bit" and options.get("quantization_method", "bnb") != "bnb"
        if options.get(key) and not other and not train_env.has_package(package):
            raise ConfigError(
                f"{path}: {key}: .venv-train has no {package}: .venv-train/bin/pip install -r requirements/train-gpu.txt"
            )
    launched = {key: value for key, value in options.items() if key != "deepspeed"}  # that needs its launcher
    fault = train_env.probe("args", {"options": launched})["fault"]
    if fault:
        raise ConfigError(f"{path}: LLaMA-Factory refuses it: {' '.join(fault.split())}")


def dataset_facts(training: train_env.Training, folder: Run, dataset: str) -> dict[str, Any]:
    """Load the dataset as training will; return what the probe's `load` tells, and load_seconds. Raises UserError where
    there is no row, or dataset_info.json is not export's."""
    started, info = time.monotonic(), folder.dataset / "dataset_info.json"
    if not _describes(info, dataset):
        raise UserError(f"{info}: tells nothing of {dataset}; it is written by export: remove it and run `make data`")
    try:
        loaded = train_env.load_dataset(training, folder.dataset, dataset)
    except UserError as error:
        for _ in read_rows(folder.dataset / f"{dataset}.jsonl"):  # it names a row that is no JSON; datasets does not
            pass
        raise UserError(f"{training.keys['model_name_or_path']} and {folder.dataset}: {error}") from error
    if not loaded["rows"]:
        raise UserError(f"{folder.dataset}: no rows to train on, of {loaded['written']} written; `make data` makes them")
    return loaded | {"load_seconds": time.monotonic() - started}


def _describes(info: Path, dataset: str) -> bool:
    try:
        content = json.loads(info.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(content, dict) and isinstance(content.get(dataset), dict) and "file_name" in content[dataset]


def check_rows(facts: dict[str, Any], options: dict[str, Any]) -> None:
    """Print that the rows begin and end as the served model's answers do. Raises UserError when a row would be skipped, cut,
    or trained on in another form than the model is asked in."""
    if facts["rows"] != facts["written"] or facts["over_cutoff"]:
        less = " (less 1 for packing)" if facts["packed"] is not None else ""
        raise UserError(
            f"of {facts['written']} rows LLaMA-Factory would skip {facts['written'] - facts['rows']} and cut "
            f"{facts['over_cutoff']} at cutoff_len {options['cutoff_len']}{less}: run mix again with this config, "
            "or raise it"
        )
    if wrong := prompt_faults(facts, str(options["template"])):
        raise UserError("\n".join(wrong))
    print(
        f"train     prompts: all {facts['rows']:,} rows begin as the served model is asked, token by token, and end with "
        f"{facts['end']!r}, its stop"
    )


def prompt_faults(loaded: dict[str, Any], template: str) -> list[str]:
    """Return what differs between the rows as they are trained on and the model as it is served (the probe's `compare`)."""
    found, rows = [], loaded["rows"]
    if loaded["differing"]:
        trained, served = loaded["prompt"], loaded["served_prompt"]
        alike = next((i for i, pair in enumerate(zip(trained, served, strict=False)) if len(set(pair)) > 1), 0)
        start = max(0, alike - 40)
        found += [
            f"template {template!r} trains on another prompt than the model is served with, in {loaded['differing']} of "
            f"{rows} rows; take the template of this base model, or a base with this chat template",
            f"trained: {trained[start : start + 160]!r}",
            f"served:  {served[start : start + 160]!r}",
        ]
    stops = " or ".join(map(repr, loaded["stops"]))
    if loaded["endless"]:
        found.append(f"{loaded['endless']} of {rows} answers do not end with {stops}: the served model would never stop")
    if loaded["early"]:
        found.append(f"{loaded['early']} of {rows} answers hold {stops} before their end: the served model would stop there")
    return found


def check_fit(
    options: dict[str, Any],
    deepspeed: dict[str, Any] | None,
    longest: int,
    have: hardware.Hardware,
    nodes: int = 1,
    force: bool = False,
    steps: int | None = None,
    path: Path = train_env.CONFIGS,
) -> Needs | None:
    """Print what the training needs of this machine, and return it, None where it is not known.

    `longest` is the longest row in tokens, `steps` those of the whole training, `path` the config's YAML. Raises UserError
    with what is short and which configs and settings fit, unless `force`.
    """
    wrong = packing_faults(options, train_env.has_package("flash_attn"))
    shape = model_shape.find(str(options["model_name_or_path"]))
    unknown = ["its model's shape"] if shape is None else not_modelled(options, deepspeed)
    need = None
    if shape is None or unknown:
        print(f"train     memory not estimated: not known for {', '.join(unknown)}")
    else:
        need = needs(options, deepspeed, shape, have.gpus, nodes, longest, steps)
        for line in summary(need, have) + tight(need, have):
            print(f"train     {line}")
        if short := faults(need, have):
            wrong += short
            named = fitting(str(options["model_name_or_path"]), path, shape, have, nodes, longest)
            others = {str(path.relative_to(train_env.ROOT)): json.loads(path.read_text("utf-8")) for path in _deepspeeds()}
            named += alternatives(options, others, shape, have, nodes, longest)
            wrong += [f"it fits with {args}" for args in named]
            if (more := enough_nodes(options, deepspeed, shape, have, longest)) is not None and more > nodes:
                wrong.append(f"it fits on {more} machines like this one (docs/training_nodes.md)")
    if wrong and not force:
        raise UserError("\n".join([*wrong, "FORCE=1 trains all the same"]))
    for line in wrong:
        print(f"train     forced, though {line}")
    return need


def _deepspeeds() -> list[Path]:
    return sorted((train_env.ROOT / "ds_configs").glob("*.json"))
