"""The models that are evaluated: their weights, what they are told, and what they were made from.

contender("trained", None, config, recipe, run, None)     -> Contender("trained", "runs/x/model/x", protocol, origin)

`base` is eval.yaml's base model; `base_few_shot` the same with the teacher's prompt and examples, to tell format from skill;
`trained` is the run's model; any other name is a folder of weights or a model that --base_url serves.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError, UserError
from data_gen.prompts import read_shots, student_system
from data_gen.recipe import Recipe, find_template
from data_gen.responses import Sampling
from data_gen.run_folder import Run
from data_gen.stage import read_manifest
from eval.asking import Protocol
from eval.config import EvalConfig, FromDataset
from eval.system_prompt import published_prompt
from launch.training.trained import whole_model


@dataclass(frozen=True)
class Contender:
    """A model as it is evaluated: its name in the report, its weights, what it is told, and what they were made from."""

    name: str
    weights: str
    protocol: Protocol
    origin: Any


def contender(
    name: str, base_url: str | None, config: EvalConfig, recipe: Recipe, run: Run, training: str | None
) -> Contender:
    """Return the model called `name`. Raises ConfigError for a name that neither is known nor has a --base_url."""
    if not name:
        raise ConfigError("--model: a name is missing beside a comma")
    system, shots, origin = _system_prompt(config, recipe, run), [], None
    if name == "trained":
        training = training or recipe.training_config
        weights = str(run.model(training))
        trained = read_manifest(run)["stages"].get(f"train {training}", {})
        if training != recipe.training_config:
            name = f"trained-{training}"
        if not base_url and not (trained.get("finished") and (run.model(training) / "train.json").is_file()):
            raise UserError(f"{weights}: not trained yet; `make train` first")
        if not base_url:
            weights = str(whole_model(run, training))
        origin = trained.get("settings")
        exported = read_manifest(run)["stages"].get("export", {}).get("settings", {})
        if exported and exported["student"]["system_prompt"] != student_system(recipe):
            raise ConfigError(
                f"{run.folder} was trained with another student.system_prompt than {recipe.folder}/data.yaml names now; "
                "put it back, or start another run with RUN=new"
            )
    elif name in ("base", "base_few_shot"):
        weights = config.base
        if name == "base_few_shot":
            teacher = recipe.teacher
            system = recipe.template(teacher.system_prompt) if teacher.system_prompt else None
            shots = read_shots(find_template(teacher.few_shot, recipe.folder)) if teacher.few_shot else []
    elif base_url or Path(name).is_dir():
        weights = name
    else:
        raise ConfigError(f"--model={name}: base, base_few_shot or trained is expected, or a name that --base_url serves")
    sampling = Sampling(weights, config.sampling.temperature, config.sampling.top_p, config.sampling.max_tokens)
    return Contender(name.replace("/", "--"), weights, Protocol(sampling, config.seed, system, shots), origin)


def _system_prompt(config: EvalConfig, recipe: Recipe, run: Run) -> str | None:
    if isinstance(config.system_prompt, FromDataset):
        return published_prompt(config.system_prompt, recipe.folder, run)
    if config.system_prompt in (None, "student"):
        return student_system(recipe) if config.system_prompt else None
    return recipe.template(config.system_prompt)
