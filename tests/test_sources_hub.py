"""A data set on a hub, a small one on this machine that speaks the real HTTP: which revision, which files, which key."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from data_gen.sources import hub_cache
from data_gen.sources.hub import HubConfig
from tests.conftest import ROOT
from tests.row_formats import LINES, ROWS

REVISION = "a" * 40
DATA = "main/train-00000-of-00001.jsonl"
TWO = {f"main/train-{part:05}-of-00002.jsonl": json.dumps(row) + "\n" for part, row in enumerate(ROWS)}  # of o/two


@pytest.mark.parametrize(
    ("keys", "known", "revisions"),
    [
        ({"repo": "o/n"}, {"o/n": REVISION, "o/other": "b"}, {"o/n": REVISION}),
        ({"repo": "o/n", "revision": "c" * 40}, {"o/n": REVISION}, {"o/n": "c" * 40}),
        ({"repo": "o/n", "path": "here.jsonl"}, {}, {}),
    ],
    ids=["of an earlier run", "of the YAML", "none of a local copy"],
)
def test_a_revision_that_is_known_is_not_asked_for(keys, known, revisions):
    assert HubConfig(**keys).resolved(known).revisions() == revisions  # no network: asking would raise


class Hub(BaseHTTPRequestHandler):
    """The three answers that reading a data set takes; `seen` holds (path, authorization) of each request."""

    seen: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        files = [{"type": "file", "path": path, "size": len(LINES), "oid": "0" * 40} for path in (DATA, "README.md")]
        about = json.dumps({"id": "o/n", "sha": REVISION, "siblings": [{"rfilename": file["path"]} for file in files]})
        replies = {
            "/api/datasets/o/n": about,
            "/api/datasets/o/n/revision/main": about,
            f"/api/datasets/o/n/tree/{REVISION}": json.dumps(files),
            f"/datasets/o/n/resolve/{REVISION}/{DATA}": LINES,
            f"/datasets/o/n/resolve/{REVISION}/README.md": LINES,
        }
        listed = [{"type": "file", "path": path, "size": len(text), "oid": "0" * 40} for path, text in TWO.items()]
        replies["/api/datasets/o/two"] = json.dumps({"id": "o/two", "sha": REVISION, "siblings": []})
        replies[f"/api/datasets/o/two/tree/{REVISION}"] = json.dumps(listed)
        replies |= {f"/datasets/o/two/resolve/{REVISION}/{path}": text for path, text in TWO.items()}
        body = replies.get(self.path.partition("?")[0])
        self.send_response(404 if body is None else 200)
        if body is None:
            self.send_header("X-Error-Code", "RepoNotFound")
        data = (body or "").encode()
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub(tmp_path) -> Iterator[dict[str, str]]:
    """Yield the environment of a process that takes a server on this machine for the hub, with a cache of its own."""
    Hub.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(tmp_path / "cache")}
        server.shutdown()


READ = """
import sys
from pathlib import Path
from data_gen.cli import UserError
from data_gen.sources import gsm8k
try:
    config = gsm8k.Gsm8kConfig(repo=sys.argv[1], files=["main/train-*"])
    config = config.resolved({sys.argv[1]: sys.argv[2]} if sys.argv[2:] else {})
    items = gsm8k.read(config, Path("recipe"))
    print(config.revision, [problem.gold for problem in (items if sys.argv[3:] != ["first"] else [next(items)])])
except UserError as error:
    print(error)
"""


def read(environment: dict[str, str], *arguments: str) -> str:
    """Read a set as a process of its own does, for the hub's client takes its environment when it is imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    command = [sys.executable, "-c", READ, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_a_published_set_is_read_at_the_revision_that_the_hub_names(hub):
    assert read(hub, "o/n") == f"{REVISION} [{{'answer': '2'}}, {{'answer': '0'}}]"


def test_what_was_fetched_is_read_again_without_a_hub(hub):
    first = read(hub, "o/n")
    asked = len(Hub.seen)
    assert read(hub | {"HF_HUB_OFFLINE": "1"}, "o/n", REVISION) == first
    assert len(Hub.seen) == asked


