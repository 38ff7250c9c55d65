"""model_card: a trained model's README.md in the hub's format: results, how to ask it, how it was trained, on what.

    python -m launch.model_card --run=runs/x [--config=NAME] [--repo=me/my-model] [--base=owner/name] [--license=apache-2.0]

    model_card runs/x/model/quickstart/README.md (licence of the base: apache-2.0)

LLaMA-Factory leaves a README.md that names folders of the machine; this one replaces it. All is read from the run: a score
only from what was evaluated here and on these weights, a setting from the manifest, never from a YAML edited since; what
was not measured says "not run". --base and --dataset state the names on the hub of local copies, --license the licence of a
base that does not say (`launch.card.header`).

Not covered: the hub's own table of results (model-index), which has no place for an interval.
"""

import json
import re
import string
from pathlib import Path

from data_gen.card import folded, table
from data_gen.cli import command
from data_gen.composition import UNKNOWN
from data_gen.export import without_folders
from data_gen.journal import write_text
from data_gen.manifest import file_hash, read_manifest
from data_gen.run_folder import Run
from data_gen.sections import thought_solution
from launch.card.header import Json, Stated, base_name, datasets, front_matter, license_of
from launch.card.results import results
from launch.card.training import method, options_section, training_rows
from launch.training.trained import base_folder, finished, is_adapter, merged_folder, on_hub, read_record, which_training

TEMPLATE = Path(__file__).parent / "templates/model_card.md"
LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # that --max-lora-rank takes (vLLM 0.32, config/lora.py)
FROM_DATASET = ("Composition", "How the answers were made", "What was removed", "Licences")


def main(
    run: str,
    config: str | None = None,
    repo: str | None = None,
    base: str | None = None,
    license: str | None = None,
    dataset: str | None = None,
) -> None:
    """Write the card of what `config` trained in the run, and of the merged model where there is one.

    `base` and `dataset`, owner/name each, are linked where the training read folders; `repo` is the model's own name.
    """
    folder, stated = Run(Path(run)), Stated(repo, base, license, dataset)
    name = which_training(folder, config)
    for model in (folder.model(name), merged_folder(folder, name)):
        if model.is_dir():
            write(folder, name, model, stated)


def write(run: Run, config: str, model: Path, stated: Stated) -> Path:
    """Write the README.md of a model's folder, and return it."""
    options = finished(run, f"train {config}", "train")["settings"]["training"]
    path = model / "README.md"
    write_text(path, card(run, config, model, stated))
    license = license_of(options, stated)["license"]
    print(f"model_card {path} (licence of the base: {license}{'; state it with --license' if license == UNKNOWN else ''})")
    return path


def card(run: Run, config: str, model: Path, stated: Stated) -> str:
    """Return the card of `model`, the folder of a config or of its merged model. Raises UserError on unfinished training."""
    trained = finished(run, f"train {config}", "train")
    manifest = without_folders(read_manifest(run))
    options = trained["settings"]["training"]
    base, adapter = base_name(options, stated), is_adapter(run, config) and model == run.model(config)
    name, place = (stated.repo or model.name).rpartition("/")[2], stated.repo or f"runs/{run.name}/model/{model.name}"
    student = manifest["stages"].get("export", {}).get("settings", {}).get("student", {})
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        front_matter=front_matter(manifest, options, stated, adapter),
        name=name,
        claim=_claim(run, config, base, options, model),
        results=results(run, config, options),
        serve=_serve(place, base, name, options, adapter),
        served=name if adapter else place,
        form=thought_solution("...", "..."),
        system=folded("System prompt", student.get("system_prompt") or UNKNOWN),
        training=table(("", ""), training_rows(run, config, options, manifest)),
        options=options_section(trained["settings"], base),
        data=_data(run, manifest, trained, stated),
        limits="\n".join(f"- {limit}" for limit in _limits(run, config, options, model)),
        provenance=table(("", ""), _provenance(run, config, manifest, options, model)),
    )


