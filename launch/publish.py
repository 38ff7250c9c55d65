"""publish: push a run's dataset, or a model that it trained, to the hub.

    python -m launch.publish --run=runs/x --repo=me/my-traces --private --dry_run             (make publish DRY=1)
    python -m launch.publish --run=runs/x --repo=me/my-traces [--private]
    python -m launch.publish --run=runs/x --repo=me/my-model --what=model [--config=quickstart] [--license=apache-2.0]

    publish   README.md                                 3,888 bytes
    publish   data/train-00000-of-00001.parquet         7,068 bytes
    publish   5 files, 0.03 MB -> dataset me/my-traces, private
    publish   dry run: nothing was sent; HF_TOKEN is not set: export one that may write

Only what a finished stage made is pushed. A model goes with a fresh card (`launch.model_card`; its options are the same
here), the options that trained it, and its losses; an adapter goes merged (`launch.merge`), or as it is with --adapter. Of
its folder only the files of a model are taken, by name: no checkpoint, no optimizer, no pickle. Files of an earlier push
that this one no longer has are removed from the repository; what is there already is not sent again. The token comes from
HF_TOKEN alone, never from a login on this machine.

Not run by us: the hub itself. The tests push to a server on this machine that answers as the hub does, small files only.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from data_gen.cli import ConfigError, UserError, command
from data_gen.export import without_folders
from data_gen.manifest import edit_manifest
from data_gen.run_folder import Run
from launch import model_card
from launch.card.header import Stated, base_name
from launch.card.training import effective_yaml
from launch.training.trained import finished, is_adapter, on_hub, read_record, which_training, whole_model

# The files of a model and its tokenizer, by name: what else training leaves in the folder is no part of the model.
MODEL = (
    "*.safetensors",
    "*.safetensors.index.json",
    "config.json",
    "generation_config.json",
    "adapter_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "*.jinja",
    "*.py",  # of models that bring their own code
    "*processor_config.json",
    "Modelfile",
    "README.md",
)
LOGS = ("trainer_log.jsonl", "training_loss.png")


@dataclass(frozen=True)
class Push:
    """What is pushed: files, or their content, by their name in the repository; the files there that they replace; the stage
    that made them."""

    stage: str
    files: dict[str, Path | bytes]
    replaced: list[str]  # patterns of files in the repository


def main(
    run: str,
    repo: str,
    what: str = "dataset",
    config: str | None = None,
    private: bool = False,
    dry_run: bool = False,
    adapter: bool = False,
    base: str | None = None,
    license: str | None = None,
    dataset: str | None = None,
) -> None:
    """Push `what` (dataset or model) of the run to `repo`, owner/name; `config` names the model where there are several.

    --dry_run lists what would go where and what is missing, and sends nothing. --adapter, --base, --license and --dataset
    are for models: see launch.model_card.
    """
    if what not in ("dataset", "model"):
        raise ConfigError(f"--what={what}: it is dataset or model")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise ConfigError(f"--repo={repo}: owner/name is expected")
    folder = Run(Path(run))
    stated = Stated(repo, base, license, dataset)
    content = dataset_of(folder) if what == "dataset" else model_of(folder, config, adapter, stated)
    sizes = {name: len(file) if isinstance(file, bytes) else file.stat().st_size for name, file in content.files.items()}
    for name, size in sizes.items():
        print(f"publish   {name:<48} {size:>16,} bytes")
    seen = "private" if private else "public, or as its owner's repositories are by default"
    print(f"publish   {len(sizes)} files, {sum(sizes.values()) / 1e6:,.2f} MB -> {what} {repo}, {seen}")
    token = os.environ.get("HF_TOKEN")
    missing = "HF_TOKEN is not set: export one that may write (huggingface.co/settings/tokens)"
    if dry_run:
        print(f"publish   dry run: nothing was sent{'' if token else f'; {missing}'}")
        return
    if not token:
        raise UserError(missing)
    print(f"publish   pushed: {push(content, repo, what, private, token)}")
    if not private:
        with edit_manifest(folder) as manifest:  # a model's card links its dataset
            manifest.setdefault("published", {})[what] = repo


def dataset_of(run: Run) -> Push:
    """Return the run's dataset. Raises UserError where export has not made it whole."""
    finished(run, "export", "export")
    files = _files(run.dataset)
    missing = sorted({"README.md", "dataset_info.json", "manifest.json"} - files.keys())
    if missing or not any(name.endswith(".parquet") for name in files):
        raise UserError(f"{run.dataset}: {', '.join(missing) or 'the parquet files'} missing: run export again")
    return Push("export", files, ["data/*.parquet", "*.jsonl"])


