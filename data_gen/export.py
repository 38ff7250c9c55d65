"""export: the dataset that LLaMA-Factory trains on, loaded back by LLaMA-Factory itself.

    python -m data_gen.export --recipe=recipes/quickstart --run=runs/quickstart [--config=quickstart]

Reads 05_mixture.jsonl and writes the folder dataset/, ready to be published:
    <recipe>.jsonl, dataset_info.json     ShareGPT rows, as LLaMA-Factory reads them
    data/train-00000-of-00001.parquet     the same rows with where each comes from, as `load_dataset` reads them
    README.md, manifest.json              the dataset's card, and the run's manifest, without the paths of this machine

No row is held. The folder is put in its place when all of it is written and loaded back: a killed export leaves none. A row
that mix would not have written (edited by hand, not decided right, not in the form) stops the export by its name.
"""

import datetime
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.card import card
from data_gen.cli import UserError, command
from data_gen.composition import Composition
from data_gen.journal import write_rows, write_text
from data_gen.manifest import read_manifest
from data_gen.progress import bar
from data_gen.prompts import student_system
from data_gen.recipe import load_recipe
from data_gen.records import Row, read_rows
from data_gen.run_folder import Run, emptied
from data_gen.shards import Shards
from data_gen.sharegpt import dataset_info, sharegpt_row, text_fault
from data_gen.stage import Stage, read_funnel

KEYS = ("id", "sample", "source", "domain", "license", "teacher", "rewriter", "ok", "tier", "pass_rate", "tokens")


