"""train: LLaMA-Factory on our YAML, checked before, watched while, recorded after.

    python -m launch.train --recipe=recipes/quickstart --run=runs/quickstart [--config=NAME] [--args="learning_rate=2e-5"]

`llamafactory_configs/<config>.yaml` is LLaMA-Factory's own format; `dataset`, `dataset_dir` and `output_dir` are filled in
here, and `use_cpu: true` where there is no GPU. The same command resumes from the last whole checkpoint, says so when all
is done, and refuses when the YAML or the dataset is another one than the model in the folder was trained with. A
checkpoint that a kill tore apart is set aside: LLaMA-Factory would pick it up and crash.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from data_gen import train_env
from data_gen.cli import ConfigError, UserError, command
from data_gen.journal import write_text
from data_gen.local_server import GUARD, has_gpu, without_keys
from data_gen.progress import bar
from data_gen.recipe import load_recipe
from data_gen.records import read_rows
from data_gen.run_folder import Run
from data_gen.stage import Stage, changed_keys, file_hash, read_manifest
from data_gen.yaml_schema import parse_yaml, read_yaml
from launch import hardware
from launch.preflight import check, check_fit, dataset_facts

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
    deepspeed = _deepspeed(options, path)
    settings = {
        "config": name,
        "training": options,
        "deepspeed": deepspeed,
        "dataset_sha256": file_hash(dataset),
    }
    output = folder.model(name)
    inputs = [dataset, folder.dataset / "dataset_info.json"]
    outputs = [output, output / "train.json"]
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
        check(filled, path)
        facts = dataset_facts(train_env.Training(path, options), folder, recipe_.name)
        print(f"train     {facts['rows']:,} rows, {facts['tokens']:,} tokens, longest {facts['longest']}, config {name}")
        nodes = int(os.environ.get("NNODES", "1"))
        check_fit(options, deepspeed, facts["longest"], hardware.here(output), nodes, force)
        first = clear_torn(output)
        seconds = launch(filled, folder.folder / "logs" / "train.log", output)
        result = record(output, facts, options, seconds, first, stage)
        print(
            f"train     {result['steps']} steps in {result['seconds']:.0f} s, {result['tokens_per_second']:.0f} tokens/s, "
            f"loss {result['first_loss']:.3f} -> {result['last_loss']:.3f}"
        )


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
    return options, path


def _deepspeed(options: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """Return the DeepSpeed JSON that the options name, for the fingerprint. Raises ConfigError when it is none."""
    if "deepspeed" not in options:
        return None
    file = train_env.ROOT / options["deepspeed"]
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError(f"{path}: deepspeed: {options['deepspeed']}: {error}") from error
    return content


def clear_torn(output: Path) -> int:
    """Set checkpoints aside that a kill tore apart; with no whole one left, begin again in an empty folder.

    Return the step that training resumes from, 0 at the beginning.
    """
    whole = []
    for checkpoint in sorted(output.glob("checkpoint-*")):
        if _is_json(checkpoint / "trainer_state.json"):
            whole.append(int(checkpoint.name.split("-")[1]))
        else:
            print(f"train     {checkpoint.name} is torn (killed while it was saved): set aside as torn-{checkpoint.name}")
            shutil.rmtree(output / f"torn-{checkpoint.name}", ignore_errors=True)
            checkpoint.rename(output / f"torn-{checkpoint.name}")
    if whole:
        print(f"train     resumes from step {max(whole)}")
    elif output.exists():
        shutil.rmtree(output)  # logs of a start that saved nothing: LLaMA-Factory refuses a folder like that
    return max(whole, default=0)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return True


def launch(options: dict[str, Any], log: Path, output: Path) -> float:
    """Run LLaMA-Factory and show its progress; return its seconds. Raises UserError with the end of its log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    config = log.with_suffix(".yaml")
    write_text(config, yaml.safe_dump(options, sort_keys=False))
    tools = train_env.PYTHON.parent
    environment = without_keys(keep=("HF_TOKEN", "WANDB_API_KEY")) | {
        "PATH": f"{tools}:{os.environ.get('PATH', '')}"
    }  # DeepSpeed calls torchrun by name
    # Without these glibc returns every big tensor to the kernel and faults it in again: 1.4 times the time a step on a CPU.
    environment |= {"MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_MMAP_THRESHOLD_": "100000000000"}
    environment.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    environment.setdefault("HF_HUB_OFFLINE", "1" if Path(str(options["model_name_or_path"])).is_dir() else "0")
    if os.environ.get("USE_RAY"):
        environment.pop("FORCE_TORCHRUN", None)  # LLaMA-Factory would heed it first, and start torchrun inside of nothing
    elif "deepspeed" in options or environment.get("NNODES", "1") != "1":
        environment["FORCE_TORCHRUN"] = "1"
    if environment.get("NNODES", "1") != "1":  # the first node reads the whole dataset before it starts
        environment.setdefault("PET_RDZV_CONF", "timeout=7200")
    reading, writing = os.pipe()
    started = time.monotonic()
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, str(GUARD), str(reading), str(tools / "llamafactory-cli"), "train", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=[reading],
            start_new_session=True,
        )
    os.close(reading)
    try:
        _watch(process, output / "trainer_log.jsonl")
    finally:
        os.close(writing)  # after an interrupt the guard ends LLaMA-Factory
        process.wait()
    if process.returncode != 0:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise UserError(f"LLaMA-Factory ended with status {process.returncode}; the end of {log}:\n{tail}")
    return time.monotonic() - started