def _claim(run: Run, config: str, base: str, options: Json, model: Path) -> str:
    linked = f"[{base}](https://huggingface.co/{base})" if on_hub(base) else f"`{base}`"
    done = read_record(run, config)
    form = "trained to write a thought, then a solution."
    text = f"{linked} after {method(options)} on {done['rows']:,} reasoning traces: {form}"
    if model == merged_folder(run, config):
        return f"{text} The adapter is merged into the base: these are whole weights."
    return f"{text} This is the adapter alone." if is_adapter(run, config) else text


def _serve(place: str, base: str, name: str, options: Json, adapter: bool) -> str:
    if not adapter:
        return f"vllm serve {place}"
    rank = next((rank for rank in LORA_RANKS if rank >= int(options.get("lora_rank", 8))), LORA_RANKS[-1])
    return f"vllm serve {base} --enable-lora --max-lora-rank {rank} --lora-modules {name}={place}"


def sections(markdown: str) -> dict[str, str]:
    """Return the text under each heading of the second level; what stands in a fence is no heading."""
    found: dict[str, list[str]] = {}
    title, fence = "", ""
    for line in markdown.splitlines():
        mark = re.match(r"`{3,}", line)
        if mark and (not fence or line.strip() == fence):
            fence = "" if fence else mark[0]
        if line.startswith("## ") and not fence:
            title = line[3:].strip()
        else:
            found.setdefault(title, []).append(line)
    return {title: "\n".join(lines).strip() for title, lines in found.items()}


def _data(run: Run, manifest: Json, trained: Json, stated: Stated) -> str:
    """Return what the dataset's own card says, where the dataset is still the one that was trained on."""
    linked = ", ".join(f"[{name}](https://huggingface.co/datasets/{name})" for name in datasets(manifest, stated))
    text = f"Rows: {linked}.\n\n" if linked else ""
    written = run.dataset / "README.md"
    same = any(file_hash(path) == trained["settings"]["dataset_sha256"] for path in run.dataset.glob("*.jsonl"))
    if not (written.is_file() and same):
        return text + "Composition: unknown; the dataset that was trained on, or its card, is no longer in the run."
    parts = sections(written.read_text(encoding="utf-8"))
    return text + "\n\n".join(f"### {title}\n\n{parts[title]}" for title in FROM_DATASET if parts.get(title))


def _limits(run: Run, config: str, options: Json, model: Path) -> list[str]:
    found = [
        "Evaluated on the benchmarks above and on nothing else. Safety, other languages, tools, several turns: not run.",
        f"No row of the training is longer than {int(options['cutoff_len']):,} tokens, thought and question together.",
        "A right answer may come with a wrong thought: verification looks at answers.",
    ]
    if model != run.model(config):
        found.append("The merged weights are rounded to the base's number format, so they differ a little from the sum.")
    if options.get("quantization_bit"):
        found.append("The adapter was trained beside a quantized base; beside the exact one it was not trained.")
    return found


def _provenance(run: Run, config: str, manifest: Json, options: Json, model: Path) -> list[tuple[str, object]]:
    made, trained = manifest.get("environment", {}), manifest["stages"][f"train {config}"]
    base, versions = base_folder(options), dict[str, str]()
    for file, key in (("config.json", "transformers"), ("adapter_config.json", "peft")):
        if (path := model / file).is_file():
            version = json.loads(path.read_text(encoding="utf-8")).get(f"{key}_version")
            versions |= {key: version} if version else {}
    told = ", ".join(f"{package} {version}" for package, version in (versions | made.get("packages", {})).items())
    snapshot = base.name if base and base.parent.name == "snapshots" else options.get("model_revision") or UNKNOWN
    return [
        ("run", manifest["run"]),
        ("trained", trained.get("date", UNKNOWN)),
        ("commit", made.get("commit") or UNKNOWN),
        ("Python", made.get("python") or UNKNOWN),
        ("packages", told or UNKNOWN),
        ("revision of the base", snapshot),
        ("dataset, sha256", f"`{trained['settings']['dataset_sha256']}`"),
    ]


if __name__ == "__main__":
    command(main)
