"""evaluations: the commands that measure published models on one node of 8 GPUs. Prints them; starts nothing.

    python -m launch.evaluations --recipe=sky_t1_preview [--models=NovaSky-AI/Sky-T1-32B-Preview,...] [--port=8000]
    python -m launch.evaluations --recipe=sky_t1_preview --write     # and the recipes that they name, under runs/published

    # NovaSky-AI/Sky-T1-32B-Preview
    vllm serve NovaSky-AI/Sky-T1-32B-Preview --served-model-name NovaSky-AI/Sky-T1-32B-Preview --host 127.0.0.1 ...
    .venv/bin/python -m eval.run --recipe=runs/published/recipes/Sky-T1-32B-Preview --run=runs/published --base_url=...
    # stop the server, then the next model
    .venv/bin/python -m eval.report --run=runs/published

One model is served at a time, once for all its benchmarks and the regression set. Flags of vLLM, benchmarks, samples and
sampling are those of the recipe's eval.yaml. What differs by model is its system prompt (`MODELS`): Sky-T1's is read from
the dataset that it was trained on, Qwen's and QwQ's stand in their own chat templates and come by saying none. So each has a
recipe of a few lines that extends the one given, and all are told in one report. Parsed by vLLM's own parser in the tests,
not run by us.
"""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_gen.cli import ConfigError, command
from data_gen.journal import write_text
from data_gen.local_server import command_line
from data_gen.recipe import find_recipe
from eval.config import EvalConfig, load_eval
from eval.names import listed

RUN = Path("runs/published")
# What each is told. `null` leaves the system turn to the model's chat template.
MODELS: dict[str, Any] = {
    "NovaSky-AI/Sky-T1-32B-Preview": {"from_dataset": "NovaSky-AI/Sky-T1_data_17k"},
    "Qwen/Qwen2.5-32B-Instruct": None,
    "Qwen/QwQ-32B-Preview": None,
}


@dataclass(frozen=True)
class Evaluation:
    """How one model is measured: its server, then our command, each as words."""

    model: str
    serve: list[str]
    ask: list[str]


def evaluation(model: str, config: EvalConfig, port: int) -> Evaluation:
    """Return the commands for one model; its recipe lies under `RUN`."""
    words = command_line(model, port, config.serve, gpu=True)
    at = words.index("--model")
    serve = ["vllm", "serve", model, *words[at + 2 :]]
    common = [f"--recipe={recipe_of(model)}", f"--run={RUN}", f"--model={model}", f"--base_url=http://127.0.0.1:{port}/v1"]
    return Evaluation(model, serve, [".venv/bin/python", "-m", "eval.run", *common])


def recipe_of(model: str) -> Path:
    """Return the folder of the recipe that measures a model."""
    return RUN / "recipes" / model.rpartition("/")[2]


def write_recipe(model: str, recipe: Path) -> Path:
    """Write the recipe that measures a model as the one given measures its own, with the model's own system prompt."""
    folder = recipe_of(model)
    parent = os.path.relpath(recipe, folder)
    write_text(folder / "data.yaml", yaml.safe_dump({"extends": parent}))
    keys = {"extends": parent, "base": model, "system_prompt": MODELS[model], "few_shot_row": False}
    write_text(folder / "eval.yaml", yaml.safe_dump(keys, sort_keys=False))
    return folder


def main(recipe: str, models: str | None = None, port: int = 8000, write: bool = False) -> None:
    """Print what measures each of `models` (joined by commas) as the recipe's eval.yaml says; --write writes its recipes."""
    names = listed("models", models) if models is not None else list(MODELS)
    if unknown := [name for name in names if name not in MODELS]:
        raise ConfigError(f"--models: {', '.join(unknown)}: there are {', '.join(MODELS)}; others: `make eval MODEL=`")
    folder = find_recipe(recipe)
    config = load_eval(folder)
    for name in names:
        if write:
            write_recipe(name, folder)
        one = evaluation(name, config, port)
        print(f"# {name}\n{shlex.join(one.serve)}")
        print(shlex.join(one.ask))
        print("# stop the server, then the next model")
    print(f".venv/bin/python -m eval.report --run={RUN}")


if __name__ == "__main__":
    command(main)
