"""clean: remove what can be made again without paying; never traces, journals or models unless the stage is named.

python -m launch.clean --run=runs/quickstart                    # caches and the report
python -m launch.clean --run=runs/quickstart --stage=train      # the model, and what follows it: eval and report
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from data_gen.cli import ConfigError, command
from data_gen.journal import write_text
from data_gen.manifest import edit_manifest
from data_gen.run_folder import Run, errors_of
from data_gen.stage import read_funnel


def answers_of(path: Path) -> list[Path]:
    """Return the files that a stage which pays keeps its answers in, but for those of batches: what is at the provider is
    paid for, and only they know of it."""
    beside = sorted(path.parent.glob(f"{path.stem}.*"))
    return [path, *(other for other in beside if not other.name.startswith(f"{path.stem}.batches"))]


CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")

# In pipeline order: what each stage made. Cleaning one cleans those after it.
OUTPUTS: dict[str, Callable[[Run], list[Path]]] = {
    "collect": lambda run: [run.problems, run.removed_problems, run.ready_traces, run.benchmarks],
    "label": lambda run: [run.labels, *answers_of(run.ratings), run.data / "01_labels.removed.jsonl"],
    "generate": lambda run: answers_of(run.traces),
    "rewrite": lambda run: [run.rewritten, errors_of(run.rewritten), *answers_of(run.rewrites)],
    "verify": lambda run: [run.verdicts, run.verdicts_before],
    "mix": lambda run: [run.mixture, errors_of(run.mixture), run.data / "system_prompt.txt"],
    "export": lambda run: [run.dataset],
    "train": lambda run: [run.folder / "model"],
    "merge": lambda run: sorted((run.folder / "model").glob("*-merged")),
    "eval": lambda run: [run.folder / "eval"],
    "report": lambda run: [run.report],
}


def main(run: str | None = None, stage: str | None = None) -> None:
    """Remove caches and the report, or the output of `stage` and of every stage after it. Without `run`: the only run."""
    folder = Run(Path(run)) if run else only_run()
    if stage is None:
        _remove([Path(name) for name in CACHES] + [folder.report])
        return
    if stage not in OUTPUTS:
        raise ConfigError(f"--stage={stage}: one of {', '.join(OUTPUTS)} is expected")
    names = list(OUTPUTS)[list(OUTPUTS).index(stage) :]
    for name in names:
        _remove(OUTPUTS[name](folder))
    if folder.manifest.is_file():
        with edit_manifest(folder) as manifest:
            kept = {name: row for name, row in manifest["stages"].items() if name.split()[0] not in names}
            manifest["stages"] = kept
        lines = [line for line in read_funnel(folder) if line["stage"] not in names]
        if folder.funnel.is_file():
            write_text(folder.funnel, json.dumps(lines, indent=1, ensure_ascii=False) + "\n")


def only_run() -> Run:
    """Return the run under runs/ where there is one alone. Raises ConfigError that lists them where there are more."""
    runs = sorted(path.parent for path in Path("runs").glob("**/manifest.json"))
    if len(runs) != 1:
        raise ConfigError(
            f"which run? RUN={' or RUN='.join(str(r.relative_to('runs')) for r in runs) or '… (there is none)'}"
        )
    return Run(runs[0])


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        else:
            continue
        print(f"removed {path}")


if __name__ == "__main__":
    command(main)
