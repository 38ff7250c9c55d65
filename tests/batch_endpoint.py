"""A scripted endpoint with a Batch API: files and batches, in memory, over real HTTP.

    with BatchEndpoint(lambda body: answer("4"), polls=2) as endpoint:
        ...  # endpoint.url, endpoint.submitted (custom_id -> how often), endpoint.calls, endpoint.keys, endpoint.headers

A batch is completed when it was looked at `polls` times. A script gets the body of one request and returns what
`tests.endpoint` returns for one, or None: then no line of the results is about it. What goes wrong is said by:

- `ends`, the status that each new batch comes to: `completed` where the list is used up; `expired` and `cancelled` with half
  of it answered; `failed`; `full`, which fails with `token_limit_exceeded`; `broken`, which fails with half of it answered.
- `faults`, by call (upload, create, list, look, download): replies to give before the true ones. None drops the connection,
  `DROP` acts and then drops it, `GOOD` is no fault, `raw` is what is sent instead of HTTP.
- `served`, a function of a result file: what a download of it gives.
"""

import contextlib
import email
import email.policy
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.endpoint import Reply, Script, Served

DROP: Reply = (0, {}, b"")  # the call is carried out, but its answer never comes
GOOD: Reply = (1, {}, b"")
RAW = 2


def raw(content: bytes) -> Reply:
    """Return a fault that sends these bytes as they are and closes the connection."""
    return RAW, {}, content


