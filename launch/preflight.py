"""What is checked before the first step of a training: the options, the rows, and whether it fits this machine.

    check(options, path)                                     LLaMA-Factory's own parser reads them
    facts = dataset_facts(training, run, "quickstart")       its own loader reads the rows: none skipped, none cut
    check_fit(options, deepspeed, facts["longest"], output, force=False)

    train     host memory: 3.1 GB of 22.9 (optimizer 1.1, gradients 0.5, weights 0.5)

What does not fit is refused in a few lines that name settings which would; FORCE=1 goes on all the same, for the estimate
errs (docs/training_memory.md).
"""

import json
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import ConfigError, UserError
from data_gen.run_folder import Run
from launch import hardware, model_shape
from launch.fit import alternatives, enough_nodes, faults, packing_faults, summary, tight
from launch.memory import needs, not_modelled


def check(options: dict[str, Any], path: Path) -> None:
    """Let LLaMA-Factory's own parser read the options before anything starts. Raises ConfigError with its complaint."""
    launched = {key: value for key, value in options.items() if key != "deepspeed"}  # that needs its launcher
    fault = train_env.probe("args", {"options": launched})["fault"]
    if fault:
        raise ConfigError(f"{path}: LLaMA-Factory refuses it: {' '.join(fault.split())}")


def dataset_facts(training: train_env.Training, folder: Run, dataset: str) -> dict[str, Any]:
    """Load the dataset as training will. Raises UserError when a row would be skipped or cut."""
    loaded = train_env.load_dataset(training, folder.dataset, dataset)
    if loaded["rows"] != loaded["written"] or loaded["over_cutoff"]:
        raise UserError(
            f"of {loaded['written']} rows LLaMA-Factory would skip {loaded['written'] - loaded['rows']} and cut "
            f"{loaded['over_cutoff']} at cutoff_len {training.cutoff_len}: run mix again with this config, or raise it"
        )
    return {name: loaded[name] for name in ("rows", "tokens", "longest")}


def check_fit(
    options: dict[str, Any],
    deepspeed: dict[str, Any] | None,
    longest: int,
    have: hardware.Hardware,
    nodes: int = 1,
    force: bool = False,
) -> None:
    """Print what the training needs of this machine; `longest` is the longest row in tokens. Raises UserError with what is
    short and which settings fit, unless `force`."""
    wrong = packing_faults(options, flash_attention_is_here())
    shape = model_shape.find(str(options["model_name_or_path"]))
    unknown = ["its model's shape"] if shape is None else not_modelled(options, deepspeed)
    if shape is None or unknown:
        print(f"train     memory not estimated: not known for {', '.join(unknown)}")
    else:
        need = needs(options, deepspeed, shape, have.gpus, nodes, longest)
        for line in summary(need, have) + tight(need, have):
            print(f"train     {line}")
        if short := faults(need, have):
            wrong += short
            others = {str(path.relative_to(train_env.ROOT)): json.loads(path.read_text("utf-8")) for path in _deepspeeds()}
            wrong += [f"it fits with {args}" for args in alternatives(options, others, shape, have, nodes, longest)]
            if (more := enough_nodes(options, deepspeed, shape, have, longest)) is not None and more > nodes:
                wrong.append(f"it fits on {more} machines like this one (docs/training_nodes.md)")
    if wrong and not force:
        raise UserError("\n".join([*wrong, "FORCE=1 trains all the same"]))
    for line in wrong:
        print(f"train     forced, though {line}")


def flash_attention_is_here() -> bool:
    """Return whether .venv-train has the flash-attn package."""
    return any((train_env.PYTHON.parent.parent / "lib").glob("python*/site-packages/flash_attn/__init__.py"))


def _deepspeeds() -> list[Path]:
    return sorted((train_env.ROOT / "ds_configs").glob("*.json"))
