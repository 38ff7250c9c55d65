"""manifest.json: the settings, inputs and figures of every stage of a run, and what they depend on beside the YAML.

with edit_manifest(run) as manifest:            # one atomic step; commands beside each other wait for their turn
    manifest["stages"]["mix"]["finished"] = True
changed_keys({"mix": {"pick": "shortest"}}, {"mix": {"pick": "longest"}})    -> ["mix.pick: shortest -> longest"]
"""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.journal import write_text
from data_gen.run_folder import Run

PACKAGES = ("openai", "datasets", "math-verify", "lm_eval", "evalplus", "reasoning_gym", "pydantic")


# Settings that runs of earlier versions did not record: there they say nothing, and what was paid for stays usable.
KEPT_SINCE = {"wording"}


def file_hash(path: Path) -> str | None:
    """Return the sha256 of a file's bytes in hex, or None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings by dotted key: {"mix": {"pick": "x"}} -> {"mix.pick": "x"}."""
    rows: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        rows.update(flat(value, name + ".") if isinstance(value, dict) and value else {name: value})
    return rows


def changed_keys(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return a phrase for every dotted key whose value differs: 'mix.pick: shortest -> longest'."""
    old, new = flat(before), flat(json.loads(json.dumps(now)))
    keys = {key for key in old.keys() | new.keys() if key in old or not KEPT_SINCE.intersection(key.split("."))}
    differing = sorted(key for key in keys if old.get(key) != new.get(key))
    return [f"{key}: {_short(old.get(key))} -> {_short(new.get(key))}" for key in differing]


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:37]}…"


def read_manifest(run: Run) -> dict[str, Any]:
    """Return the run's manifest, or an empty one. Raises UserError when the file is no JSON."""
    try:
        manifest: dict[str, Any] = json.loads(run.manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"run": run.name, "stages": {}}
    except ValueError as error:
        raise UserError(f"{run.manifest}: not JSON ({error}); mend it, or start another run with RUN=new") from error
    return manifest


@contextlib.contextmanager
def edit_manifest(run: Run) -> Iterator[dict[str, Any]]:
    """Change the manifest in one atomic step; commands that run beside each other wait for their turn."""
    run.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(run.folder / ".manifest.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = read_manifest(run)
        yield manifest
        write_text(run.manifest, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    finally:
        os.close(lock)


def environment() -> dict[str, Any]:
    """Return what the numbers of a run depend on beside its YAML: commit, versions, machine."""
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    return {
        "commit": commit.stdout.strip() or None,
        "python": platform.python_version(),
        "packages": versions,
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
    }
