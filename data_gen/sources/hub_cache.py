"""What was fetched of a hub's data set before: read again without a network, the whole of it or not at all.

    keep("openai/gsm8k", "main", sha, ["README.md", "main/train-00000-of-00001.parquet", ...])      when the hub is asked
    whole("openai/gsm8k", None, ["main/train-*"])     -> .../snapshots/<sha>/main/train-00000-of-00001.parquet, one by one

It lies in the cache of huggingface_hub (https://huggingface.co/docs/huggingface_hub/guides/manage-cache): `refs/main` says
what `main` was when the hub was last asked, `snapshots/<commit>` holds the files that were fetched, and there is a file of
ours beside them, `listings/<commit>.json`, with the names of all files that the commit has. Files are fetched one by one
as they are wanted, so some may never have come. Where no listing tells, names do: -00000-of-00002 has one more beside it.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from data_gen.cli import UserError

_NUMBERED = re.compile(r"(.*-)(\d{5})(-of-)(\d{5})(.*)", re.DOTALL)


def folder(repo: str) -> Path:
    """Return the folder in which huggingface_hub keeps a data set."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE) / f"datasets--{repo.replace('/', '--')}"


def is_commit(revision: str | None) -> bool:
    """Return whether a revision says for good which files it has, as no branch or tag does."""
    return re.fullmatch(r"[0-9a-f]{40}", revision or "") is not None


def keep(repo: str, revision: str | None, commit: str, names: Iterable[str] | None = None) -> None:
    """Keep what the hub said: which commit a branch or tag (None: main) is, and the names of the commit's files."""
    if revision != commit:
        _write(folder(repo) / "refs" / (revision or "main"), commit)
    if names is not None:
        _write(folder(repo) / "listings" / f"{commit}.json", json.dumps(sorted(names)))


def commit_of(repo: str, revision: str | None) -> str:
    """Return the commit that a revision was when the hub was last asked; of None, main's, else the one fetched last.

    Raises UserError where nothing of it was fetched.
    """
    if revision is not None and is_commit(revision):
        return revision
    known = folder(repo) / "refs" / (revision or "main")
    commit = known.read_text(encoding="utf-8").strip() if known.is_file() else ""
    snapshots = folder(repo) / "snapshots"
    if commit and (snapshots / commit).is_dir():
        return commit
    fetched = sorted(snapshots.glob("*"), key=lambda path: path.stat().st_mtime)
    if revision is not None or not fetched:
        raise _never(repo, f"revision {revision}" if revision else "it")
    return fetched[-1].name


def listing(repo: str, commit: str) -> list[str] | None:
    """Return the names of a commit's files, or None where nothing on this machine tells."""
    from huggingface_hub import get_cached_repo_tree
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    ours = folder(repo) / "listings" / f"{commit}.json"
    if ours.is_file():
        names: list[str] = json.loads(ours.read_text(encoding="utf-8"))
        return names
    try:
        return [file.path for file in get_cached_repo_tree(repo, repo_type="dataset", revision=commit)]
    except CachedRepoTreeNotFoundError:
        return None


def whole(repo: str, revision: str | None, patterns: list[str]) -> Iterator[Path]:
    """Yield the files that fit. Raises UserError in the place of one that was never fetched."""
    commit = commit_of(repo, revision)
    place = folder(repo) / "snapshots" / commit
    there = numbered(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    wanted = fitting(listing(repo, commit) or there, patterns)
    if not wanted:
        raise _never(repo, f"{' or '.join(patterns)} of revision {commit}")
    for name in wanted:
        if not (place / name).is_file():
            raise _never(repo, f"{name} of revision {commit}")
        yield place / name


def fitting(names: Iterable[str], patterns: list[str]) -> list[str]:
    """Return the names that fit, in order of pattern and name; as in a shell, `*` crosses no slash."""
    there = sorted(names)
    return list(dict.fromkeys(name for pattern in patterns for name in there if _fits(name, pattern)))


def numbered(names: Iterable[str]) -> set[str]:
    """Return the names and those that have to be there beside them: all N of a set that is numbered -of-N."""
    found = set(names)
    for match in filter(None, map(_NUMBERED.fullmatch, list(found))):
        before, _, of, count, after = match.groups()
        first = int(f"{before}{count}{of}{count}{after}" in found)  # some count from 1
        found |= {f"{before}{first + number:05}{of}{count}{after}" for number in range(int(count))}
    return found


def _fits(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")  # another run may write the same at the same time
    with contextlib.suppress(OSError):  # a cache that is only read serves this run as well
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)


def _never(repo: str, what: str) -> UserError:
    return UserError(
        f"{repo}: the hub cannot be reached (HF_HUB_OFFLINE is set) and {what} was never fetched: run it once without "
        f"HF_HUB_OFFLINE, or set `path:` to a local copy"
    )
