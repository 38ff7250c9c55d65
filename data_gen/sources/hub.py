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
nothing of anyone and stops where a file is missing (`hub_cache.py`), and HF_HOME says where it lies. The token of a gated
set comes from HF_TOKEN alone.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

from data_gen.cli import UserError
from data_gen.records import Row
from data_gen.sources import hub_cache, row_files
from data_gen.sources.source import SourceConfig
from data_gen.yaml_schema import Strict


class Published(Strict):
    """Keys of what is read from published data files: a local `path`, or `files` of `repo` at `revision`."""

    FILES: ClassVar[tuple[str, ...]] = ()  # a source's own patterns

    path: str | None = None  # a file or folder on this machine, read instead of the hub
    repo: str | None = None  # owner/name on the hub
    files: list[str] | None = None  # patterns of its data files; null: the source's own
    revision: str | None = None  # a commit; null: asked at first use, kept in the manifest (`make pin`)

    def patterns(self) -> list[str]:
        """Return the patterns of the files that are read, in order."""
        return self.files or list(self.FILES)

    def resolved(self, known: dict[str, str]) -> Self:
        """Return the config with its revision set. Raises UserError where the hub cannot say it."""
        if self.path or not self.repo or self.revision:
            return self
        return self.model_copy(update={"revision": known.get(self.repo) or latest(self.repo)})

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


def latest(repo: str) -> str:
    """Return the revision of a data set as it is now; with HF_HUB_OFFLINE as it was when the hub was last asked.

    Raises UserError.
    """
    from huggingface_hub.constants import HF_HUB_OFFLINE

    return hub_cache.commit_of(repo, None) if HF_HUB_OFFLINE else _commit(repo, None)


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

    with _reaching(repo):
        if HF_HUB_OFFLINE:
            yield from hub_cache.whole(repo, revision, patterns)
            return
    commit = revision if revision is not None and hub_cache.is_commit(revision) else _commit(repo, revision)
    with _reaching(repo):
        names = hub_cache.listing(repo, commit)
        if names is None:
            api = HfApi(token=_token())
            api.dataset_info(repo)  # told at once where nothing answers: the listing is tried for 26 s
            names = api.list_repo_files(repo, repo_type="dataset", revision=commit)
            hub_cache.keep(repo, commit, commit, names)
    wanted = hub_cache.fitting(names, patterns)
    if not wanted:
        raise UserError(f"{repo}: no file in it fits {' or '.join(patterns)}: set `files:`")
    for name in wanted:
        with _reaching(repo):
            path = hf_hub_download(repo, name, repo_type="dataset", revision=commit, token=_token())
        yield Path(path)


def _commit(repo: str, revision: str | None) -> str:
    """Ask the hub which commit a branch or tag (None: main) is."""
    from huggingface_hub import HfApi

    with _reaching(repo):
        commit = HfApi(token=_token()).dataset_info(repo, revision=revision).sha
    if not commit:
        raise UserError(f"{repo}: the hub names no revision: set `revision:`")
    hub_cache.keep(repo, revision, commit)
    return commit


def _token() -> str | bool:
    """Return HF_TOKEN, else False: no token that a login left on this machine is sent."""
    return os.environ.get("HF_TOKEN") or False


@contextmanager
def _reaching(repo: str) -> Iterator[Any]:
    """Turn what goes wrong on the way to the hub into one line that says what to do."""
    from httpx2 import HTTPError  # huggingface_hub's client
    from huggingface_hub import errors

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it warns of each of its tries
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
