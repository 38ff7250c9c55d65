"""trained: what a run trained, and which of its folders is the whole model that a server loads.

    whole_model(Run(Path("runs/x")), "sky_t1_7b")    -> runs/x/model/sky_t1_7b       a full fine-tuning
    whole_model(Run(Path("runs/x")), "qlora")        -> runs/x/model/qlora-merged    an adapter, merged by launch.merge

An adapter that is not merged, or was trained anew since, is refused in one line.
"""

import json
import re
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache

from data_gen.cli import UserError
from data_gen.manifest import file_hash, read_manifest
from data_gen.run_folder import Run

ADAPTER = "adapter_model.safetensors"
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")


def finished(run: Run, stage: str, target: str) -> dict[str, Any]:
    """Return the record of a stage that the run has finished. Raises UserError that says to run `target` first."""
    if not run.manifest.is_file():
        raise UserError(f"{run.folder}: no run there (no manifest.json)")
    record: dict[str, Any] | None = read_manifest(run)["stages"].get(stage)
    if record is None or not record.get("finished"):
        state = "has not run" if record is None else "is not finished"
        raise UserError(f"{run.folder}: {stage} {state}: run {target} first")
    return record


def read_record(run: Run, config: str) -> dict[str, Any]:
    """Return the train.json of a model. Raises UserError where it is missing or no JSON."""
    path = run.model(config) / "train.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise UserError(f"{path}: not readable; put it back, or train anew (make clean STAGE=train)") from error
    return record


def merged_folder(run: Run, config: str) -> Path:
    """Return where the merged model of a config lies, or would."""
    return run.model(f"{config}-merged")


def is_merged(run: Run, config: str) -> bool:
    """Return whether the adapter that lies in the run now was merged, whole."""
    record = read_manifest(run)["stages"].get(f"merge {config}", {})
    adapter = run.model(config) / ADAPTER
    same = file_hash(adapter) in record.get("inputs", {}).values()
    return bool(record.get("finished")) and same and (merged_folder(run, config) / "config.json").is_file()


def is_adapter(run: Run, config: str) -> bool:
    """Return whether a training left an adapter, which no server loads as a model."""
    return (run.model(config) / "adapter_config.json").is_file()


def whole_model(run: Run, config: str) -> Path:
    """Return the folder to serve: what the config trained, merged where that is an adapter. Raises UserError."""
    if not is_adapter(run, config):
        return run.model(config)
    if not is_merged(run, config):
        raise UserError(f"{run.model(config)}: an adapter, not a whole model: merge it first (make merge)")
    return merged_folder(run, config)


def on_hub(name: str) -> bool:
    """Return whether a name is owner/name and no folder here."""
    return HUB_NAME.fullmatch(name) is not None and not Path(name).exists()


def base_folder(options: dict[str, Any]) -> Path | None:
    """Return the folder of the base: a local one, or the hub's cache; None where it is not here yet."""
    name, revision = str(options["model_name_or_path"]), options.get("model_revision")
    if Path(name).is_dir():
        return Path(name)
    if not on_hub(name):
        return None
    cached = try_to_load_from_cache(name, "config.json", revision=revision, cache_dir=options.get("cache_dir"))
    return Path(cached).parent if isinstance(cached, str) else None


def which_training(run: Run, config: str | None) -> str:
    """Return the config of a model in the run: the one asked for, else the only one. Raises UserError that lists them."""
    found = sorted(path.parent.name for path in (run.folder / "model").glob("*/train.json"))
    if config is None and len(found) != 1:
        which = f"--config={' or --config='.join(found)}" if found else "none is trained yet (`make train`)"
        raise UserError(f"{run.folder}: which model? {which}")
    name = config or found[0]
    if not any((run.model(name) / file).is_file() for file in ("config.json", "adapter_config.json")):
        raise UserError(f"{run.model(name)}: no model there; there are: {', '.join(found) or 'none'}")
    return name
