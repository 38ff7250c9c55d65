"""train: LLaMA-Factory on our YAML, checked before, watched while, recorded after.

    python -m launch.train --recipe=recipes/quickstart --run=runs/quickstart [--config=NAME] [--args="learning_rate=2e-5"]

`llamafactory_configs/<config>.yaml` is LLaMA-Factory's own format; `dataset`, `dataset_dir` and `output_dir` are filled in
here, and `use_cpu: true` where there is no GPU. The same command resumes from the last whole checkpoint, says so when all
is done, and refuses when the YAML or the dataset is another one than the model in the folder was trained with. A
checkpoint that a kill tore apart is set aside: LLaMA-Factory would pick it up and crash.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import ConfigError, UserError, command
from data_gen.local_server import has_gpu
from data_gen.recipe import load_recipe
from data_gen.run_folder import Run
from data_gen.stage import Stage, changed_keys, file_hash, read_manifest
from data_gen.yaml_schema import parse_yaml, read_yaml
from launch.training import compile_locks, hardware, model_shape, row_lengths, wandb_mode
from launch.training import plan as training_plan
from launch.training.checkpoints import check_fingerprint, clear_torn, fingerprinted, room_taken, unresumable
from launch.training.fitting_configs import deepspeed_of
from launch.training.llamafactory_run import launch
from launch.training.preflight import check, check_fit, dataset_facts
from launch.training.record import describe, record
from launch.training.starts import Starts

FILLED_IN = ("dataset", "dataset_dir", "output_dir")


def main(recipe: str, run: str, config: str | None = None, args: str = "", force: bool = False) -> None:
    """Train the recipe's student on the run's dataset; `args` overrides keys of the YAML: "key=value key=value"; `force`
    trains though the estimate says that it does not fit."""
    recipe_ = load_recipe(recipe)
    folder = Run(Path(run))
    name = config or recipe_.training_config
    options, path = read_options(name, args)
    if not train_env.PYTHON.is_file():
        raise UserError(".venv-train is missing: `make setup` makes it")
    dataset = folder.dataset / f"{recipe_.name}.jsonl"
    deepspeed = deepspeed_of(options, path)
    settings = {
        "config": name,
        "training": options,
        "deepspeed": deepspeed,
        "dataset_sha256": file_hash(dataset),
    }
    output = folder.model(name)
    inputs = [dataset, folder.dataset / "dataset_info.json"]
    outputs = [output, output / "train.json"]
    fingerprint = settings | {"dataset_info_sha256": file_hash(inputs[1])}
    check_fingerprint(output, fingerprint, known=f"train {name}" in read_manifest(folder)["stages"])
    filled = options | {
        "dataset": recipe_.name,
        "dataset_dir": str(folder.dataset),
        "output_dir": str(output),
    }
    if not has_gpu() and "deepspeed" not in options:  # with use_cpu DeepSpeed sees one process
        filled["use_cpu"] = True
    place = this_node()
    if place > 0:  # the first node checks, clears and records; this one only trains, when there is something to train
        if not is_done(Stage(folder, f"train {name}", settings, inputs, outputs)):
            launch(filled, folder.folder / "logs" / f"train.node{place}.log", output)
        return
    with Stage(folder, f"train {name}", settings, inputs, outputs) as stage:
        if stage.finished:
            return
        if (output / "train.json").is_file():  # written last: the folder was copied here, or the manifest is lost
            say([f"done already ({output})"])
            return
        check(filled, path)
        extra = wandb_mode.environment(options, os.environ, folder.folder / "logs")
        facts = dataset_facts(train_env.Training(path, options), folder, recipe_.name)
        first = clear_torn(output)
        nodes, have = int(os.environ.get("NNODES", "1")), hardware.here(output)
        have = replace(have, disk_gb=have.disk_gb + room_taken(output) / hardware.GB)
        here, price = training_plan.conditions(have, nodes, options), training_plan.price(recipe_.folder, have)
        shape = model_shape.find(str(options["model_name_or_path"]))
        share = training_plan.earlier_share(folder.folder.parent, name, here)
        say(row_lengths.describe(facts, options, row_lengths.processes(options, have.gpus, nodes)))
        plan = training_plan.plan(options, facts, shape, have, nodes, price, share)
        say(training_plan.describe(plan, price))
        need = check_fit(options, deepspeed, facts["longest"], have, nodes, force, plan.steps, path)
        if nodes == 1:
            compile_locks.clear_left_over()
        starts = Starts.begin(output, settings, plan.record(price, need), first)
        with starts, fingerprinted(output, fingerprint):
            launch(filled, folder.folder / "logs" / "train.log", output, extra, starts.beat)
            result = record(output, facts, options, starts, here, shape)
        stage.record["tokens_per_second"] = result["tokens_per_second"]
        if price.own:
            stage.record["dollars"] = result["spent"]["dollars"]
        say(describe(result))


def say(lines: list[str]) -> None:
    """Print lines as this stage's."""
    for line in lines:
        print(f"train     {line}")


def this_node() -> int:
    """Return this machine's place among the nodes of a training, 0 where it is the first or the only one."""
    nodes, place = os.environ.get("NNODES", "1"), os.environ.get("NODE_RANK", "0")
    if not (nodes.isdecimal() and place.isdecimal() and int(place) < int(nodes)):
        raise ConfigError(f"NNODES={nodes} NODE_RANK={place}: a number of nodes and a place below it are expected")
    return int(place)


def is_done(stage: Stage) -> bool:
    """Return whether the first node will find nothing to do: it starts nothing then, and the others would wait for it."""
    before = read_manifest(stage.run)["stages"].get(stage.name, {})
    same = not changed_keys(before.get("settings", {}), stage.settings) and before.get("inputs") == stage.hashes()
    return bool(before.get("finished")) and same and all(path.exists() for path in stage.outputs)


def read_options(config: str, args: str) -> tuple[dict[str, Any], Path]:
    """Return the training options, overrides applied, and the YAML's path. Raises ConfigError."""
    path = train_env.CONFIGS / f"{config}.yaml"
    if train_env.read_training(config) is None:
        known = ", ".join(sorted(p.stem for p in train_env.CONFIGS.glob("*.yaml")))
        raise ConfigError(f"{path}: no such training config; there are: {known}")
    options = read_yaml(path)
    for override in args.split():
        key, equals, value = override.partition("=")
        if not equals:
            raise ConfigError(f"--args: {override!r}: key=value is expected")
        options[key] = parse_yaml(value)
        if options[key] is None:  # null takes a key out
            del options[key]
    taken = [key for key in FILLED_IN if key in options]
    if taken:
        raise ConfigError(f"{path}: {', '.join(taken)}: filled in by the run, take it out")
    secret = [key for key in options if key.endswith(("_token", "_key", "_secret"))]
    if secret:
        raise ConfigError(f"{path}: {', '.join(secret)}: options are written to the manifest; export HF_TOKEN instead")
    if faults := unresumable(options):
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    return options, path


if __name__ == "__main__":
    command(main)
