"""The table of faults: what was done, what the user saw, what was lost, how it went on; and docs/reliability.md.

    | fault | what the user saw | what was lost | how it went on |
    | HTTP 500, every 5th request | `generate in 96 kept 96 traces` | nothing; 19 of 96 requests asked again | exit 0; ... |

A row whose outcome is other than promised says so in its last cell, in bold.
"""

import datetime
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bench.faults_commands import ROOT
from data_gen.journal import write_text

PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- faults table: made by bench/faults.py -->\n", "<!-- end of faults table -->\n"
HEAD = "| fault | what the user saw | what was lost | how it went on |\n|---|---|---|---|\n"
NEW_PAGE = "# Reliability\n\n## Faults, injected and measured\n\n"


@dataclass(frozen=True)
class Line:
    """What came of one fault."""

    name: str
    kind: str
    what: str
    saw: list[str]
    lost: list[str]
    went: list[str]
    broken: list[str]
    seconds: float
    commit: str = "unknown"  # of the code that went through it

    def row(self) -> dict[str, object]:
        """Return it as a plain object."""
        return asdict(self)

    @property
    def cells(self) -> list[str]:
        """Return the cells of its row."""
        went = "; ".join(one for one in self.went if one)
        if self.broken:
            went = f"**not as promised: {'; '.join(self.broken)}** {went}"
        return [self.what, "<br>".join(_quoted(line) for line in self.saw), "; ".join(one for one in self.lost if one), went]


def _quoted(line: str) -> str:
    return f"`{line.replace('`', chr(39))}`"


def cell(text: str) -> str:
    """Return a text that stays within its cell."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def table(lines: list[Line]) -> str:
    """Return the faults as Markdown, a table for each kind."""
    parts = []
    for kind in dict.fromkeys(line.kind for line in lines):
        rows = [line for line in lines if line.kind == kind]
        told = "".join(f"| {' | '.join(map(cell, line.cells))} |\n" for line in rows)
        parts.append(f"**{kind}** ({len(rows)})\n\n{HEAD}{told}")
    return "\n".join(parts)


HOW = """\
Each fault happens to a copy of a small quickstart ({scale}): the real teacher behind vLLM, LLaMA-Factory's training, the
evaluation, the report. Then the same command is given again, and the files are compared with those of a run that was left
alone: journals as sets of (id, sample), each row apart from its seconds; 05_mixture and the dataset byte for byte; losses
and weights exactly; scores and the report's numbers. A proxy remembers what the model said, so that all runs get the same
answers.
"""


def section(lines: list[Line], scale: str, not_run: Sequence[str] = ()) -> str:
    """Return what stands between the page's comments; `scale` says how small the run was, `not_run` what was left out."""
    broken = [line.name for line in lines if line.broken]
    kept = "all as promised" if not broken else f"{len(broken)} not as promised ({', '.join(broken)})"
    memory = psutil.virtual_memory().total / (1 << 30)
    machine = f"{os.cpu_count()} cores of an {processor()}, {memory:.0f} GiB of memory, no GPU"
    commits = ", ".join(f"`{one}`" for one in dict.fromkeys(line.commit for line in lines))
    head = (
        f"**{len(lines)} faults, {kept}.** Measured on {datetime.date.today().isoformat()} at commit {commits}, "
        f"on {machine}, by `python -m bench.faults --write`.\n\n"
    )
    left_out = f"\nNot run: {', '.join(not_run)}.\n" if not_run else ""
    return f"{head}{HOW.format(scale=scale)}\n{table(lines)}{left_out}\n"


def processor() -> str:
    """Return the processor's name as the kernel gives it."""
    told = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return told[1] if told else "unknown processor"


def commit() -> str:
    """Return the commit, with a mark where the tree differs from it."""
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown"


def put(page: str, between: str) -> str:
    """Return a page with this between its two comments; a page without them gets them at its end."""
    if BEGIN not in page or END not in page:
        page = f"{page.rstrip()}\n\n{BEGIN}{END}" if page.strip() else f"{NEW_PAGE}{BEGIN}{END}"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{between}{END}{after}"


def write(lines: list[Line], scale: str, not_run: Sequence[str] = ()) -> None:
    """Write the section into docs/reliability.md."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    write_text(PAGE, put(page, section(lines, scale, not_run)))
