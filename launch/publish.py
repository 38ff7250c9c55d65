"""publish: push a run's dataset, or a model that it trained, to the hub.

    python -m launch.publish --run=runs/x --repo=me/my-traces --private --dry_run             (make publish DRY=1)
    python -m launch.publish --run=runs/x --repo=me/my-traces [--private]
    python -m launch.publish --run=runs/x --repo=me/my-model --what=model [--config=quickstart]

    publish   README.md                                 3,888 bytes
    publish   data/train-00000-of-00001.parquet         7,068 bytes
    publish   5 files, 0.03 MB -> dataset me/my-traces, private
    publish   dry run: nothing was sent; HF_TOKEN is not set: export one that may write

Only what a finished stage made is pushed. Files of an earlier push that this one no longer has are removed from the
repository; what is there already is not sent again. The token comes from HF_TOKEN alone, never from a login on this machine.

Not run by us: the hub itself. The tests push to a server on this machine that answers as the hub does, small files only.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from data_gen.cli import ConfigError, UserError, command
from data_gen.run_folder import Run
from data_gen.stage import read_manifest

# What training leaves in a model's folder that is no part of the model: states to resume from, and their logs in binary.
# training_args.bin is a pickle, which may hold a token.
NOT_THE_MODEL = ("checkpoint-*", "torn-checkpoint-*", "*.pt", "*.pth", "training_args.bin", "global_step*", "runs", "latest")


@dataclass(frozen=True)
class Folder:
    """What is pushed: the files of a folder, those of the repository that they replace, and the stage that made them."""

    path: Path
    stage: str
    files: list[Path]
    replaced: list[str]  # patterns of files in the repository


def main(
    run: str,
    repo: str,
    what: str = "dataset",
    config: str | None = None,
    private: bool = False,
    dry_run: bool = False,
) -> None:
    """Push `what` (dataset or model) of the run to `repo`, owner/name; `config` names the model where there are several.

    --dry_run lists what would go where and what is missing, and sends nothing.
    """
    if what not in ("dataset", "model"):
        raise ConfigError(f"--what={what}: it is dataset or model")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise ConfigError(f"--repo={repo}: owner/name is expected")
    folder = dataset_of(Run(Path(run))) if what == "dataset" else model_of(Run(Path(run)), config)
    for file in folder.files:
        print(f"publish   {file.relative_to(folder.path)!s:<48} {file.stat().st_size:>16,} bytes")
    total = sum(file.stat().st_size for file in folder.files) / 1e6
    seen = "private" if private else "public, or as its owner's repositories are by default"
    print(f"publish   {len(folder.files)} files, {total:,.2f} MB -> {what} {repo}, {seen}")
    token = os.environ.get("HF_TOKEN")
    missing = "HF_TOKEN is not set: export one that may write (huggingface.co/settings/tokens)"
    if dry_run:
        print(f"publish   dry run: nothing was sent{'' if token else f'; {missing}'}")
        return
    if not token:
        raise UserError(missing)
    print(f"publish   pushed: {push(folder, repo, what, private, token)}")


def dataset_of(run: Run) -> Folder:
    """Return the run's dataset. Raises UserError where export has not made it whole."""
    _check_finished(run, "export", "export")
    files = _files(run.dataset, ())
    names = {file.name for file in files}
    missing = sorted({"README.md", "dataset_info.json", "manifest.json"} - names)
    if missing or not any(name.endswith(".parquet") for name in names):
        raise UserError(f"{run.dataset}: {', '.join(missing) or 'the parquet files'} missing: run export again")
    return Folder(run.dataset, "export", files, ["data/*.parquet", "*.jsonl"])


def model_of(run: Run, config: str | None) -> Folder:
    """Return a model that the run trained, without what training resumes from. Raises UserError where there is none."""
    trained = sorted(path.parent.name for path in (run.folder / "model").glob("*/train.json"))
    if config is None and len(trained) != 1:
        which = f"--config={' or --config='.join(trained)}" if trained else "none is trained yet (`make train`)"
        raise UserError(f"{run.folder}: which model? {which}")
    name = config or trained[0]
    folder = run.model(name)
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: no model there; there are: {', '.join(trained) or 'none'}")
    _check_finished(run, f"train {name}", "train")
    return Folder(folder, f"train {name}", _files(folder, NOT_THE_MODEL), ["*.safetensors"])


def _check_finished(run: Run, stage: str, target: str) -> None:
    if not run.manifest.is_file():
        raise UserError(f"{run.folder}: no run there (no manifest.json)")
    record = read_manifest(run)["stages"].get(stage)
    if record is None or not record.get("finished"):
        state = "has not run" if record is None else "is not finished"
        raise UserError(f"{run.folder}: {stage} {state}: run {target} first; nothing was sent")


def _files(folder: Path, without: tuple[str, ...]) -> list[Path]:
    """Return the files below a folder but for hidden ones and those whose name, or a folder's on the way, fits `without`."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(
            part.startswith(".") or any(fnmatch(part, pattern) for pattern in without)
            for part in path.relative_to(folder).parts
        )
    ]


def push(folder: Folder, repo: str, what: str, private: bool, token: str) -> str:
    """Make the repository where it is not there yet, push the files, and return the commit's address."""
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    with _reaching(repo, token):
        api.create_repo(repo, repo_type=what, private=private or None, exist_ok=True)  # None: the owner's default
        if private and not api.repo_info(repo, repo_type=what).private:
            raise UserError(
                f"{repo}: it is there and public: make it private on the hub, or drop --private; nothing was sent"
            )
        commit = api.upload_folder(
            repo_id=repo,
            repo_type=what,
            folder_path=folder.path,
            allow_patterns=[str(file.relative_to(folder.path)) for file in folder.files],
            delete_patterns=folder.replaced,
            commit_message=f"{what} of {folder.stage}",
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
