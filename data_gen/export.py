"""export: the dataset that LLaMA-Factory trains on, loaded back by LLaMA-Factory itself.

    python -m data_gen.export --recipe=recipes/quickstart --run=runs/quickstart

Reads 05_mixture.jsonl, writes dataset/<recipe>.jsonl (ShareGPT), dataset_info.json and README.md, the dataset's card.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import UserError, command
from data_gen.journal import write_text
from data_gen.prompts import student_system
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Row, read_rows
from data_gen.run_folder import Run
from data_gen.sharegpt import sharegpt_row, write_dataset
from data_gen.stage import Stage, read_funnel


def main(recipe: str, run: str, config: str | None = None, limit: int | None = None) -> None:
    """Export the run's mixture; `config` names the training YAML whose template and tokenizer load it back."""
    recipe_ = load_recipe(recipe)
    folder = Run(Path(run))
    training = train_env.read_training(config or recipe_.training_config)
    settings: dict[str, Any] = {
        "student": {"system_prompt": student_system(recipe_)},
        "training": training.measures if training else None,
    }
    name = recipe_.name
    outputs = [folder.dataset / f"{name}.jsonl", folder.dataset / "dataset_info.json"]
    with Stage(folder, "export", settings, [folder.mixture], outputs, limit) as stage:
        if stage.finished:
            return
        mixture = list(read_rows(folder.mixture))[:limit]
        system = settings["student"]["system_prompt"]
        write_dataset(folder.dataset, name, [sharegpt_row(system, row["user"], row["assistant"]) for row in mixture])
        write_text(folder.dataset / "README.md", card(recipe_, folder, mixture))
        stage.record["loaded"] = _load_back(training, folder, name)
        stage.funnel(len(mixture), len(mixture), {}, "rows")


def _load_back(training: train_env.Training | None, folder: Run, name: str) -> dict[str, Any] | None:
    """Load the dataset through LLaMA-Factory and return what it found. Raises UserError when a row would be lost."""
    if training is None or not train_env.PYTHON.is_file():
        why = "no such training YAML in llamafactory_configs/" if training is None else ".venv-train is missing"
        print(f"export: not loaded back by LLaMA-Factory: {why}")
        return None
    loaded = train_env.load_dataset(training, folder.dataset, name)
    if loaded["rows"] != loaded["written"]:
        raise UserError(f"LLaMA-Factory reads {loaded['rows']} of {loaded['written']} rows of {folder.dataset}")
    if loaded["prompt"] != loaded["served_prompt"]:
        raise UserError(
            f"template {training.keys['template']!r} trains on another prompt than the model is served with:\n"
            f"trained: {loaded['prompt'][:300]!r}\nserved:  {loaded['served_prompt'][:300]!r}"
        )
    print(f"export: LLaMA-Factory loads {loaded['rows']:,} rows, {loaded['tokens']:,} tokens, longest {loaded['longest']:,}")
    return {name: loaded[name] for name in ("rows", "tokens", "longest")}


def card(recipe: Recipe, folder: Run, mixture: list[Row]) -> str:
    """Return the dataset's card: what is in it, how it was checked, what was dropped on the way."""
    licenses = sorted({str(row["license"]) for row in mixture})
    composition = Counter((row["source"], row["domain"], str(row["tier"])) for row in mixture)
    checked = (
        "Every row's answer was decided right by the project's verifier; undecided answers were dropped."
        if recipe.verify.enabled
        else "**Answers were not verified**: the recipe switches verification off."
    )
    lines = [
        "---",
        f"license: {licenses[0].lower() if len(licenses) == 1 else 'other'}",
        "task_categories: [text-generation]",
        "tags: [reasoning, distillation, sharegpt]",
        "---",
        "",
        f"# {recipe.name}",
        "",
        f"{len(mixture):,} reasoning traces of {recipe.teacher.model}, as ShareGPT rows. {checked}",
        "",
        "| source | domain | decided by | rows |",
        "|---|---|---|---|",
        *(f"| {s} | {d} | {tier} | {count:,} |" for (s, d, tier), count in sorted(composition.items())),
        "",
        "| stage | in | kept | dropped |",
        "|---|---|---|---|",
        *(
            f"| {line['stage']} | {line['in']:,} | {line['kept']:,} | "
            f"{', '.join(f'{reason} {count:,}' for reason, count in line['reasons'].items())} |"
            for line in read_funnel(folder)
            if line["stage"] != "export"
        ),
        "",
        f"Licences of the questions: {', '.join(licenses)}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    command(main)
