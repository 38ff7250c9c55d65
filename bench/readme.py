"""Put a measured quickstart into the README: the table, and the summary.json that it is checked against.

    python -m bench.readme --run=runs/quickstart

Writes docs/quickstart_summary.json (the run's summary, with commit, date and machine) and what stands between the
README's two `quickstart table` comments. Run it on a clean commit after a whole `make quickstart` on an idle machine.
"""

import json
import os
import platform
from pathlib import Path
from typing import Any

import psutil

from data_gen.cli import UserError, command
from data_gen.config import PACKAGE
from data_gen.journal import write_text
from eval.reporting.markdown import markdown_table
from eval.reporting.score_tables import score_table

ROOT = PACKAGE.parent
BEGIN, END = "<!-- quickstart table: made by bench/readme.py -->\n", "<!-- end of quickstart table -->\n"

READING = """\
**Most of the gain is format.** `base` is the model as it comes, asked without an example: it boxes almost nothing
({base:.1f} %), and with boxes ignored (the last number of the text counts) it is right in {loose:.1f} %. The teacher's
examples in the prompt alone give {shots:.1f} %. Training on its own right answers gives {trained:.1f} % without any example:
{beyond}, and {gain:+.1f} points [{low:+.1f}, {high:+.1f}]
against the prompted base on the same problems ({test}, p = {p:.3f}).
It is one training: what another seed would give is in no interval."""


def main(run: str, total_seconds: int | None = None) -> None:
    """Write docs/quickstart_summary.json and the README's table from a run; `total_seconds`: of `make quickstart`."""
    path = Path(run) / "report" / "summary.json"
    if not path.is_file():
        raise UserError(f"{path}: no such file; `make quickstart` makes it")
    summary = json.loads(path.read_text(encoding="utf-8"))
    commit = summary["environment"]["commit"]
    if summary["unfinished"] or commit.endswith("-dirty"):
        raise UserError(f"{run}: made on {commit}, unfinished: {summary['unfinished']}; a clean, whole run is needed")
    memory = psutil.virtual_memory().total / (1 << 30)
    summary["measured"] = {
        "commit": commit,
        "date": summary["results"][0]["date"],
        "total_seconds": total_seconds,
        "machine": f"{os.cpu_count()} cores of an {_processor()}, {memory:.0f} GiB of memory, no GPU",
    }
    write_text(ROOT / "docs" / "quickstart_summary.json", json.dumps(summary, indent=1) + "\n")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_text(ROOT / "README.md", before + BEGIN + block(summary) + END + after)
    print("wrote docs/quickstart_summary.json and the README's table")


def block(summary: dict[str, Any]) -> str:
    """Return what stands between the README's two comments."""
    measured = summary["measured"]
    total = measured["total_seconds"]
    whole = f"The whole command, set-up included, took {total / 60:.1f} minutes. " if total else ""
    rates = summary["tokens_per_second"]
    seconds = [
        [stage, f"{took:,.1f}", f"{rates[stage]:,.0f}" if rates.get(stage) else ""]
        for stage, took in summary["seconds"].items()
    ]
    return (
        f"{whole}Measured on {measured['date']} at commit `{measured['commit']}`, on {measured['machine']}:\n\n"
        f"{score_table(summary['results'])}\n\n{reading(summary)}\n\n<details><summary>"
        "Seconds of each stage</summary>\n\n"
        f"{markdown_table(['stage', 'seconds', 'tokens/s'], seconds)}\n\n</details>\n"
    )


def reading(summary: dict[str, Any]) -> str:
    """Return what the table says in words: how much of the gain is format, and the paired difference of what is left."""
    by_name = {(row["model"], row["metric"]): row for row in summary["results"]}
    paired = next(row for row in summary["comparison"] if (row["model"], row["baseline"]) == ("trained", "base_few_shot"))
    base = by_name["base", "accuracy"]
    loose = by_name["base", "accuracy_last_number"]
    shots = by_name["base_few_shot", "accuracy"]
    trained = by_name["trained", "accuracy"]
    beyond = trained["ci95"][0] > loose["ci95"][1]
    told = {
        "base": 100 * base["value"],
        "loose": 100 * loose["value"],
        "shots": 100 * shots["value"],
        "trained": 100 * trained["value"],
        "gain": 100 * paired["value"],
        "low": 100 * paired["ci95"][0],
        "high": 100 * paired["ci95"][1],
        "test": paired["test"].lower().replace("mcnemar", "McNemar"),
        "p": paired["p"],
        "beyond": "more than base with boxes ignored, by intervals that do not overlap"
        if beyond
        else "no more than base with boxes ignored can be told from, since the intervals overlap",
    }
    return READING.format(**told)


def _processor() -> str:
    """Return the processor's name as the kernel gives it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    command(main)
