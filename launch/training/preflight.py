"""What is checked before the first step of a training: the options, the rows, and whether it fits this machine.

    check(options, path)                                     LLaMA-Factory's own parser reads them
    facts = dataset_facts(training, run, "quickstart")       its own loader reads the rows: none skipped, none cut
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
from data_gen.run_folder import Run
from launch.training import hardware, model_shape
from launch.training.fit import alternatives, enough_nodes, faults, packing_faults, summary, tight
from launch.training.fitting_configs import fitting
from launch.training.memory import Needs, needs, not_modelled


def check(options: dict[str, Any], path: Path) -> None:
    """Let LLaMA-Factory's own parser read the options before anything starts. Raises ConfigError with its complaint."""
    launched = {key: value for key, value in options.items() if key != "deepspeed"}  # that needs its launcher
    fault = train_env.probe("args", {"options": launched})["fault"]
    if fault:
        raise ConfigError(f"{path}: LLaMA-Factory refuses it: {' '.join(fault.split())}")


def dataset_facts(training: train_env.Training, folder: Run, dataset: str) -> dict[str, Any]:
    """Load the dataset as training will, and print that its prompts are those of the served model.

    Return rows, tokens, longest, lengths, packed (sequences, or None) and load_seconds. Raises UserError when a row would be
    skipped, cut, or trained on in another form than the model is asked in.
    """
    started = time.monotonic()
    loaded = train_env.load_dataset(training, folder.dataset, dataset)
    seconds = time.monotonic() - started
    if loaded["rows"] != loaded["written"] or loaded["over_cutoff"]:
        less = " (less 1 for packing)" if loaded["packed"] is not None else ""
        raise UserError(
            f"of {loaded['written']} rows LLaMA-Factory would skip {loaded['written'] - loaded['rows']} and cut "
            f"{loaded['over_cutoff']} at cutoff_len {training.cutoff_len}{less}: run mix again with this config, or raise it"
        )
    if not loaded["rows"]:
        raise UserError(f"{folder.dataset}: no rows to train on; `make data` makes them")
    if wrong := prompt_faults(loaded, str(training.keys["template"])):
        raise UserError("\n".join(wrong))
    print(
        f"train     prompts: all {loaded['rows']:,} rows begin as the served model is asked, token by token, and end with "
        f"{loaded['end']!r}, its stop"
    )
    return {name: loaded[name] for name in ("rows", "tokens", "longest", "lengths", "packed")} | {"load_seconds": seconds}


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
    wrong = packing_faults(options, flash_attention_is_here())
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


def flash_attention_is_here() -> bool:
    """Return whether .venv-train has the flash-attn package."""
    return train_env.has_package("flash_attn")


def _deepspeeds() -> list[Path]:
    return sorted((train_env.ROOT / "ds_configs").glob("*.json"))
