"""The models that are evaluated: their weights, what they are told, and what they were made from.

contenders("base,trained", None, config, recipe, run, None)
    -> [Contender("base", "Qwen/...", protocol, None), Contender("trained", "runs/x/model/x", protocol, origin)]

`base` is eval.yaml's base model; `base_few_shot` the same with the teacher's prompt and examples, to tell format from skill;
`trained` is the run's model, and `trained-<config>` the one of another training configuration; any other name is a folder of
weights or a model that --base_url serves.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError, UserError
from data_gen.manifest import read_manifest
from data_gen.prompts import read_shots, student_system
from data_gen.recipe import Recipe, find_template
from data_gen.responses import Sampling
from data_gen.run_folder import Run
from eval.asking import Protocol
from eval.config import EvalConfig, FromDataset
from eval.names import listed
from eval.system_prompt import published_prompt
from launch.training.trained import whole_model

PIECES, PIECE = 64, 1 << 14  # of a file of weights: 1 MiB in all
OTHER = "trained-"  # before the name of another training configuration than the recipe's own


@dataclass(frozen=True)
class Contender:
    """A model as it is evaluated: its name in the report, its weights, what it is told, and what they were made from."""

    name: str
    weights: str
    protocol: Protocol
    origin: Any


def contenders(
    model: str, base_url: str | None, config: EvalConfig, recipe: Recipe, run: Run, training: str | None
) -> list[Contender]:
    """Return the models that --model names. Raises ConfigError in one line for names that nobody knows, or that come twice;
    UserError for a model that is not trained yet."""
    names = listed("model", model)
    if unknown := [name for name in names if not (_ours(name) or base_url or Path(name).is_dir())]:
        raise ConfigError(
            f"--model: {', '.join(unknown)}: base, base_few_shot, trained or trained-<config> is expected, a folder of "
            "weights, or a name that --base_url serves"
        )
    found = [contender(name, base_url, config, recipe, run, training) for name in names]
    folders = [one.name for one in found]
    if twice := [name for name, folder in zip(names, folders, strict=True) if folders.count(folder) > 1]:
        raise ConfigError(f"--model={model}: {' and '.join(twice)} are one model")
    return found


def contender(
    name: str, base_url: str | None, config: EvalConfig, recipe: Recipe, run: Run, training: str | None
) -> Contender:
    """Return the model of a known name."""
    system, shots, origin = _system_prompt(config, recipe, run), [], None
    if name == "trained" or (name.startswith(OTHER) and not base_url):
        training = name.removeprefix(OTHER) if name.startswith(OTHER) else training or recipe.training_config
        name = "trained" if training == recipe.training_config else f"{OTHER}{training}"
        weights, origin = _trained(training, base_url, recipe, run)
    elif name in ("base", "base_few_shot"):
        weights = config.base
        if name == "base_few_shot":
            teacher = recipe.teacher
            system = recipe.template(teacher.system_prompt) if teacher.system_prompt else None
            shots = read_shots(find_template(teacher.few_shot, recipe.folder)) if teacher.few_shot else []
    else:
        weights, origin = name, content_of(Path(name))
    sampling = Sampling(weights, config.sampling.temperature, config.sampling.top_p, config.sampling.max_tokens)
    return Contender(name.replace("/", "--"), weights, Protocol(sampling, config.seed, system, shots), origin)


def content_of(folder: Path) -> str | None:
    """Return a hash of pieces of all weights in a folder, None where there are none: whole they are tens of gigabytes.

    Pieces lie all over a file, so that other weights of the same shapes are told from these.
    """
    digest, files = hashlib.sha256(), sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")])
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            for offset in range(0, size, max(PIECE, size // PIECES)):
                file.seek(offset)
                digest.update(file.read(PIECE))
    return digest.hexdigest()[:12] if files else None


def _ours(name: str) -> bool:
    return name in ("base", "base_few_shot", "trained") or name.startswith(OTHER)


def _trained(training: str, base_url: str | None, recipe: Recipe, run: Run) -> tuple[str, Any]:
    """Return the weights that a training configuration made in this run, and the settings that made them."""
    weights = str(run.model(training))
    trained = read_manifest(run)["stages"].get(f"train {training}", {})
    if not base_url:
        if not (trained.get("finished") and (run.model(training) / "train.json").is_file()):
            other = "" if training == recipe.training_config else f" CONFIG={training}"
            raise UserError(f"{weights}: not trained yet; `make train{other}` first")
        weights = str(whole_model(run, training))
    exported = read_manifest(run)["stages"].get("export", {}).get("settings", {})
    if exported and exported["student"]["system_prompt"] != student_system(recipe):
        raise ConfigError(
            f"{run.folder} was trained with another student.system_prompt than {recipe.folder}/data.yaml names now; "
            "put it back, or start another run with RUN=new"
        )
    return weights, trained.get("settings")


def _system_prompt(config: EvalConfig, recipe: Recipe, run: Run) -> str | None:
    if isinstance(config.system_prompt, FromDataset):
        return published_prompt(config.system_prompt, recipe.folder, run)
    if config.system_prompt in (None, "student"):
        return student_system(recipe) if config.system_prompt else None
    return recipe.template(config.system_prompt)
