"""An OpenAI-compatible endpoint that answers at once: a process of its own, so fast that it is no client's limit.

    python -m bench.instant_endpoint --delay_ms=500          prints {"port": 40123}, serves until it is killed
    with instant_endpoint(delay_ms=500) as endpoint:
        ...                                                  # clients ask endpoint.url
        endpoint.stats(last=5000)                            # {"served": 5000, "seconds": 5.1, "peak_in_flight": 512, ...}

Every request gets the same chat completion, 8,000 characters of content, `delay_ms` after it came. One loop over epoll
with plain sockets: no HTTP package, one `recv` and one `send` a request. GET /stats counts what clients asked.

Not covered: chunked request bodies, and a client that sends its next request before it has read the last answer.
"""

import contextlib
import http.client
import json
import resource
import select
import socket
import subprocess
import sys
import time
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from data_gen.cli import command

CONTENT_CHARACTERS = 8_000
BACKLOG = 65_535
STATS = b"GET /stats"


def main(delay_ms: float = 0) -> None:
    """Serve on a free port of the loopback until killed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = Server(delay_ms / 1000)
    print(json.dumps({"port": server.listener.getsockname()[1]}), flush=True)
    server.serve()


def completion() -> bytes:
    """Return the response: status line, headers and the JSON of a chat completion."""
    line = 'So \\(\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6}\\), which is what "half and a third" means.\n'
    content = (line * (CONTENT_CHARACTERS // len(line) + 1))[: CONTENT_CHARACTERS - 10] + "\\boxed{56}"
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1735689600,
        "model": "instant",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "logprobs": None, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 200, "completion_tokens": 2000, "total_tokens": 2200},
    }
    return response(json.dumps(body).encode())


def response(body: bytes) -> bytes:
    """Return a whole HTTP response around a JSON body."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Server:
    """The loop, its connections and its counts."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.answer = completion()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.listener.setblocking(False)
        self.epoll = select.epoll()
        self.epoll.register(self.listener, select.EPOLLIN)
        self.connections: dict[int, socket.socket] = {}
        self.partial: dict[int, bytes] = {}  # of a request that came in pieces
        self.due: deque[tuple[float, int, socket.socket]] = deque()  # one delay for all, so they fall due in turn
        self.arrivals = array("d")  # time.monotonic() of every request: the same clock in every process of a machine
        self.last_answer = 0.0
        self.served = self.peak_connections = self.peak_in_flight = 0

    def serve(self) -> None:
        """Answer for ever."""
        listening = self.listener.fileno()
        while True:
            wait = max(0.0, self.due[0][0] - time.monotonic()) if self.due else -1
            for descriptor, _ in self.epoll.poll(wait):
                if descriptor == listening:
                    self._accept()
                else:
                    self._receive(descriptor)
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                _, descriptor, connection = self.due.popleft()
                if self.connections.get(descriptor) is connection:  # not closed meanwhile, the number taken by another
                    self._answer(descriptor, connection)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self.listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections[connection.fileno()] = connection
                self.epoll.register(connection, select.EPOLLIN)
                self.peak_connections = max(self.peak_connections, len(self.connections))

    def _close(self, descriptor: int) -> None:
        self.partial.pop(descriptor, None)
        self.connections.pop(descriptor).close()  # epoll forgets a closed socket by itself

    def _receive(self, descriptor: int) -> None:
        connection = self.connections.get(descriptor)
        if connection is None:
            return
        try:
            data = connection.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._close(descriptor)
            return
        if descriptor in self.partial:
            data = self.partial.pop(descriptor) + data
        if not whole(data):
            self.partial[descriptor] = data
        elif data.startswith(STATS):
            connection.sendall(response(json.dumps(self.stats(data)).encode()))
        else:
            now = time.monotonic()
            self.arrivals.append(now)
            self.peak_in_flight = max(self.peak_in_flight, len(self.arrivals) - self.served)
            if self.delay_s:
                self.due.append((now + self.delay_s, descriptor, connection))
            else:
                self._answer(descriptor, connection)

    def _answer(self, descriptor: int, connection: socket.socket) -> None:
        try:
            sent = connection.send(self.answer)
        except (ConnectionError, BlockingIOError):
            sent = 0
        self.served += 1
        self.last_answer = time.monotonic()
        if sent < len(self.answer):  # a client that reads its answers has room for a whole one
            self._close(descriptor)

    def stats(self, request: bytes) -> dict[str, Any]:
        """Return the counts; `?last=N` takes the time from the N-th request before the end: a warm-up is left out."""
        path = request.split(b" ", 2)[1]
        last = int(path.partition(b"last=")[2] or len(self.arrivals))
        first = self.arrivals[-last] if 0 < last <= len(self.arrivals) else None
        return {
            "served": self.served,
            "first": first,
            "last": self.last_answer,
            "seconds": self.last_answer - first if first is not None else None,
            "peak_connections": self.peak_connections,
            "peak_in_flight": self.peak_in_flight,
        }


def whole(data: bytes) -> bool:
    """Return whether a request is there to its end, by its Content-Length."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = data.lower().find(b"\r\ncontent-length:", 0, head)
    if at < 0:
        return True
    length = int(data[at + 17 : data.find(b"\r\n", at + 2)])
    return len(data) >= head + 4 + length


@dataclass(frozen=True)
class Instant:
    """A running endpoint, as its clients and its judge see it."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self, last: int | None = None) -> dict[str, Any]:
        """Return the endpoint's counts, timed over its last so many requests."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/stats" + (f"?last={last}" if last else ""))
        counts: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return counts


@contextlib.contextmanager
def instant_endpoint(delay_ms: float = 0) -> Iterator[Instant]:
    """Start the endpoint in a process of its own; stop it at the end."""
    words = [sys.executable, "-m", "bench.instant_endpoint", f"--delay_ms={delay_ms}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Instant(json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()


def own_rate(endpoint: Instant, requests: int = 20_000, connections: int = 64) -> float:
    """Return the answers a second that plain sockets get: far above what any client does, or it would be the limit."""
    body = json.dumps({"model": "instant", "messages": [{"role": "user", "content": "What is 2 + 2? " * 55}]}).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    size = len(completion())
    with contextlib.ExitStack() as opened:
        address = ("127.0.0.1", endpoint.port)
        sockets = [opened.enter_context(socket.create_connection(address)) for _ in range(connections)]
        for _ in range(requests // connections):
            for one in sockets:
                one.sendall(request)
            for one in sockets:
                missing = size
                while missing:
                    missing -= len(one.recv(missing))
    counts = endpoint.stats()
    return float(counts["served"] / counts["seconds"])


if __name__ == "__main__":
    command(main)
