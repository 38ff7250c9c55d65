"""The trace viewer's data files as its page reads them: its list, its shards, and their traces.

    write(run, folder)
    listed(folder)[0]               -> ["a", 0, "right", ...]: what data/list.js says of a trace
    traces_of(folder)["a", 0]       -> {"sample": 0, "state": "right", "raw": ...}

Not covered: what the page draws of them, for which see viewed_page.py.
"""

import json
import re
from pathlib import Path
from typing import Any


def content(path: Path) -> Any:
    """Return what a data file hands to the page, read as the browser does: one call with a name and one string of JSON."""
    strict, call, end = path.read_text("ascii").split("\n")
    assert (strict, end) == ('"use strict";', "")
    called = re.fullmatch(r"viewer\.take\((.*)\);", call)
    assert called is not None
    name, text = json.loads(f"[{called[1]}]")
    assert name == path.stem
    return json.loads(text)


def listed(folder: Path) -> list[list[Any]]:
    """Return the row of every trace in the list."""
    rows: list[list[Any]] = content(folder / "data/list.js")["rows"]
    return rows


def shards(folder: Path) -> list[dict[str, Any]]:
    """Return the shards, in their order."""
    return [content(path) for path in sorted(folder.glob("data/shard-*.js"), key=lambda path: int(path.stem[6:]))]


def traces_of(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return every trace of the page by (id, sample)."""
    problems = [problem for shard in shards(folder) for problem in shard["problems"]]
    return {(problem["id"], shown["sample"]): shown for problem in problems for shown in problem["traces"]}
