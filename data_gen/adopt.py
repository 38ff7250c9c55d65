"""adopt: a dataset that others published becomes the run's mixture, in place of the stages up to mix.

    python -m data_gen.adopt --run=runs/sky17k --repo=NovaSky-AI/Sky-T1_data_17k [--recipe=recipes/x [--config=NAME]]
    python -m data_gen.adopt --run=runs/sky17k --path=Sky-T1_data_17k.json
    python -m data_gen.export --recipe=recipes/x --run=runs/sky17k

    {"system": "...", "conversations": [{"from": "user", "value": "..."}, {"from": "assistant", "value": "<|begin_of_..."}]}

Reads ShareGPT rows of one question and one answer and writes 05_mixture.jsonl, ids by row number. Dropped, counted and
listed in 05_mixture.errors.jsonl: `duplicate` (both texts are an earlier row's), `turns` (not one user and one assistant),
`empty`, `form` (not a thought and a solution between the tags; white space around them is set to ours). With --recipe rows
are measured with its student's prompt and template, and those `over_cutoff` dropped. The rows' own system prompt, where all
share one, goes to data/system_prompt.txt, which a recipe's `student.system_prompt` can name. A .json array is held in
memory, other formats are not.

Not covered: nothing is verified, deduplicated by likeness or decontaminated; the card says so. Not run by us: the published
17k itself, for want of a hub; the tests adopt a synthetic file of its shape, 16,401 rows of which 15,586 are unique.
"""

import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.adopting import Adopting
from data_gen.cli import ConfigError, UserError, command
from data_gen.journal import write_rows
from data_gen.manifest import file_hash, read_manifest
from data_gen.prompts import student_system
from data_gen.recipe import load_recipe
from data_gen.records import Row
from data_gen.run_folder import Run, errors_of
from data_gen.sources import row_files
from data_gen.sources.hub import Published, paths
from data_gen.stage import Stage

FILES = ["data/train-*.parquet"]  # of a dataset as export and datasets' push_to_hub lay it out
# The original's one file, by its name in https://github.com/NovaSky-AI/SkyThought/issues/33.
KNOWN_FILES = {"NovaSky-AI/Sky-T1_data_17k": ["Sky-T1_data_17k.json"]}


def main(
    run: str,
    path: str | None = None,
    repo: str | None = None,
    revision: str | None = None,
    files: str | None = None,
    recipe: str | None = None,
    config: str | None = None,
    license: str | None = None,
) -> None:
    """Adopt --path, a local file or folder, or --repo of the hub. `files`: patterns of its data files, comma-separated;
    `license`: the licence of rows that name none; `recipe` and `config`: measure rows, and drop those over the cutoff."""
    if bool(path) == bool(repo):
        raise ConfigError("one of --path and --repo is needed (make adopt: FROM=file or FROM=owner/name)")
    if repo and not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise ConfigError(f"{repo}: no such file or folder here, and no owner/name of a hub")
    if path is not None and not Path(path).exists():
        raise ConfigError(f"--path={path}: no such file or folder")
    folder = Run(Path(run))
    patterns = files.split(",") if files else KNOWN_FILES.get(repo or "", FILES)
    published = Published(path=path, repo=repo, revision=revision, files=patterns)
    known = read_manifest(folder)["stages"].get("mix", {}).get("revisions", {})
    with _asked_for(repo):
        published = published.resolved(known)
        local = published.local_files(Path())
    recipe_ = load_recipe(recipe) if recipe else None
    training = train_env.read_training(config or recipe_.training_config) if recipe_ else None
    system = student_system(recipe_) if recipe_ else None
    name = repo or Path(str(path)).name
    settings: dict[str, Any] = {
        "adopt": {"name": name, "revision": published.revision, "files": patterns, "license": license},
        "student": {"system_prompt": system},
        "training": training.measures if training else None,
    }
    with Stage(folder, "mix", settings, local, [folder.mixture]) as stage:
        if stage.finished:
            return
        stage.record["revisions"] = published.revisions()
        stage.save()
        adopting = Adopting(name, license)
        waiting = folder.data / ".05_mixture.adopted.jsonl"
        write_rows(waiting, adopting.rows(_rows(published)))
        adopting.tell(repo)
        adopting.write_system_prompt(folder.data / "system_prompt.txt", system)
        lengths = _measured(training, system, waiting)
        cutoff = training.cutoff_len if training else 0
        write_rows(folder.mixture, adopting.within(waiting, lengths, cutoff))
        write_rows(errors_of(folder.mixture), (failure.row() for failure in adopting.dropped))
        waiting.unlink()
        stage.record["sha256"] = file_hash(folder.mixture)
        stage.record["adopted"] = adopting.counts()
        stage.funnel(adopting.tally.total, adopting.tally.kept, adopting.tally.reasons, "rows", adopting.tally.by_source)


def _rows(published: Published) -> Iterator[Row]:
    with _asked_for(published.repo):
        for path in paths(published, Path(), published.patterns()):
            yield from row_files.read(path, ["conversations"])


@contextmanager
def _asked_for(repo: str | None) -> Iterator[None]:
    """Tell in this command's options what is to be done where the rows cannot be had: then nothing was counted."""
    try:
        yield
    except UserError as error:
        text = re.sub(r"`(path|files|repo|revision):`", r"--\1", str(error))
        raise UserError(f"not run: {text}" if repo else text) from error


def _measured(training: train_env.Training | None, system: str | None, rows: Path) -> "array[int] | None":
    """Return the tokens of every row, whole and rendered, or None where they are not measured."""
    if training is None or system is None or not train_env.PYTHON.is_file():
        print("adopt: lengths not measured: that takes --recipe, its training YAML and .venv-train")
        return None
    counted = rows.with_name(".05_mixture.lengths")
    train_env.count_lengths(training, system, rows, counted)
    with counted.open(encoding="utf-8") as lines:
        lengths = array("I", map(int, lines))
    counted.unlink()
    return lengths


if __name__ == "__main__":
    command(main)
