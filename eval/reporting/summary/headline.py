"""The first thing that the report says: what was trained, from which data, how well it does, what it cost.

    headline(summary, manifest)
    -> {"model": "SmolLM2-135M-Instruct", "trained": "full fine-tuning of SmolLM2-135M-Instruct, 3 epochs",
        "data": "128 rows of reasoning_gym, answered by SmolLM2-135M-Instruct", "scores": [{"benchmark": "heldout",
        "model": "trained", "value": 0.51, ..., "differences": [{...}]}]}

Scores are accuracies: of the models that the run trained, else of those that it evaluated.
"""

from pathlib import Path
from typing import Any

from eval.reporting.reading.records import Manifest
from eval.reporting.wording import told

METHODS = {"full": "full fine-tuning", "lora": "LoRA", "freeze": "fine-tuning of some layers", "oft": "OFT"}
NAMED = 3  # sources or teachers; of more the number is told


def headline(summary: dict[str, Any], manifest: Manifest) -> dict[str, Any]:
    """Return the headline of a run whose other parts are in `summary`."""
    first = next(iter(_trainings(manifest)), {})
    return {
        "model": Path(str(first.get("model_name_or_path") or "")).name or None,
        "trained": trained(manifest),
        "data": _data(summary["mixture"]),
        "scores": _scores(summary),
    }


def trained(manifest: Manifest) -> str | None:
    """Return what was trained and how, each way once, None where nothing was."""
    trainings = [options for options in _trainings(manifest) if options.get("model_name_or_path")]
    ways = dict.fromkeys(_way(str(options["model_name_or_path"]), options) for options in trainings)
    several = f" ({len(trainings)} trainings)" if len(trainings) > 1 else ""
    return ", and ".join(ways) + several if ways else None


def _trainings(manifest: Manifest) -> list[dict[str, Any]]:
    return [stage.part("training") for name, stage in manifest.stages.items() if name.startswith("train ")]


def short(model: str) -> str:
    """Return a model's own name: that of its folder where it is one, owner/name of a hub as it is."""
    return model if model.count("/") == 1 and not model.startswith((".", "/", "…")) else Path(model).name


def _way(name: str, options: dict[str, Any]) -> str:
    method = METHODS.get(str(options.get("finetuning_type")), "fine-tuning")
    if options.get("quantization_bit"):
        method = f"{method} on a {options['quantization_bit']}-bit base"
    epochs = options.get("num_train_epochs")
    return f"{method} of {short(name)}" + (f", {epochs:g} epochs" if isinstance(epochs, int | float) else "")


def _data(mixture: dict[str, Any] | None) -> str | None:
    if mixture is None:
        return None
    sources: dict[str, int] = {}
    for kind in mixture["kinds"]:
        sources[kind["source"]] = sources.get(kind["source"], 0) + kind["rows"]
    where = next(iter(sources)) if len(sources) == 1 else told(sources) if len(sources) <= 5 else f"{len(sources)} sources"
    teachers = [short(teacher) for teacher in mixture["teachers"]]
    by = " and ".join(teachers) if len(teachers) <= NAMED else f"{len(teachers)} models"
    return f"{mixture['rows']:,} rows of {where}, answered by {by}"


def _scores(summary: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [row for row in summary["results"] if row["origin"] == "measured" and row["metric"] == "accuracy"]
    trained = [row for row in rows if row["model"].split("-")[0] == "trained"]
    found = []
    for row in trained or rows:
        same = (row["model"], row["benchmark"])
        against = [one for one in summary["comparison"] if (one["model"], one["benchmark"]) == same and one["problems"]]
        kept = {key: row[key] for key in ("model", "benchmark", "value", "ci95", "n", "n_samples")}
        found.append(kept | {"differences": against})
    return found