def model_of(run: Run, config: str | None, adapter: bool, stated: Stated) -> Push:
    """Return a model that the run trained, with a fresh card, its options and its losses.

    Raises UserError where there is none, and where it is an adapter that is not merged, unless `adapter` asks for that.
    """
    name = which_training(run, config)
    trained = finished(run, f"train {name}", "train")["settings"]
    if adapter and not is_adapter(run, name):
        raise UserError(f"{run.model(name)}: --adapter: no adapter there, {name} trained all weights")
    model = run.model(name) if adapter else whole_model(run, name)
    model_card.write(run, name, model, stated)
    base = base_name(trained["training"], stated)
    files: dict[str, Path | bytes] = {
        path.name: path for path in sorted(model.iterdir()) if any(fnmatch(path.name, pattern) for pattern in MODEL)
    }
    if not any(name.endswith(".safetensors") for name in files):
        raise UserError(f"{model}: no weights there (*.safetensors)")
    files |= {log: run.model(name) / log for log in LOGS if (run.model(name) / log).is_file()}
    files["train.json"] = json.dumps(without_folders(read_record(run, name)), indent=1).encode() + b"\n"
    files["training.yaml"] = effective_yaml(trained, base).encode()
    if trained.get("deepspeed"):
        files["deepspeed.json"] = json.dumps(trained["deepspeed"], indent=1).encode() + b"\n"
    if adapter:
        files["adapter_config.json"] = _adapter_config(model / "adapter_config.json", base)
    _check_no_paths(files, run)
    return Push(f"train {name}", dict(sorted(files.items())), ["*.safetensors", "*.safetensors.index.json"])


def _check_no_paths(files: dict[str, Path | bytes], run: Run) -> None:
    """Raise UserError where a file that somebody reads names the run's folder on this machine."""
    here = str(run.folder.resolve()).encode()
    for name, file in files.items():
        read = name.endswith((".json", ".jsonl", ".yaml", ".md")) and name != "tokenizer.json"
        if read and here in (file if isinstance(file, bytes) else file.read_bytes()):
            raise UserError(f"{name} names {here.decode()}, a folder of this machine: take it out; nothing was sent")


def _adapter_config(file: Path, base: str) -> bytes:
    """Return adapter_config.json with the base by its name on the hub. Raises UserError where it has none."""
    if not on_hub(base):
        raise UserError(f"{file}: its base is a folder of this machine: state where others find it with --base=owner/name")
    return json.dumps(json.loads(file.read_text(encoding="utf-8")) | {"base_model_name_or_path": base}, indent=2).encode()


def _files(folder: Path) -> dict[str, Path | bytes]:
    """Return the files below a folder by their name in it, but for hidden ones."""
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {str(name): path for name, path in found.items() if not any(part.startswith(".") for part in name.parts)}


def push(content: Push, repo: str, what: str, private: bool, token: str) -> str:
    """Make the repository where it is not there yet, push the files, and return the commit's address."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi(token=token)
    with _reaching(repo, token):
        api.create_repo(repo, repo_type=what, private=private or None, exist_ok=True)  # None: the owner's default
        if private and not api.repo_info(repo, repo_type=what).private:
            raise UserError(
                f"{repo}: it is there and public: make it private on the hub, or drop --private; nothing was sent"
            )
        gone = [
            name
            for name in api.list_repo_files(repo, repo_type=what)
            if name not in content.files and any(fnmatch(name, pattern) for pattern in content.replaced)
        ]
        commit = api.create_commit(
            repo,
            [
                *(CommitOperationAdd(name, file) for name, file in content.files.items()),
                *(CommitOperationDelete(name) for name in gone),
            ],
            repo_type=what,
            commit_message=f"{what} of {content.stage}",
        )
    return str(commit.commit_url)


@contextmanager
def _reaching(repo: str, token: str) -> Iterator[None]:
    """Turn what goes wrong on the way to the hub into one line that says what to do, without the token."""
    from httpx2 import HTTPError  # huggingface_hub's client
    from huggingface_hub import errors

    try:
        yield
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        what = {401: "the hub does not know this HF_TOKEN", 403: "this HF_TOKEN may not write there"}.get(status)
        said = " ".join(str(error.server_message or error).split())[:200].replace(token, "…")
        raise UserError(f"{repo}: {what or f'the hub refuses ({status}): {said}'}; run the same again to go on") from error
    except (HTTPError, ConnectionError, TimeoutError) as error:
        said = " ".join(str(error).split())[:100].replace(token, "…")
        raise UserError(f"{repo}: the hub cannot be reached ({said}); run the same again to go on") from error
    except (ValueError, RuntimeError) as error:  # the hub's check of the card; hf_xet, which sends large files
        said = " ".join(str(error).split())[:200].replace(token, "…")
        raise UserError(f"{repo}: the push stopped: {said}") from error


if __name__ == "__main__":
    command(main)
