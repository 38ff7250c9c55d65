"""Published data sets: at which revision, from which of its files, and from a local copy instead.

    sources:
      gsm8k:
        repo: openai/gsm8k      # the source's own where it is left out
        revision: null          # null: asked of the hub at first use and written to the manifest
        files: null             # patterns of files in the repository; null: the source's own
        path: null              # a file or a folder on this machine, read instead of the repository

    rows(config, Path("recipes/x"), ["question", "answer"])  -> {"question": "...", "answer": "...\\n#### 72"}, ...

Only data files are read (`row_files.py`), no data set's script is run. Files are fetched one after another, each when its
first row is wanted, into the cache of huggingface_hub: what is there already is not fetched again, HF_HUB_OFFLINE=1 asks
nothing of anyone, and HF_HOME says where it lies. The token of a gated set comes from HF_TOKEN alone.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Self

from data_gen.cli import UserError
from data_gen.records import Row
from data_gen.sources import row_files
from data_gen.sources.source import SourceConfig
from data_gen.yaml_schema import Strict


class Published(Strict):
    """Keys of what is read from published data files: a local `path`, or `files` of `repo` at `revision`."""

    FILES: ClassVar[tuple[str, ...]] = ()  # a source's own patterns

    path: str | None = None
    repo: str | None = None
    files: list[str] | None = None
    revision: str | None = None

    def patterns(self) -> list[str]:
        """Return the patterns of the files that are read, in order."""
        return self.files or list(self.FILES)

    def resolved(self, known: dict[str, str]) -> Self:
        """Return the config with its revision set. Raises UserError where the hub cannot say it."""
        if self.path or not self.repo or self.revision:
            return self
        return self.model_copy(update={"revision": known.get(self.repo) or latest(self.repo, self.patterns())})

    def revisions(self) -> dict[str, str]:
        """Return {repo: revision}, empty for a local copy."""
        return {} if self.path or not self.repo or not self.revision else {self.repo: self.revision}

    def local_files(self, recipe: Path) -> list[Path]:
        """Return the files of the local copy."""
        return _local(SourceConfig.find(recipe, self.path, folder=True), self.patterns()) if self.path else []


class HubConfig(Published, SourceConfig):
    """A source that reads published data files."""


def rows(
    config: Published, recipe: Path, columns: Sequence[str] = (), files: list[str] | None = None, only: bool = False
) -> Iterator[Row]:
    """Yield the rows of a published set, file by file. `files` are patterns to read instead of the config's own; `only`
    leaves columns that are not in `columns` unread where the format allows it.

    Raises UserError where a file is missing, unreachable or unreadable, or lacks one of `columns`.
    """
    for path in paths(config, recipe, files or config.patterns()):
        yield from row_files.read(path, columns, only)


def paths(config: Published, recipe: Path, patterns: list[str]) -> Iterator[Path]:
    """Yield the data files that fit `patterns`, in order of pattern and name, each fetched when it is asked for."""
    if config.path:
        yield from _local(SourceConfig.find(recipe, config.path, folder=True), patterns)
        return
    if not config.repo:
        raise UserError(f"{recipe}/data.yaml: a source names neither `path:` nor `repo:`")
    yield from _fetched(config.repo, config.revision, patterns)


def latest(repo: str, patterns: list[str] | None = None) -> str:
    """Return the revision of a data set as it is now; with HF_HUB_OFFLINE that of the files that were last fetched.

    Raises UserError, offline also where one that fits `patterns` is missing.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_OFFLINE

    with _reaching(repo):
        if HF_HUB_OFFLINE:
            return _cached(repo, None, patterns).name
        sha = HfApi(token=_token()).dataset_info(repo).sha
    if not sha:
        raise UserError(f"{repo}: the hub names no revision: set `revision:`")
    return sha


def _local(place: Path, patterns: list[str]) -> list[Path]:
    """Return `place` itself, or the files in it that fit the patterns, in their order."""
    if place.is_file():
        return [place]
    fitting = [path for pattern in patterns for path in sorted(place.glob(pattern)) if path.is_file()]
    if not fitting:
        raise UserError(f"{place}: no file in it fits {' or '.join(patterns)}: set `files:`")
    return list(dict.fromkeys(fitting))


def _fetched(repo: str, revision: str | None, patterns: list[str]) -> Iterator[Path]:
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        with _reaching(repo):
            folder = _cached(repo, revision, patterns)
        yield from _local(folder, patterns)
        return
    with _reaching(repo):
        names = HfApi(token=_token()).list_repo_files(repo, repo_type="dataset", revision=revision)
    fitting = [name for pattern in patterns for name in sorted(names) if _fits(name, pattern)]
    if not fitting:
        raise UserError(f"{repo}: no file in it fits {' or '.join(patterns)}: set `files:`")
    for name in dict.fromkeys(fitting):
        with _reaching(repo):
            path = hf_hub_download(repo, name, repo_type="dataset", revision=revision, token=_token())
        yield Path(path)


def _cached(repo: str, revision: str | None, patterns: list[str] | None) -> Path:
    """Return the folder where a revision's files lie; its name is the revision."""
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(repo, repo_type="dataset", revision=revision, allow_patterns=patterns, local_files_only=True)
    )


def _fits(name: str, pattern: str) -> bool:
    """Return whether a file's name fits, folder by folder as in a shell: `*` crosses no slash."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _token() -> str | bool:
    """Return HF_TOKEN, else False: no token that a login left on this machine is sent."""
    return os.environ.get("HF_TOKEN") or False


@contextmanager
def _reaching(repo: str) -> Iterator[Any]:
    """Turn what goes wrong on the way to the hub into one line that says what to do."""
    from httpx2 import HTTPError  # huggingface_hub's client
    from huggingface_hub import errors

    local = "or set `path:` to a local copy"
    try:
        yield
    except errors.GatedRepoError as error:
        raise UserError(f"{repo}: gated: accept its terms on the hub and export HF_TOKEN, {local}") from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(f"{repo}: no such data set, or a private one: check `repo:`, export HF_TOKEN, {local}") from error
    except errors.RevisionNotFoundError as error:
        raise UserError(f"{repo}: no such revision: check `revision:`, {local}") from error
    except errors.HFValidationError as error:
        raise UserError(f"{repo}: no name of a data set: `repo:` is owner/name, {local}") from error
    except (
        HTTPError,
        ConnectionError,
        TimeoutError,
        errors.EntryNotFoundError,
        errors.FileMetadataError,
        errors.RevisionResolutionError,
        errors.XetDownloadError,
    ) as error:
        what = " ".join(str(error).split())[:100]
        raise UserError(
            f"{repo}: the hub cannot be reached ({what}): set `path:` to a local copy, or fetch it where there is a "
            f"network and run with HF_HUB_OFFLINE=1"
        ) from error
