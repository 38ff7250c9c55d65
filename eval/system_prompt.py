"""The system prompt that a published dataset trained with, read from its `system` column at run time.

    system_prompt: {from_dataset: NovaSky-AI/Sky-T1_data_17k}      # in eval.yaml; revision, files and path as elsewhere

    published_prompt(spec, Path("recipes/x"), run)       -> "Your role ...", and in runs/x/manifest.json:
    "system_prompt": {"repo": "NovaSky-AI/Sky-T1_data_17k", "revision": "9d8d...", "rows": 16401, "text": "...", ...}

A model is measured with the prompt that it was trained with; it is read, once a run, never copied into this repository. All
rows must have the same one: of several nobody could say which is the model's. A .json array is held in memory while it is
read. Not run by us on the published 17k itself, for want of a hub.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from data_gen.adopt import FILES, KNOWN_FILES
from data_gen.cli import UserError
from data_gen.manifest import edit_manifest, file_hash, read_manifest
from data_gen.run_folder import Run
from data_gen.sources.hub import Published, rows
from eval.config import FromDataset

SHOWN = 3  # prompts that an error lists


def published_prompt(spec: FromDataset, recipe: Path, run: Run) -> str:
    """Return the prompt. Raises UserError where it cannot be read, or where rows have none or several."""
    patterns = spec.files or KNOWN_FILES.get(spec.from_dataset, FILES)
    published = Published(repo=spec.from_dataset, path=spec.path, revision=spec.revision, files=patterns)
    before = read_manifest(run).get("system_prompt") or {}
    content = {str(file): file_hash(file) for file in published.local_files(recipe)}
    keys = {"repo": spec.from_dataset, "files": patterns, "content": content}
    known = {name: before.get(name) for name in keys} == keys
    if known and spec.revision in (None, before["revision"]):
        return str(before["text"])
    try:
        published = published.resolved({})
        text, count = _only(rows(published, recipe, ["system"], only=True))
    except UserError as error:
        raise UserError(f"system_prompt.from_dataset: {spec.from_dataset}: {error}") from error
    entry = keys | {"revision": published.revision, "rows": count, "text": text}
    with edit_manifest(run) as manifest:
        manifest["system_prompt"] = entry
    at = f" at {published.revision[:12]}" if published.revision else f" ({spec.path})"
    print(f"system prompt: {len(text):,} characters, the same in {count:,} rows of {spec.from_dataset}{at}")
    return text


def _only(found: Any) -> tuple[str, int]:
    """Return the prompt that all rows have, and how many have it."""
    prompts = Counter(str(row["system"] or "") for row in found)
    if len(prompts) > 1:
        listed = "; ".join(f"{count:,} rows have {_shown(text)}" for text, count in prompts.most_common(SHOWN))
        more = f"; and {len(prompts) - SHOWN} more" if len(prompts) > SHOWN else ""
        raise UserError(f"its rows have {len(prompts)} system prompts ({listed}{more}): name a template file instead")
    if not any(prompts):
        raise UserError("its rows have no system prompt: say `system_prompt: null`")
    (text, count), *_ = prompts.items()
    return text, count


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return "none" if not line else repr(line if len(line) <= 40 else f"{line[:39]}…")