def main(recipe: str, run: str, config: str | None = None, limit: int | None = None) -> None:
    """Export the run's mixture; `config` names the training YAML whose template and tokenizer load it back."""
    recipe_ = load_recipe(recipe)
    folder = Run(Path(run))
    training = train_env.read_training(config or recipe_.training_config)
    system = student_system(recipe_)
    settings: dict[str, Any] = {
        "student": {"system_prompt": system},
        "training": training.measures if training else None,
    }
    name, place = recipe_.name, folder.dataset
    files = (f"{name}.jsonl", "dataset_info.json", "data", "README.md", "manifest.json")
    with Stage(folder, "export", settings, [folder.mixture], [place / file for file in files], limit) as stage:
        if stage.finished:
            return
        mixed = read_manifest(folder)["stages"].get("mix", {})
        partial = emptied(place)
        counts = Composition()
        with Shards(partial / "data") as shards:
            rows = islice(
                checked(folder.mixture, recipe_.verify.enabled and "adopt" not in mixed.get("settings", {})), limit
            )
            write_rows(partial / f"{name}.jsonl", _written(rows, system, shards, counts))
        if mixed.get("sha256") not in (None, stage.record["inputs"][folder.mixture.name]):
            raise UserError(f"{folder.mixture}: changed since it was made; run mix again (or adopt, where that made it)")
        info = json.dumps(dataset_info(name, f"{name}.jsonl"), indent=2)
        write_text(partial / "dataset_info.json", info + "\n")
        if counts.rows:
            stage.record["loaded"] = _load_back(training, partial, name)
            _compare_tokens(stage.record["loaded"], counts, mixed, settings["training"])
            manifest = without_folders(read_manifest(folder))
            made = {"finished": True, "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}
            # The dataset's folder is only seen where that is so.
            manifest["stages"]["export"] = without_folders(stage.record | made)
            write_text(partial / "README.md", card(name, manifest, read_funnel(folder), counts, recipe_.place))
            write_text(partial / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
            partial.rename(place)
        stage.funnel(counts.rows, counts.rows, {}, "rows")


def without_folders(value: Any) -> Any:
    """Return a part of the manifest with absolute paths by their last name: what is published tells no one's folders."""
    if isinstance(value, dict):
        return {without_folders(key): without_folders(content) for key, content in value.items()}
    if isinstance(value, list):
        return [without_folders(item) for item in value]
    is_path = isinstance(value, str) and value.startswith("/") and "\n" not in value
    return Path(value).name if is_path else value


def checked(mixture: Path, verified: bool) -> Iterator[Row]:
    """Yield the mixture's rows. Raises UserError that names the first that may not be trained on; `verified` asks that each
    was decided right."""
    before: tuple[str, int] = ("", -1)
    for number, row in enumerate(read_rows(mixture), 1):
        fault = _fault(row, before, verified)
        if fault:
            raise UserError(
                f"{mixture}: row {number} ({row.get('id')}, sample {row.get('sample')}): {fault}; was it edited by hand? "
                f"Run mix again"
            )
        before = (row["id"], row["sample"])
        yield row


def _fault(row: Row, before: tuple[str, int], verified: bool) -> str | None:
    if missing := [key for key in KEYS if key not in row]:
        return f"no {', '.join(missing)}"
    if not (isinstance(row["id"], str) and row["id"] and isinstance(row["sample"], int) and row["source"]):
        return "an empty id or source, or a sample that is no number"
    if (row["id"], row["sample"]) <= before:
        return f"not in its place, or twice: it follows {before[0]}, sample {before[1]}"
    if verified and row["ok"] is not True:
        return f"not decided right (ok: {json.dumps(row['ok'])}), and the recipe verifies"
    return text_fault(row.get("user"), row.get("assistant"))


def _written(rows: Iterator[Row], system: str, shards: Shards, counts: Composition) -> Iterator[Row]:
    """Yield each row as it is trained on; on its way it is counted and goes into parquet."""
    with bar(None, " rows", "export") as progress:
        for row in rows:
            training = sharegpt_row(system, row["user"], row["assistant"])
            shards.add(row | training)
            counts.add(row)
            progress.update(1)
            yield training


def _load_back(training: train_env.Training | None, dataset: Path, name: str) -> dict[str, Any] | None:
    """Load the dataset through LLaMA-Factory and return what it found. Raises UserError when a row would be lost."""
    if training is None or not train_env.PYTHON.is_file():
        why = "no such training YAML in llamafactory_configs/" if training is None else ".venv-train is missing"
        print(f"export: not loaded back by LLaMA-Factory: {why}")
        return None
    loaded = train_env.load_dataset(training, dataset, name)
    if loaded["rows"] != loaded["written"]:
        raise UserError(f"LLaMA-Factory reads {loaded['rows']} of {loaded['written']} rows of the mixture")
    if loaded["prompt"] != loaded["served_prompt"]:
        raise UserError(
            f"template {training.keys['template']!r} trains on another prompt than the model is served with:\n"
            f"trained: {loaded['prompt'][:300]!r}\nserved:  {loaded['served_prompt'][:300]!r}"
        )
    print(f"export: LLaMA-Factory loads {loaded['rows']:,} rows, {loaded['tokens']:,} tokens, longest {loaded['longest']:,}")
    if loaded["over_cutoff"]:
        print(
            f"export: {loaded['over_cutoff']:,} rows are longer than cutoff_len {training.cutoff_len:,}: training will not "
            f"cut them; mix (or adopt) with this --config drops them"
        )
    return {name: loaded[name] for name in ("rows", "tokens", "longest", "over_cutoff")}


def _compare_tokens(
    loaded: dict[str, Any] | None, counts: Composition, mixed: dict[str, Any], training: dict[str, Any] | None
) -> None:
    """Raise UserError where LLaMA-Factory loads other tokens than mix measured with the same tokenizer and template."""
    measured = mixed.get("settings", {}).get("training")
    if loaded is None or counts.tokens is None or not (measured and training):
        return
    if any(measured[key] != training[key] for key in ("model_name_or_path", "template")):
        print("export: tokens not compared: mix measured the rows with another training YAML's tokenizer or template")
    elif loaded["tokens"] != counts.tokens:
        raise UserError(
            f"the mixture's rows have {counts.tokens:,} tokens and LLaMA-Factory loads {loaded['tokens']:,}: texts, system "
            f"prompt or tokenizer changed since; run mix again"
        )


if __name__ == "__main__":
    command(main)
