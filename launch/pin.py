"""pin: copy the hub revisions that a run resolved into the recipe's YAML, so that the next run reads the same rows.

    python -m launch.pin --recipe=recipes/sky_t1_preview --run=runs/sky_t1_preview        (make pin)

    repo: AI-MO/NuminaMath-CoT          ->  repo: AI-MO/NuminaMath-CoT
    revision: null                          revision: "9d8d210c..."

Only what stands after `revision:` changes, beside the `repo:` of the same mapping; comments and order stay. A repository
that the YAML does not name (a source's default), or names without a `revision:`, is told with the lines to add. Running on
with the pinned YAML is no change: the revisions are the same. Not covered: what the recipe that it `extends` names.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from data_gen.cli import UserError, command
from data_gen.journal import write_text
from data_gen.recipe import find_recipe
from data_gen.run_folder import Run
from data_gen.stage import read_manifest
from data_gen.yaml_schema import parse_yaml, read_yaml

NULL = "tag:yaml.org,2002:null"


def main(recipe: str, run: str) -> None:
    """Write the revisions in the run's manifest into data.yaml and eval.yaml, where they say null."""
    folder = find_recipe(recipe)
    manifest = read_manifest(Run(Path(run)))
    collected = manifest["stages"].get("collect", {}).get("revisions", {})
    benchmarks: dict[str, str] = {}
    for entry in manifest.get("benchmarks", {}).values():
        benchmarks |= entry.get("sources") or ({entry["repo"]: entry["revision"]} if entry.get("repo") else {})
    if not collected and not benchmarks:
        raise UserError(f"{run}: no revisions in its manifest: nothing was read from a hub yet (`make data` does)")
    for name, revisions in (("data.yaml", collected), ("eval.yaml", benchmarks)):
        path = folder / name
        if path.is_file() and revisions:
            read_yaml(path)  # tells in one line where it is no YAML
            text = path.read_text(encoding="utf-8")
            new, left = pinned(text, revisions)
            if new != text:
                write_text(path, new)
            print(f"{path}: {len(revisions) - len(left)} of {len(revisions)} revisions stand in it")
            for repo in left:
                print(f"  {advice(new, repo, revisions[repo])}")


def pinned(text: str, revisions: dict[str, str]) -> tuple[str, list[str]]:
    """Return a YAML text with its null revisions set, and the repositories whose revision does not stand in it."""
    places: dict[int, tuple[int, str]] = {}
    for repo, keys in _named(yaml.compose(text, Loader=yaml.SafeLoader)):
        value = keys.get("revision")
        if repo in revisions and value is not None and value.tag == NULL:
            places[value.start_mark.index] = (value.end_mark.index, revisions[repo])
    for start, (end, revision) in sorted(places.items(), reverse=True):
        gap = " " if text[start - 1] == ":" else ""  # nothing stood after the colon
        text = f'{text[:start]}{gap}"{revision}"{text[end:]}'  # quoted: digits and an e are a number in YAML
    parse_yaml(text)
    there = {(repo, keys["revision"].value) for repo, keys in _named(yaml.compose(text)) if "revision" in keys}
    return text, [repo for repo, revision in revisions.items() if (repo, revision) not in there]


def advice(text: str, repo: str, revision: str) -> str:
    """Return what to do about a repository whose revision does not stand in a YAML text."""
    for named, keys in _named(yaml.compose(text)):
        if named == repo and "revision" in keys:
            return f"{repo}: pinned there to {keys['revision'].value} already; the run read {revision}"
        if named == repo:
            line = keys["repo"].start_mark.line + 1
            return f'{repo}: named in line {line} without a revision: add there  revision: "{revision}"'
    return f'{repo}: not named there: add  repo: {repo}  and  revision: "{revision}"'


def _named(node: yaml.Node | None) -> Iterator[tuple[str, dict[str, yaml.Node]]]:
    """Yield (repo, keys with their values) of every mapping that names a repository."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _named(item)
    if isinstance(node, yaml.MappingNode):
        keys = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        if isinstance(keys.get("repo"), yaml.ScalarNode):
            yield keys["repo"].value, keys
        for value in keys.values():
            yield from _named(value)


if __name__ == "__main__":
    command(main)
