"""pin: copy the hub revisions that a run resolved into the recipe's YAML, so that the next run reads the same rows.

    python -m launch.pin --recipe=recipes/sky_t1_preview --run=runs/sky_t1_preview        (make pin)

    repo: AI-MO/NuminaMath-CoT          ->  repo: AI-MO/NuminaMath-CoT
    revision: null                          revision: "9d8d210c..."

Only what stands after `revision:` changes, in the mapping that names the repository (`repo:`, or `from_dataset:` of
eval.yaml's system prompt); comments and order stay. A recipe that extends another is pinned in the file in which the
`revision:` stands that it reads: where that is the parent's, it is pinned for all that extend it. A repository that no file
names (a source's default), or names without a `revision:`, is told with the lines to add. Running on with the pinned YAML is
no change: the revisions are the same. Not covered: the sets of the regression check, which lm-eval reads as they are.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from data_gen.cli import UserError, command
from data_gen.journal import write_text
from data_gen.layers import Layers, read_layers
from data_gen.manifest import read_manifest
from data_gen.recipe import find_recipe
from data_gen.run_folder import Run
from data_gen.yaml_schema import parse_yaml

NULL = "tag:yaml.org,2002:null"
NAMES = ("repo", "from_dataset")  # keys whose value is a repository
Place = tuple[str | int, ...]  # the keys that lead to a mapping


def main(recipe: str, run: str) -> None:
    """Write the revisions in the run's manifest into data.yaml and eval.yaml, where they say null.

    In a recipe that extends another, into the file in which the `revision:` stands, be it the parent's.
    """
    folder = find_recipe(recipe)
    manifest = read_manifest(Run(Path(run)))
    found = {"data.yaml": manifest["stages"].get("collect", {}).get("revisions", {}), "eval.yaml": evaluated(manifest)}
    if not any(found.values()):
        raise UserError(f"{run}: no revisions in its manifest: nothing was read from a hub yet (`make data` does)")
    for name, revisions in found.items():
        path = folder / name
        if path.is_file() and revisions:
            for written in pin(path, revisions):
                print(f"{written}: written")
            layers = read_layers(path)
            there = {(repo, keys.get("revision")) for _, repo, keys in named(layers.content)}
            left = [repo for repo, revision in revisions.items() if (repo, revision) not in there]
            print(f"{path}: {len(revisions) - len(left)} of {len(revisions)} revisions stand in it{_above(layers)}")
            for repo in left:
                print(f"  {advice(layers, repo, revisions[repo])}")


def evaluated(manifest: dict[str, Any]) -> dict[str, str]:
    """Return {repo: revision} of what evaluation read: benchmarks, and the system prompt of a published dataset."""
    revisions: dict[str, str] = {}
    for entry in manifest.get("benchmarks", {}).values():
        revisions |= entry.get("sources") or ({entry["repo"]: entry["revision"]} if entry.get("repo") else {})
    prompt = manifest.get("system_prompt") or {}
    return revisions | ({prompt["repo"]: prompt["revision"]} if prompt.get("revision") else {})


def pin(path: Path, revisions: dict[str, str]) -> list[Path]:
    """Set the null revisions of a YAML, each in the file in which it stands, and return the files that were written."""
    layers = read_layers(path)
    wanted: dict[Path, list[Place]] = {}
    for place, repo, keys in named(layers.content):
        if repo in revisions and keys.get("revision", "") is None:
            holds = next((file for file, content in layers.files if _has(content, (*place, "revision"))), None)
            if holds is not None:
                wanted.setdefault(holds, []).append(place)
    for file, places in wanted.items():
        text = file.read_text(encoding="utf-8")
        write_text(
            file, pinned(text, {place: revisions[repo] for place, repo, _ in named(layers.content) if place in places})
        )
    return list(wanted)


def pinned(text: str, revisions: dict[Place, str]) -> str:
    """Return a YAML text with the null `revision` of the mappings at these places set."""
    marks: dict[int, tuple[int, str]] = {}
    for place, keys in _mappings(yaml.compose(text, Loader=yaml.SafeLoader)):
        value = keys.get("revision")
        if place in revisions and value is not None and value.tag == NULL:
            marks[value.start_mark.index] = (value.end_mark.index, revisions[place])
    for start, (end, revision) in sorted(marks.items(), reverse=True):
        gap = " " if text[start - 1] == ":" else ""  # nothing stood after the colon
        text = f'{text[:start]}{gap}"{revision}"{text[end:]}'  # quoted: digits and an e are a number in YAML
    parse_yaml(text)
    return text


def advice(layers: Layers, repo: str, revision: str) -> str:
    """Return what to do about a repository whose revision does not stand in a YAML."""
    for place, one, keys in named(layers.content):
        if one == repo and keys.get("revision"):
            return f"{repo}: pinned there to {keys['revision']} already; the run read {revision}"
        if one == repo:
            return f'{repo}: named under {".".join(map(str, place))} without a revision: add there  revision: "{revision}"'
    return f'{repo}: not named there: add  repo: {repo}  and  revision: "{revision}"'


def named(content: Any, place: Place = ()) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """Yield (place, repository, keys) of every mapping that names a repository."""
    keys = content if isinstance(content, dict) else {}
    if repo := next((keys[name] for name in NAMES if isinstance(keys.get(name), str)), None):
        yield place, repo, keys
    for key, value in _items(content):
        yield from named(value, (*place, key))


def _mappings(node: yaml.Node | None, place: Place = ()) -> Iterator[tuple[Place, dict[str, yaml.Node]]]:
    """Yield (place, keys with their nodes) of every mapping of a text."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _mappings(item, (*place, number))
    if isinstance(node, yaml.MappingNode):
        keys = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        yield place, keys
        for key, value in keys.items():
            yield from _mappings(value, (*place, key))


def _items(content: Any) -> Collection[tuple[str | int, Any]]:
    return (
        list(content.items()) if isinstance(content, dict) else list(enumerate(content)) if isinstance(content, list) else []
    )


def _has(content: Any, place: Place) -> bool:
    for key in place:
        items = dict(_items(content))
        if key not in items:
            return False
        content = items[key]
    return True


def _above(layers: Layers) -> str:
    above = [str(file) for file, _ in layers.files[1:]]
    return f" and in {', '.join(above)}, which it extends" if above else ""


if __name__ == "__main__":
    command(main)
