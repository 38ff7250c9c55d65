"""The front matter of a model's card, and what it states: base, licence, datasets. See `launch.model_card`.

    front_matter(run, options, Stated(license="apache-2.0"), adapter=False)
    -> "license: apache-2.0\\nlibrary_name: transformers\\npipeline_tag: text-generation\\ntags: ..."

Nothing is guessed. The licence is the user's word, else that of the base's own README.md, else of its LICENSE where the
title is known, else `unknown`. A base or dataset is linked by a name on the hub, never by a folder. The keys are those of
https://github.com/huggingface/hub-docs/blob/main/docs/hub/model-cards.md.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_gen.composition import UNKNOWN
from launch.training.trained import base_folder, on_hub

LICENSES = {"Apache License": "apache-2.0", "MIT License": "mit"}  # by the title of a LICENSE file

Json = dict[str, Any]


@dataclass(frozen=True)
class Stated:
    """What only the user knows: where things are on the hub, and the base's licence."""

    repo: str | None = None
    base: str | None = None
    license: str | None = None
    dataset: str | None = None


def base_name(options: Json, stated: Stated) -> str:
    """Return the base's name as others know it: on the hub, else that of its folder."""
    name = str(options["model_name_or_path"])
    return stated.base or (name if on_hub(name) else Path(name).name)


def datasets(manifest: Json, stated: Stated) -> list[str]:
    """Return the datasets on the hub that the training rows are: as stated, as the run pushed them, as it adopted them."""
    adopted = manifest["stages"].get("mix", {}).get("settings", {}).get("adopt", {}).get("name")
    found = [stated.dataset, manifest.get("published", {}).get("dataset"), adopted]
    return list(dict.fromkeys(name for name in found if name and on_hub(name)))


def license_of(options: Json, stated: Stated) -> Json:
    """Return `license` of the base, with `license_name` and `license_link` where it is one that the hub has no name for."""
    if stated.license:
        return {"license": stated.license}
    base = base_folder(options)
    if base is None:
        return {"license": UNKNOWN}
    header = _header(base / "README.md")
    if isinstance(header.get("license"), str):
        found: Json = {key: header[key] for key in ("license", "license_name", "license_link") if key in header}
        link, name = str(found.get("license_link", "")), base_name(options, stated)
        if link and "://" not in link:  # a file beside the base's card
            found["license_link"] = f"https://huggingface.co/{name}/blob/main/{link}" if on_hub(name) else None
        return found
    title = next((line.strip() for line in _lines(base / "LICENSE") if line.strip()), "")
    return {"license": LICENSES.get(title, UNKNOWN)}


def front_matter(manifest: Json, options: Json, stated: Stated, adapter: bool) -> str:
    """Return the YAML that the hub reads."""
    from huggingface_hub import ModelCardData  # 0.1 s, so only where it is used

    base = base_name(options, stated)
    return ModelCardData(
        base_model=base if on_hub(base) else None,
        datasets=datasets(manifest, stated) or None,
        library_name="peft" if adapter else "transformers",
        pipeline_tag="text-generation",
        tags=["reasoning", "distillation", "sft", "llama-factory", str(options.get("finetuning_type", "lora"))],
        **license_of(options, stated),
    ).to_yaml()


def _header(card: Path) -> Json:
    """Return the front matter of a card, {} where there is none that can be read."""
    match = re.match(r"---\r?\n(.*?)\n---", "\n".join(_lines(card)), re.DOTALL)
    try:
        header = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        return {}
    return header if isinstance(header, dict) else {}


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