def test_without_a_network_an_open_revision_is_that_of_the_last_fetch(hub):
    fetch = "from huggingface_hub import snapshot_download; snapshot_download('o/n', repo_type='dataset')"
    done = subprocess.run([sys.executable, "-c", fetch], env=os.environ | hub, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert read(hub | {"HF_HUB_OFFLINE": "1"}, "o/n").startswith(REVISION)


def test_without_a_network_an_open_revision_is_that_of_our_own_last_fetch(hub):
    first = read(hub, "o/n")
    assert read(hub | {"HF_HUB_OFFLINE": "1"}, "o/n") == first


def test_a_part_of_a_set_is_never_read_as_the_whole_without_a_network(hub):
    assert read(hub, "o/two", REVISION, "first") == f"{REVISION} [{{'answer': '2'}}]"
    offline = hub | {"HF_HUB_OFFLINE": "1"}
    said = read(offline, "o/two", REVISION)
    assert said.startswith("o/two: the hub cannot be reached")
    assert "main/train-00001-of-00002.jsonl" in said
    assert "\n" not in said
    whole = read(hub, "o/two", REVISION)
    assert read(offline, "o/two", REVISION) == read(offline, "o/two") == whole == f"{REVISION} {GOLDS}"


def test_numbers_in_the_names_tell_a_part_from_the_whole_where_no_listing_was_kept(hub):
    read(hub, "o/two", REVISION, "first")
    for listing in Path(hub["HF_HOME"]).rglob("listings/*.json"):
        listing.unlink()
    assert "main/train-00001-of-00002.jsonl" in read(hub | {"HF_HUB_OFFLINE": "1"}, "o/two", REVISION)


GOLDS = [{"answer": "2"}, {"answer": "0"}]


def test_what_was_fetched_at_a_pinned_revision_asks_the_hub_for_nothing(hub):
    first = read(hub, "o/two", REVISION)
    assert read(hub | {"HF_ENDPOINT": "http://127.0.0.1:9"}, "o/two", REVISION) == first


@pytest.mark.parametrize("count_from", [0, 1])
def test_a_file_that_is_numbered_calls_for_the_others(count_from):
    every = {f"a/train-{number:05}-of-00003.parquet" for number in range(count_from, count_from + 3)}
    assert hub_cache.numbered({*every, "README.md"}) == {*every, "README.md"}
    assert hub_cache.numbered({max(every)} if count_from else {min(every)}) == every


def test_only_the_token_of_the_environment_is_sent(hub):
    for place in (Path(hub["HF_HOME"]), Path(hub["HF_HOME"]).parent):
        place.mkdir(exist_ok=True)
        (place / "token").write_text("of-a-login")
    read(hub, "o/n")
    assert {authorization for _, authorization in Hub.seen} == {None}
    Hub.seen.clear()
    read(hub | {"HF_TOKEN": "mine"}, "o/n")
    assert {authorization for path, authorization in Hub.seen if "/datasets/o/n" in path} == {"Bearer mine"}


@pytest.mark.parametrize(
    ("repo", "environment", "fault"),
    [
        ("o/missing", {}, "o/missing: no such data set, or a private one: check `repo:`, export HF_TOKEN, or set `path:`"),
        ("no name", {}, "no name: no name of a data set: `repo:` is owner/name, or set `path:`"),
        ("o/n", {"HF_ENDPOINT": "http://127.0.0.1:9"}, "o/n: the hub cannot be reached"),
        ("o/n", {"HF_HUB_OFFLINE": "1"}, "o/n: the hub cannot be reached"),
    ],
    ids=["unknown", "no name", "unreachable", "offline and never fetched"],
)
@pytest.mark.parametrize("revision", [[], [REVISION]], ids=["open", "pinned"])
def test_a_hub_that_gives_nothing_is_one_line_that_says_what_to_do(hub, repo, environment, fault, revision):
    began = time.monotonic()
    said = read(hub | environment, repo, *revision)
    assert time.monotonic() - began < 15
    assert said.startswith(fault)
    assert "\n" not in said
    assert "path:" in said
