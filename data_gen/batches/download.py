"""The result files of a batch: on the disk only when they are whole, and without the key.

    paths = await fetch(api, log, batch, remote)    -> [.../3f0c.output.jsonl, .../3f0c.errors.jsonl]

A download is thrown away and tried again, a bounded number of times, when a line of it is no JSON, or when the files have
fewer lines than `request_counts` says are completed and failed (openai.types.BatchRequestCounts). What is missing although
the counts agree is missing at the provider. A last line without a newline may be whole: cut short, it would be no JSON.

A line that is JSON and still cannot be read, nested too deep or with a number of thousands of digits, becomes an error line
of its request. Not seen: files that end between two lines, from a provider that sends no length and no counts.
"""

import json
import os
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

from openai.types import Batch as Remote

from data_gen.batches.api import BatchApi, finished
from data_gen.batches.journal import Batch, BatchJournal
from data_gen.lane import scrubbed
from data_gen.records import Row
from data_gen.responses import Transient

NAMED = re.compile(rb'"custom_id"\s*:\s*"(\w+)"')  # in a text that a model wrote the quotes are escaped


class Torn(Transient):
    """The results that came are not all that the provider has."""

    def __init__(self, detail: str) -> None:
        super().__init__("torn", detail)


async def fetch(api: BatchApi, log: BatchJournal, batch: Batch, remote: Remote) -> list[Path]:
    """Return the result files of a batch that is over. Raises Torn when no try gave all of them, else as BatchApi does."""
    files = {"output": remote.output_file_id, "errors": remote.error_file_id}
    paths = {log.file(batch.token, kind): file for kind, file in files.items() if file is not None}

    async def whole() -> list[Path]:
        for path, file in paths.items():
            if not path.exists():
                await _download(api, file, path)
        lines = sum(_lines(path) for path in paths)
        if lines < finished(remote):
            for path in paths:
                path.unlink()
            raise Torn(f"{lines:,} results came of {finished(remote):,} that it counts")
        return list(paths)

    return await api.tried(whole)


def read_result(line: bytes, key: str | None = None) -> Any:
    """Return what a line holds. Raises Torn where it is no JSON, a page of HTML say, or a half."""
    try:
        return json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        start = scrubbed(line.decode("utf-8", "replace"), key)[:100]
        raise Torn(f"a line is no JSON ({error}): {start!r}") from error
    except (RecursionError, ValueError) as error:
        return _unreadable(line, error)


def _unreadable(line: bytes, error: Exception) -> Row:
    named = NAMED.search(line)
    told = {"code": "unreadable", "message": f"its line cannot be read: {error}"}
    return {"custom_id": named[1].decode() if named else None, "response": None, "error": told}


async def _download(api: BatchApi, file: str, path: Path) -> None:
    """Write a result file to `path` when all its lines are there, line by line as they come."""
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as content:
            rest = b""
            async with aclosing(api.content(file)) as pieces:
                async for piece in pieces:
                    *lines, rest = (rest + piece).split(b"\n")
                    content.writelines(_kept(line, api.key) for line in lines if line.strip())
            if rest.strip():
                content.write(_kept(rest, api.key))
            content.flush()
            os.fsync(content.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _kept(line: bytes, key: str | None) -> bytes:
    """Return a line as it goes to the disk."""
    row = read_result(line, key)
    try:
        if isinstance(row, dict):
            row = {name: value if name == "custom_id" else _scrubbed(value, key) for name, value in row.items()}
        return json.dumps(row).encode() + b"\n"
    except RecursionError as error:  # deep enough for this walk only
        return json.dumps(_unreadable(line, error)).encode() + b"\n"


def _scrubbed(value: Any, key: str | None) -> Any:
    """Return a JSON value whose texts are without the key. In the raw line it might be spelt with escapes."""
    match value:
        case str():
            return scrubbed(value, key)
        case list():
            return [_scrubbed(item, key) for item in value]
        case dict():
            return {scrubbed(name, key): _scrubbed(item, key) for name, item in value.items()}
    return value


def _lines(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(1 for _ in lines)
