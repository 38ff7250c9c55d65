"""pin: copy the hub revisions that a run resolved into the recipe's YAML, so that the next run reads the same rows.

    python -m launch.pin --recipe=recipes/sky_t1_preview --run=runs/sky_t1_preview        (make pin)

    repo: AI-MO/NuminaMath-CoT          ->  repo: AI-MO/NuminaMath-CoT
    revision: null                          revision: "9d8d210c..."

Only the word after `revision:` changes; comments and order stay. A repository that the YAML does not name (a source's
default) is told, with the lines to add. Running on with the pinned YAML is no change: the revisions are the same.
"""

import re
from pathlib import Path

from data_gen.cli import UserError, command
from data_gen.journal import write_text
from data_gen.recipe import find_recipe
from data_gen.run_folder import Run
from data_gen.stage import read_manifest
from data_gen.yaml_schema import parse_yaml


def main(recipe: str, run: str) -> None:
    """Write the revisions in the run's manifest into data.yaml and eval.yaml, where they say null."""
    folder = find_recipe(recipe)
    manifest = read_manifest(Run(Path(run)))
    collected = manifest["stages"].get("collect", {}).get("revisions", {})
    benchmarks = {entry["repo"]: entry["revision"] for entry in manifest.get("benchmarks", {}).values() if entry.get("repo")}
    if not collected and not benchmarks:
        raise UserError(f"{run}: no revisions in its manifest: nothing was read from a hub yet (`make data` does)")
    for name, revisions in (("data.yaml", collected), ("eval.yaml", benchmarks)):
        path = folder / name
        if path.is_file() and revisions:
            text = path.read_text(encoding="utf-8")
            new, left = pinned(text, revisions)
            if new != text:
                write_text(path, new)
            print(f"{path}: {len(revisions) - len(left)} of {len(revisions)} revisions stand in it")
            for repo in left:
                print(f"  not named there: add  repo: {repo}  and  revision: {revisions[repo]}")


def pinned(text: str, revisions: dict[str, str]) -> tuple[str, list[str]]:
    """Return a YAML text with its null revisions set, and the repositories that it does not name.

    The `revision: null` that belongs to a repository is the first after its `repo:` and before the next one.
    """
    left = []
    for repo, revision in revisions.items():
        its_own = r"(?:(?!\brepo:)[\s\S])*?"
        named = re.compile(rf"(\brepo:\s*[\"']?{re.escape(repo)}[\"']?(?![\w/.-]){its_own}\brevision:\s*)(?:null|~)")
        text = named.sub(rf'\g<1>"{revision}"', text)  # quoted: digits and an e are a number in YAML
        if revision not in text:
            left.append(repo)
    parse_yaml(text)
    return text, left


if __name__ == "__main__":
    command(main)
