"""A scripted OpenAI-compatible endpoint: the one seam where tests put something in a model's place.

    with Endpoint(lambda request: answer("\\\\boxed{4}")) as endpoint:
        ...  # endpoint.url, endpoint.requests

A script gets the request's JSON and returns (status, headers, body bytes), or None to drop the connection.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Reply = tuple[int, dict[str, str], bytes] | None
Script = Callable[[dict[str, Any]], Reply]


def answer(text: str | None, finish_reason: str | None = "stop", **message: Any) -> Reply:
    """Return a well-formed chat completion."""
    body = {
        "id": "x",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def status(code: int, text: str = "no", **headers: str) -> Reply:
    """Return an HTTP error."""
    return code, {"Content-Type": "application/json", **headers}, json.dumps({"error": {"message": text}}).encode()


class Served:
    """A server of a fake, in a thread of its own, as a context."""

    def serve(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen on a free port of the loopback."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Endpoint(Served):
    """The server as a context; `requests` holds the bodies, `headers` the headers and `keys` the
    authorization it was sent."""

    def __init__(self, script: Script, delay: float = 0.0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.headers: list[dict[str, str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                endpoint.keys.append(self.headers.get("Authorization", ""))
                endpoint.headers.append(dict(self.headers))
                if delay:
                    time.sleep(delay)
                reply = script(body)
                if reply is None:
                    self.close_connection = True
                    return
                code, headers, content = reply
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client was killed
                    self.send_response(code)
                    for name, value in headers.items():
                        self.send_header(name.replace("_", "-"), value)
                    self.send_header("Content-Length", headers.get("X-Length", str(len(content))))
                    self.end_headers()
                    self.wfile.write(content)

            def handle(self) -> None:
                with contextlib.suppress(ConnectionResetError):
                    super().handle()

            def log_message(self, *args: Any) -> None:
                pass

        self.serve(Handler)