class BatchEndpoint(Served):
    """The server as a context."""

    def __init__(self, script: Script, polls: int = 2, ends: list[str] | None = None, page: int = 100) -> None:
        self.script, self.polls, self.ends, self.page = script, polls, ends or [], page
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.looks: Counter[str] = Counter()
        self.submitted: Counter[str] = Counter()  # by custom_id, in batches that were accepted
        self.calls: list[str] = []
        self.keys: set[str] = set()
        self.headers: dict[str, set[str]] = {}  # what was sent, by name in small letters
        self.faults: dict[str, list[Reply]] = {}
        self.extra: list[bytes] = []  # lines that the output of each batch has besides
        self.served: Callable[[bytes], bytes] = lambda content: content
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet: 40 ms less a call

            def do_GET(self) -> None:
                self._reply(b"")

            def do_POST(self) -> None:
                self._reply(self.rfile.read(int(self.headers["Content-Length"])))

            def _reply(self, body: bytes) -> None:
                endpoint.keys.add(self.headers.get("Authorization", ""))
                for name, value in self.headers.items():
                    endpoint.headers.setdefault(name.lower(), set()).add(value)
                with endpoint._lock:
                    reply = endpoint._answer(self.command, self.path, self.headers.get("Content-Type", ""), body)
                if reply is None:
                    self.close_connection = True
                    return
                code, headers, content = reply
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client was killed
                    if code == RAW:
                        self.wfile.write(content)
                        self.wfile.flush()
                        self.close_connection = True
                        return
                    self.send_response(code)
                    for name, value in headers.items():
                        self.send_header(name.replace("_", "-"), value)
                    self.send_header("Content-Length", headers.get("X-Length", str(len(content))))
                    self.end_headers()
                    self.wfile.write(content)
                    self.wfile.flush()
                self.close_connection |= "X-Length" in headers  # cut off

            def log_message(self, *args: Any) -> None:
                pass

        self.serve(Handler)

    def _answer(self, method: str, path: str, kind: str, body: bytes) -> Reply:
        path, _, query = path.removeprefix("/v1").partition("?")
        call = {"/files": "upload", "/batches": "create" if method == "POST" else "list"}.get(path, path.split("/")[1])
        call = {"files": "download", "batches": "look"}.get(call, call)
        self.calls.append(call)
        waiting = self.faults.get(call, [])
        fault = waiting.pop(0) if waiting else GOOD
        if fault is not GOOD and fault is not DROP:
            return fault
        reply = self._act(call, path, query, kind, body)
        return None if fault is DROP else reply

    def _act(self, call: str, path: str, query: str, kind: str, body: bytes) -> Reply:
        name = path.split("/")[2] if path.count("/") > 1 else ""
        if call == "upload":
            return said(self._upload(kind, body))
        if call == "create":
            return said(self._create(json.loads(body)))
        if call == "list":
            return said(self._list(query))
        if call == "look" and name in self.batches:
            return said(self._look(self.batches[name]))
        if call == "download" and name in self.files:
            return 200, {"Content-Type": "application/octet-stream"}, self.served(self.files[name])
        return 404, {"Content-Type": "application/json"}, json.dumps({"error": {"message": f"no {name}"}}).encode()

    def _upload(self, kind: str, body: bytes) -> dict[str, Any]:
        form = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        assert parts["purpose"].get_content().strip() == "batch"
        name = f"file-in-{len(self.files)}"
        # The part's bytes as they were sent: the email package would mend line ends and encodings.
        (content,) = re.findall(rb'name="file"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--', body, re.DOTALL)
        self.files[name] = content
        self.names[name] = str(parts["file"].get_filename())
        return {"id": name, "object": "file", "bytes": len(content), "created_at": 1, "filename": self.names[name],
                "purpose": "batch", "status": "processed"}  # fmt: skip

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["endpoint"] == "/v1/chat/completions"
        assert asked["completion_window"] == "24h"
        name = f"batch_{len(self.batches)}"
        end = self.ends.pop(0) if self.ends else "completed"
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        ids = [line["custom_id"] for line in lines]
        assert len(set(ids)) == len(ids)
        assert all((line["method"], line["url"]) == ("POST", "/v1/chat/completions") for line in lines)
        if end not in ("failed", "full"):
            self.submitted.update(ids)
        self.batches[name] = {
            "id": name, "object": "batch", "endpoint": asked["endpoint"], "completion_window": "24h",
            "input_file_id": asked["input_file_id"], "metadata": asked.get("metadata"), "status": "validating",
            "created_at": 1000 + len(self.batches), "output_file_id": None, "error_file_id": None, "errors": None,
            "request_counts": {"total": len(ids), "completed": 0, "failed": 0}, "end": end,
        }  # fmt: skip
        return self.batches[name]

    def _list(self, query: str) -> dict[str, Any]:
        newest_first = list(reversed(self.batches.values()))
        after = re.search(r"after=(\w+)", query)
        start = 1 + [batch["id"] for batch in newest_first].index(after.group(1)) if after else 0
        data = newest_first[start : start + self.page]
        return {"object": "list", "data": data, "has_more": start + self.page < len(newest_first)}

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        self.looks[batch["id"]] += 1
        if batch["status"] in ("validating", "in_progress"):
            batch["status"] = "in_progress"
            if self.looks[batch["id"]] >= self.polls:
                self._finish(batch)
        return batch

    def _finish(self, batch: dict[str, Any]) -> None:
        batch["status"] = "failed" if batch["end"] in ("full", "broken") else batch["end"]
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        faults = {
            "full": {"code": "token_limit_exceeded", "message": "Enqueued token limit reached for m. Limit: 5"},
            "failed": {"code": "invalid_json_line", "message": f"line 1 is bad {'/'.join(sorted(self.keys))}"},
        }
        if batch["end"] in faults:
            batch["errors"] = {"object": "list", "data": [{**faults[batch["end"]], "line": None, "param": None}]}
        else:
            unfinished = lines[len(lines) // 2 :] if batch["end"] in ("expired", "cancelled", "broken") else []
            outcomes = [(line, self.script(line["body"])) for line in lines if line not in unfinished]
            results = [result(line, reply) for line, reply in outcomes if reply is not None]
            good = [row for row in results if row["response"]["status_code"] == 200]
            bad = [row for row in results if row["response"]["status_code"] != 200]
            told = {"code": f"batch_{batch['end']}", "message": "This request could not be executed"}
            if batch["status"] != "failed":
                bad += [{"id": "r", "custom_id": line["custom_id"], "response": None, "error": told} for line in unfinished]
            name = batch["id"].removeprefix("batch_")
            for kind, rows in (("output", list(reversed(good))), ("error", bad)):
                if rows or kind == "output":
                    content = [json.dumps(row).encode() for row in rows] + (self.extra if kind == "output" else [])
                    self.files[f"file-{kind}-{name}"] = b"".join(line + b"\n" for line in content)
                    batch[f"{kind}_file_id"] = f"file-{kind}-{name}"
            batch["request_counts"] = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        batch[f"{batch['status']}_at"] = batch["created_at"] + 60


def said(row: dict[str, Any]) -> Reply:
    """Return an object as the API gives it."""
    return 200, {"Content-Type": "application/json"}, json.dumps({k: v for k, v in row.items() if k != "end"}).encode()


def result(line: dict[str, Any], reply: Reply) -> dict[str, Any]:
    """Return the line of a result file for a request that got `reply`."""
    assert reply is not None
    code, _, content = reply
    try:
        body = json.loads(content)
    except ValueError:
        body = content.decode()
    response = {"status_code": code, "request_id": "r", "body": body}
    return {"id": "batch_req", "custom_id": line["custom_id"], "response": response, "error": None}
