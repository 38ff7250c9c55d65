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

from data_gen import train_env
from data_gen.cli import UserError, command
from data_gen.local_server import has_gpu
from data_gen.manifest import file_hash, read_manifest
from data_gen.recipe import load_recipe
from data_gen.run_folder import Run
from data_gen.stage import Stage
from launch.training import compile_locks, hardware, model_shape, row_lengths, wandb_mode
from launch.training import plan as training_plan
from launch.training.checkpoints import clear_torn, room_taken
from launch.training.fingerprint import check_fingerprint, fingerprinted
from launch.training.llamafactory_run import launch
from launch.training.options import deepspeed_of, read_options
from launch.training.preflight import check, check_fit, check_rows, dataset_facts
from launch.training.record import describe, record
from launch.training.starts import Starts
from launch.training.world import processes, this_node, training_part


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
    nodes, place = this_node()
    done, logs = outputs[1].is_file(), folder.folder / "logs"  # train.json is written last, by the first node
    if place > 0:  # the first node checks, clears and records; this one only trains, when there is something to train
        if not done:
            launch(filled, logs / f"train.{name}.node{place}.log", output)
        return
    with Stage(folder, f"train {name}", settings, inputs, outputs) as stage:
        if stage.finished:
            return
        if done:  # the folder was copied here, or the manifest is lost
            say([f"done already ({output})"])
            return
        check(filled, path)
        extra = wandb_mode.environment(options, os.environ, logs)
        have, nodes = training_part(options, hardware.here(output), nodes)
        facts = dataset_facts(train_env.Training(path, options), folder, recipe_.name)
        say(row_lengths.describe(facts, options, processes(options, have.gpus, nodes)))
        check_rows(facts, options)
        first = clear_torn(output)
        have = replace(have, disk_gb=have.disk_gb + room_taken(output) / hardware.GB)
        here, price = training_plan.conditions(have, nodes, options), training_plan.price(recipe_.folder, have)
        shape = model_shape.find(str(options["model_name_or_path"]))
        share = training_plan.earlier_share(folder.folder.parent, name, here)
        plan = training_plan.plan(options, facts, shape, have, nodes, price, share)
        say(training_plan.describe(plan, price, first))
        need = check_fit(options, deepspeed, facts["longest"], have, nodes, force, plan.steps, path)
        if nodes == 1:
            compile_locks.clear_left_over()
        starts = Starts.begin(output, settings, plan.record(price, need), first)
        with starts, fingerprinted(output, fingerprint):
            launch(filled, logs / f"train.{name}.log", output, extra, starts.beat)
            result = record(output, facts, options, starts, here, shape, plan.peak)
        stage.record["tokens_per_second"] = result["tokens_per_second"]
        if price.own:
            stage.record["dollars"] = result["spent"]["dollars"]
        say(describe(result))


def say(lines: list[str]) -> None:
    """Print lines as this stage's."""
    for line in lines:
        print(f"train     {line}")


if __name__ == "__main__":
    command(main)
