"""What differs between a disturbed run and an undisturbed one: nothing, where all that was promised is kept.

    differences(Run(Path("disturbed")), Run(Path("undisturbed")), until="export")    -> []
    -> ["02_traces: 1 row missing (reasoning_gym-products-s0-3, sample 2)", "05_mixture: other bytes"]

Journals are compared as sets of (id, sample), each row apart from its seconds and what failed attempts before it cost; they
have to be sorted, each key once. 05_mixture and the dataset are compared byte for byte, a training by its losses and its
weights, an evaluation by its answers, verdicts and scores, a report by its numbers.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_gen.manifest import file_hash
from data_gen.records import Row
from data_gen.run_folder import Run

STAGES = ("collect", "generate", "rewrite", "verify", "mix", "export", "train", "eval", "report")
APART = {"seconds", "wasted"}
# The trained model lies in another folder in every run, and its name is a part of what these are hashes of.
OF_THE_FOLDER = {"request", "graded", "model"}
SCORED = ("results", "n", "n_samples", "no_answer", "truncated", "undecided", "harness")
REPORTED = ("results", "funnel", "verification", "comparison")


def differences(run: Run, other: Run, until: str, since: str = "collect") -> list[str]:
    """Return what differs in the files of the stages from `since` until `until`, `other` being the undisturbed run."""
    found: list[str] = []
    for stage in STAGES[STAGES.index(since) : STAGES.index(until) + 1]:
        found += CHECKS[stage](run, other)
    return found


def _collected(run: Run, other: Run) -> Iterator[str]:
    for one, two in ((run.problems, other.problems), (run.removed_problems, other.removed_problems)):
        yield from same_bytes(one, two)


def _generated(run: Run, other: Run) -> Iterator[str]:
    yield from same_rows(run.traces, other.traces)


def _rewritten(run: Run, other: Run) -> Iterator[str]:
    yield from same_rows(run.rewritten, other.rewritten)


def _verified(run: Run, other: Run) -> Iterator[str]:
    yield from same_rows(run.verdicts, other.verdicts)


def _mixed(run: Run, other: Run) -> Iterator[str]:
    yield from same_bytes(run.mixture, other.mixture)


def _exported(run: Run, other: Run) -> Iterator[str]:
    files = [path.relative_to(other.dataset) for path in sorted(other.dataset.rglob("*")) if path.is_file()]
    for name in files:
        if name.name not in ("README.md", "manifest.json"):  # they hold dates and seconds
            yield from same_bytes(run.dataset / name, other.dataset / name)


def _trained(run: Run, other: Run) -> Iterator[str]:
    for config in sorted(path.parent.name for path in other.folder.glob("model/*/train.json")):
        one, two = (_json(place.model(config) / "train.json") for place in (run, other))
        if one is None:
            yield f"model/{config}: no train.json"
            continue
        if one["losses"] != two["losses"]:
            yield f"losses: {one['losses']} instead of {two['losses']}"
        weights = [place.model(config) / "model.safetensors" for place in (run, other)]
        if all(path.is_file() for path in weights) and file_hash(weights[0]) != file_hash(weights[1]):
            yield "model.safetensors: other weights"
        elif weights[1].is_file() and not weights[0].is_file():
            yield "model.safetensors: missing"


def _evaluated(run: Run, other: Run) -> Iterator[str]:
    for path in sorted(other.folder.glob("eval/*/*/scores.json")):
        folder = path.parent.relative_to(other.folder)
        for name in ("samples.jsonl", "verdicts.jsonl"):
            yield from same_rows(run.folder / folder / name, other.folder / folder / name, APART | OF_THE_FOLDER)
        one, two = _json(run.folder / folder / "scores.json"), _json(path)
        if one is None:
            yield f"{folder}: no scores.json"
        elif changed := [key for key in SCORED if one.get(key) != two[key]]:
            yield f"{folder}/scores.json: other {', '.join(changed)}"


def _reported(run: Run, other: Run) -> Iterator[str]:
    one, two = _json(run.report / "summary.json"), _json(other.report / "summary.json")
    if one is None:
        yield "report: no summary.json"
        return
    for key in REPORTED:
        if _dateless(one.get(key)) != _dateless(two[key]):
            yield f"summary.json: other {key}"
    if not (run.report / "index.html").is_file():
        yield "report: no index.html"


CHECKS = {
    "collect": _collected,
    "generate": _generated,
    "rewrite": _rewritten,
    "verify": _verified,
    "mix": _mixed,
    "export": _exported,
    "train": _trained,
    "eval": _evaluated,
    "report": _reported,
}


def same_bytes(one: Path, other: Path) -> Iterator[str]:
    """Yield what is wrong with a file that is to be the same as another."""
    if not one.is_file():
        yield f"{one.name}: missing"
    elif one.read_bytes() != other.read_bytes():
        yield f"{one.name}: other bytes"


def same_rows(one: Path, other: Path, apart: set[str] = APART) -> Iterator[str]:
    """Yield what is wrong with a journal that is to hold the same rows as another, apart from some of their keys."""
    name = one.name.removesuffix(".jsonl")
    if not one.is_file():
        yield f"{one.name}: missing"
        return
    rows, expected = list(read(one)), {key_of(row): row for row in read(other)}
    keys = [key_of(row) for row in rows]
    if len(set(keys)) < len(keys):
        yield f"{name}: {len(keys) - len(set(keys))} rows twice"
    if keys != sorted(keys):
        yield f"{name}: not sorted"
    held = {key_of(row): row for row in rows}
    for what, found in (("missing", expected.keys() - held.keys()), ("too many", held.keys() - expected.keys())):
        if found:
            first = min(found)
            yield f"{name}: {len(found)} row{'s' * (len(found) > 1)} {what} ({first[0]}, sample {first[1]})"
    both = expected.keys() & held.keys()
    other_rows = [key for key in both if _without(held[key], apart) != _without(expected[key], apart)]
    if other_rows:
        first = min(other_rows)
        yield f"{name}: {len(other_rows)} rows of other content ({first[0]}, sample {first[1]})"


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a journal that are whole; a torn or corrupt line is none."""
    for line in path.read_bytes().splitlines(keepends=True) if path.is_file() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if line.endswith(b"\n") and isinstance(row, dict):
            yield row


def key_of(row: Row) -> tuple[str, int]:
    """Return (id, sample); a row without either has a key of its own."""
    return str(row.get("id", row)), int(row.get("sample", 0))


def kept(path: Path) -> dict[tuple[str, int], Row]:
    """Return the whole rows of a journal as they lie there now: what is on disk must not be lost from here on."""
    return {key_of(row): row for row in read(path)}


def lost(before: dict[tuple[str, int], Row], path: Path) -> int:
    """Return how many rows that were on disk are gone or of other content now."""
    now = kept(path)
    return sum(key not in now or _without(now[key], APART) != _without(row, APART) for key, row in before.items())


def _without(row: Row, keys: set[str]) -> Row:
    return {key: value for key, value in row.items() if key not in keys}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _dateless(value: Any) -> Any:
    """Return a part of a summary without dates."""
    if isinstance(value, dict):
        return {key: _dateless(content) for key, content in value.items() if key != "date"}
    return [_dateless(item) for item in value] if isinstance(value, list) else value
