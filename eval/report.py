"""report: what the run did, in one folder that opens from disk: index.html, report.md, summary.json. Prints the table.

    python -m eval.report --run=runs/quickstart          runs/quickstart/report/
    python -m eval.report --runs=a,b                     runs/compared/a,b/report/: runs/a and runs/b beside each other

Everything is read from the runs' own files; nothing is on a page that is not in summary.json. What was not run says so.
The traces themselves are a page of their own, in traces/ (`eval/viewer`).
The folder may be published as it is: it loads nothing from elsewhere and holds no path of this machine.
"""

import json
import re
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError, UserError, command
from data_gen.journal import write_text
from data_gen.run_folder import Run
from eval.reporting import run_page, runs_page
from eval.reporting.blocks import Page
from eval.reporting.html_page import html
from eval.reporting.markdown import markdown, markdown_table
from eval.reporting.score_tables import score_table
from eval.reporting.summary.one_run import summarize
from eval.reporting.summary.scores import results
from eval.reporting.summary.several_runs import summarize_runs

__all__ = ["main", "results", "summarize"]


def main(run: str | None = None, runs: str | None = None) -> None:
    """Write the report of a run into runs/<run>/report/ and print its table; or of several `runs`, by their names under
    runs/, beside each other."""
    if (run is None) == (runs is None):
        raise ConfigError("--run=… is needed, or --runs=a,b: one of the two; see --help")
    if run is not None:
        _one(_there(Path(run)))
    if runs is not None:
        _several([_there(named(name)) for name in re.findall(r"[^,\s]+", runs)])


def named(name: str) -> Path:
    """Return the folder of a run that is named on the command line: one of runs/, or a path."""
    return Path(name) if "/" in name else Path("runs") / name


def compared_folder(names: list[str]) -> Path:
    """Return where the comparison of runs is written."""
    return Run(Path("runs/compared") / ",".join(names)).report


def _there(folder: Path) -> Run:
    run = Run(folder)
    if not run.manifest.is_file():
        raise UserError(f"{run.folder}: no run there (no manifest.json); `make data` starts one")
    return run


def _several(runs: list[Run]) -> None:
    names = [run.name for run in runs]
    if len(runs) < 2 or len(set(names)) < len(names):
        raise ConfigError(f"--runs={','.join(names)}: two runs or more are expected, each once, by different names")
    folder = compared_folder(names)
    summary = summarize_runs(runs)
    told = runs_page.page(summary)
    _write(folder, summary, told)
    for table in (*runs_page.score_tables(summary), runs_page.difference_table(summary)):
        if table.rows:
            print(f"\n{table.caption}\n{markdown_table(table.header, table.rows)}")
    print(f"\nreport: {folder / 'index.html'}")


def _one(run: Run) -> None:
    from eval.viewer import write  # a typesetter, which the cards of models that import this module have no use for

    summary = summarize(run) | {"traces": write(run, run.report / "traces")}
    _write(run.report, summary, run_page.page(summary))
    print()
    print(score_table(summary["results"]))
    print(f"\nreport: {run.report / 'index.html'}")


def _write(folder: Path, summary: dict[str, Any], told: Page) -> None:
    write_text(folder / "summary.json", json.dumps(summary, indent=1) + "\n")
    write_text(folder / "report.md", markdown(told))
    write_text(folder / "index.html", html(told))


if __name__ == "__main__":
    command(main)