def _watch(process: "subprocess.Popen[bytes]", steps: Path) -> None:
    """Show a bar of optimizer steps out of LLaMA-Factory's log until the process ends."""
    with bar(None, " steps", "train") as progress:
        while process.poll() is None:
            time.sleep(1)
            line = _last_line(steps)
            if line and "loss" in line:
                progress.total = line["total_steps"]
                progress.set_postfix_str(f"loss {line['loss']:.3f}", False)
                progress.update(line["current_steps"] - progress.n)


def _last_line(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
        line: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
        return line
    return None


def record(
    output: Path, facts: dict[str, Any], options: dict[str, Any], seconds: float, first: int, stage: Stage
) -> dict[str, Any]:
    """Write train.json: what was trained, how long it took, the loss at every step. Raises UserError on no steps."""
    by_step = {row["current_steps"]: row for row in read_rows(output / "trainer_log.jsonl") if "loss" in row}
    losses = [by_step[step] for step in sorted(by_step)]  # a step done again after a resume counts once
    if not losses:
        raise UserError(f"{output}: no step was trained; see the log")
    if losses[-1]["current_steps"] < losses[-1]["total_steps"]:
        raise UserError(
            f"{output}: ended at step {losses[-1]['current_steps']} of {losses[-1]['total_steps']}; run it again"
        )
    results = json.loads((output / "train_results.json").read_text(encoding="utf-8"))
    epochs = results.get("epoch", options.get("num_train_epochs"))
    result = {
        "rows": facts["rows"],
        "tokens": facts["tokens"],
        "epochs": epochs,
        "steps": losses[-1]["total_steps"],
        "first_loss": losses[0]["loss"],
        "last_loss": losses[-1]["loss"],
        "seconds": round(seconds, 1),
        "train_runtime": results["train_runtime"],
        "resumed_from": first,
        # of this process: after a resume train_runtime covers the steps since only
        "tokens_per_second": round(
            facts["tokens"] * epochs * (1 - first / losses[-1]["total_steps"]) / results["train_runtime"], 1
        ),
        "losses": [[row["current_steps"], row["loss"]] for row in losses],
    }
    write_text(output / "train.json", json.dumps(result, indent=1) + "\n")
    stage.record["tokens_per_second"] = result["tokens_per_second"]
    return result


if __name__ == "__main__":
    command(main)
