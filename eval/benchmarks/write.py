"""Write a benchmark's questions into a run, once for the same settings.

    write(run, "math500", Benchmark(path="math500.jsonl"), Path("recipes/x"))
    -> runs/x/benchmarks/math500.jsonl, and in runs/x/manifest.json under "benchmarks":
       "math500": {"repo": null, "revision": null, "questions": 500, "sha256": "3f...", "settings": {...}}

A revision that eval.yaml leaves open is asked of the hub at the first writing; later ones take it from the manifest. A
file whose settings, local copies and content are as the manifest has them is left alone; a revision that eval.yaml names
has to be the one that it was read at.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError, UserError
from data_gen.journal import write_rows
from data_gen.manifest import edit_manifest, file_hash, read_manifest
from data_gen.records import Problem, Row
from data_gen.run_folder import Run
from eval.benchmarks import configured, count, own_sources, questions
from eval.config import Benchmark

VERSION = "benchmarks-1"  # of the readers: files that another version wrote are written anew


def write(run: Run, name: str, benchmark: Benchmark, recipe: Path) -> None:
    """Write one benchmark. Raises ConfigError for its keys, UserError in one line where its questions cannot be had."""
    benchmark = configured(name, benchmark, recipe)
    with _alone(run, name):
        _write_once(run, name, benchmark, recipe)


@contextlib.contextmanager
def _alone(run: Run, name: str) -> Iterator[None]:
    """Let one process at a time write a benchmark: evaluations that begin together wait for the first, and find it done."""
    run.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(run.folder / f".benchmark-{name.replace('/', '-')}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write_once(run: Run, name: str, benchmark: Benchmark, recipe: Path) -> None:
    path = run.benchmarks / f"{name}.jsonl"
    settings = _settings(benchmark, recipe)
    before = read_manifest(run).get("benchmarks", {}).get(name) or {}
    if (
        before.get("settings") == settings
        and before.get("sha256") == file_hash(path)
        and _read_at(before, benchmark, recipe)
    ):
        print(f"benchmark {name}: done already ({path}, {before['questions']:,} questions)")
        return
    try:
        found, known = _resolved(benchmark, before, recipe)
        written = _write(path, questions(name, found, recipe, known))
    except ConfigError:
        raise
    except UserError as error:
        raise UserError(f"benchmark {name}: {error}") from error
    published = found.revisions()
    entry = {
        "repo": next(iter(published), None),
        "revision": next(iter(published.values()), None),
        "questions": written,
        "sha256": file_hash(path),
        "settings": settings,
    }
    with edit_manifest(run) as manifest:
        manifest.setdefault("benchmarks", {})[name] = entry | ({"sources": known} if benchmark.problems else {})
    wanted = count(name, benchmark)
    other = f", where {wanted:,} were published" if wanted not in (None, written) else ""
    origin = "".join(f" ({repo} at {revision[:12]})" for repo, revision in published.items())
    print(f"benchmark {name}: {written:,} questions{other}{origin}")


def _read_at(before: dict[str, Any], benchmark: Benchmark, recipe: Path) -> bool:
    """Return whether every revision that eval.yaml names is the one that was read."""
    read = before.get("sources") or {before.get("repo"): before.get("revision")}
    named = benchmark.revisions()
    for source in own_sources(benchmark, f"{recipe}/eval.yaml").values():
        named |= source.revisions()
    return all(read.get(repo) == revision for repo, revision in named.items())


def _resolved(benchmark: Benchmark, before: dict[str, Any], recipe: Path) -> tuple[Benchmark, dict[str, str]]:
    """Return the benchmark with its revision, and the revisions of its sources where it is the recipe's own."""
    if benchmark.problems is None:
        return benchmark.resolved({before["repo"]: before["revision"]} if before.get("revision") else {}), {}
    known: dict[str, str] = dict(before.get("sources") or {})
    revisions: dict[str, str] = {}
    for source in own_sources(benchmark, f"{recipe}/eval.yaml").values():
        revisions |= source.resolved(known).revisions()
    return benchmark, revisions


def _write(path: Path, problems: Iterator[Problem]) -> int:
    """Write the problems, one in memory at a time, and return how many; what was there stays where reading fails."""
    written = 0

    def counted() -> Iterator[Row]:
        nonlocal written
        for problem in problems:
            written += 1
            yield problem.row()

    try:
        write_rows(path, counted())
    except UserError:
        path.with_name(f".{path.name}.partial").unlink(missing_ok=True)
        raise
    return written


def _settings(benchmark: Benchmark, recipe: Path) -> dict[str, Any]:
    """Return everything that decides the questions: keys, readers, and the content of local files."""
    keys: dict[str, Any] = _open(benchmark.model_dump(mode="json", exclude={"samples"}))
    if benchmark.path:
        keys |= {"repo": None}
    files = benchmark.local_files(recipe)
    for source in own_sources(benchmark, f"{recipe}/eval.yaml").values():
        files += source.local_files(recipe)
    return keys | {"reader": VERSION, "content": {str(file): file_hash(file) for file in files}}


def _open(keys: Any) -> Any:
    """Return the keys without the revisions in them: those that are read stand in the manifest beside them."""
    if isinstance(keys, list):
        return [_open(key) for key in keys]
    return {name: _open(key) for name, key in keys.items() if name != "revision"} if isinstance(keys, dict) else keys
