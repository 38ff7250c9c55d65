"""A hub to push to: a server on this machine that answers as the real one does, and a run that may be pushed.

with pushed_to(tmp_path / "home") as environment:       # HF_ENDPOINT, HF_HOME, HF_TOKEN
    command("launch.publish", f"--run={finished_run(tmp_path / 'run')}", "--repo=o/n", **environment)
Hub.files, Hub.seen, Hub.created                        -> what the repository holds, what was asked with which key
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.trained_run import edit, trained_run, write

TOKEN = "hf_not_a_real_one"
SHA = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """What pushing small files takes. `files` is the repository's content, `seen` holds (method, path, authorization)."""

    files: dict[str, bytes] = {}
    seen: list[tuple[str, str, str | None]] = []
    refuse: int | None = None
    private = False
    created: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        self.seen.append((self.command, path, self.headers.get("Authorization")))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.refuse:
            self.reply({"error": f"no entry for {TOKEN}"}, self.refuse)
        elif path == "/api/repos/create":
            self.created.append(json.loads(body))
            self.reply({"url": f"http://{self.headers['Host']}/datasets/o/n"})
        elif path == "/api/validate-yaml":
            self.reply({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            asked = json.loads(body)["files"]
            known = {name: git_hash(content) for name, content in self.files.items()}
            told = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False, "oid": known.get(f["path"])}
                for f in asked
            ]
            self.reply({"files": told})
        elif "/commit/" in path:
            for line in body.splitlines():
                self.apply(**json.loads(line))
            url = f"http://{self.headers['Host']}/datasets/o/n/commit/{SHA}"
            self.reply({"commitUrl": url, "commitOid": SHA, "success": True})
        elif "/tree/" in path:
            self.reply([{"type": "file", "path": p, "size": len(c), "oid": git_hash(c)} for p, c in self.files.items()])
        else:
            listed = [{"rfilename": name} for name in self.files]
            self.reply({"id": "o/n", "sha": SHA, "private": self.private, "siblings": listed})

    def apply(self, key: str, value: dict[str, Any]) -> None:
        if key == "file":
            self.files[value["path"]] = base64.b64decode(value["content"])
        elif key == "deletedFile":
            del self.files[value["path"]]

    def reply(self, content: Any, status: int = 200) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def pushed_to(home: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a process that takes a server on this machine for the hub, and `home` for its login."""
    Hub.files, Hub.seen, Hub.created, Hub.refuse, Hub.private = {}, [], [], None, False
    home.mkdir()
    (home / "token").write_text("of-a-login")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(home), "HF_TOKEN": TOKEN}
        server.shutdown()


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def finished_run(run: Path) -> Path:
    """Write a run with a dataset and two models, one finished."""
    trained_run(run)
    made = {"data/train-00000-of-00001.parquet": "PAR1", "dataset_info.json": "{}", "manifest.json": "{}"}
    write(run / "dataset", made)
    write(run / "model/killed", {"config.json": "{}"})
    edit(run, "train killed", finished=False)
    return run
