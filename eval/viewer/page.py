"""The page's files: what is listed in data/list.js, texts and formulas in data/shard-<n>.js, and the page around them.

    write(Run(Path("runs/quickstart")), Path("runs/quickstart/report/traces"), most=2000) -> {"traces": 1200, "of": 1200}

A data file is a call with one string, `viewer.take("shard-0", "{...}")`, because a page that is opened from disk may load
scripts but not read files. The string is JSON in ASCII without `<`: nothing that a model wrote ends the string, the script
or the line, and JSON.parse knows no names that mean something. Problems are read one at a time, shards written as they fill.
The folder appears in one step when it is whole.
"""

import html
import json
import shutil
import string
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from data_gen.run_folder import Run, emptied
from eval.viewer.drawing import MOST, drawn
from eval.viewer.formulas import CUTS, found, tree
from eval.viewer.keys import Keys
from eval.viewer.showing import Showing

TEMPLATES = Path(__file__).parent / "templates"
SHARD = 1_000_000  # characters of text of a shard: what opening one trace loads
EXCERPT = 160  # characters of a question in the list
TEXTS = ("thought", "solution", "raw", "reasoning")


def write(run: Run, folder: Path, most: int = MOST) -> dict[str, int]:
    """Write the page into `folder` and return how many traces it shows, of how many; writes nothing where there are none.

    Raises UserError that names a row which cannot be read.
    """
    with Keys(run) as keys:
        drawing = drawn(keys.problems(), most)
        partial = emptied(folder)
        counts = {"traces": drawing.traces, "of": drawing.of}
        if not drawing.of:
            return counts
        shutil.copytree(TEMPLATES, partial)
        (partial / "data").mkdir()
        page = string.Template((TEMPLATES / "index.html").read_text(encoding="utf-8"))
        (partial / "index.html").write_text(page.substitute(run=_escaped(run.name)), encoding="utf-8")
        wanted = set(drawing.problems)
        showing = Showing(run)
        shown = (showing.problem(asked, keys.lines(asked.id)) for asked in keys.problems() if asked.id in wanted)
        rows = list(_shards(shown, partial / "data"))
    listed = {"run": run.name, "told": drawing.told(), "cuts": CUTS, "rows": rows}
    _put(partial / "data" / "list.js", "list", listed)
    partial.rename(folder)
    return counts


def _shards(problems: Iterator[dict[str, Any]], folder: Path) -> Iterator[list[Any]]:
    """Write problems into shards and yield a row of the list for every trace: read by `rowsOf` in list.js."""
    shard, characters = 0, 0
    held: list[dict[str, Any]] = []
    for problem in problems:
        traces = problem["traces"]
        if held and characters > SHARD:
            _put_shard(folder, shard, held)
            shard, held, characters = shard + 1, [], 0
        held.append(problem)
        characters += len(problem["question"]) + sum(len(trace[text] or "") for trace in traces for text in TEXTS)
        about = [problem["source"], problem["domain"], problem["difficulty"]]
        excerpt = " ".join(problem["question"][: 2 * EXCERPT].split())[:EXCERPT]
        for place, trace in enumerate(traces):
            what = [trace[name] for name in ("sample", "state", "reason", "tier", "mixture", "length")]
            yield [problem["id"], *what, *about, len(traces), shard, len(held) - 1, place, excerpt if not place else ""]
    if held:
        _put_shard(folder, shard, held)


def _put_shard(folder: Path, number: int, problems: list[dict[str, Any]]) -> None:
    """Write a shard: its problems and the MathML of all formulas in them, each once."""
    formulas: dict[str, list[Any]] = {}
    for problem in problems:
        texts = [problem["question"], *(trace[text] or "" for trace in problem["traces"] for text in TEXTS)]
        given = (problem["answer"], *(trace["extracted"] for trace in problem["traces"]))
        answers = ("$" + answer for answer in given if set("\\^_") & set(answer))  # others read well as they are
        for formula in chain(answers, *map(found, texts)):
            if formula not in formulas and (made := tree(formula)) is not None:
                formulas[formula] = made
    _put(folder / f"shard-{number}.js", f"shard-{number}", {"problems": problems, "formulas": list(formulas.items())})


def _put(path: Path, name: str, content: dict[str, Any]) -> None:
    """Write a data file; numbers are finite, texts may be any, lone surrogates and NUL too."""
    encoded = json.dumps(json.dumps(content, separators=(",", ":"), allow_nan=False)).replace("<", "\\u003c")
    path.write_text(f'"use strict";\nviewer.take({json.dumps(name)}, {encoded});\n', encoding="ascii")


def _escaped(text: str) -> str:
    return html.escape(text.encode("utf-8", "replace").decode())
