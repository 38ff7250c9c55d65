"""A proxy before the real model that remembers its answers and breaks them on demand, for bench/faults.py.

    with Proxy(folder / "answers.jsonl", upstream) as proxy:
        door = proxy.open("generate-500")                   # a port of its own: what breaks here breaks nowhere else
        door.script = lambda call: Break("status", status=500) if call.attempt == 1 else None
        ...                                                 # a command asks door.url
        door.asked                                          # Counter: how often each request came

vLLM's sampling on a CPU depends on what else is in the batch, so that two runs of the same requests differ. Each request's
first answer is kept on disk and given to whoever asks the same again: with it a disturbed run can be compared byte for byte
with an undisturbed one. The answers are the real model's. A model is known by the last part of its name: the trained one
lies in another folder in every run.

Not covered: streaming, which the recipe does not use.
"""

import asyncio
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

T = TypeVar("T")
# A model's last name -> the address that serves it and its name there. May take a while: it starts a server.
Upstream = Callable[[str], tuple[str, str]]
PAGE = b"<html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"
MODEL = b'"<the model that was asked>"'  # in a remembered answer
DELAY_S = 0.1  # of every answer, so that a command is killed in its middle and not after its end


@dataclass(frozen=True)
class Call:
    """A request as a script sees it: the how manieth of this door, and the how manieth time that this very one comes."""

    request: str
    number: int
    attempt: int
    key: str


@dataclass(frozen=True)
class Break:
    """What is done to an answer instead of giving it: a name of BREAKS, and its own settings."""

    how: str
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


Script = Callable[[Call], Break | None]


def request_key(body: dict[str, Any]) -> str:
    """Return a hash of everything that decides an answer, the folder of the model's weights left out."""
    told = body | {"model": str(body["model"]).rpartition("/")[2]}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


class Door:
    """One port of the proxy. `script` says which calls break; `asked` counts the requests that came, by their hash."""

    def __init__(self, proxy: "Proxy", name: str) -> None:
        self.name, self._proxy = name, proxy
        self.script: Script = lambda call: None
        self.delay_s = DELAY_S
        self.asked: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()  # answers that were broken, by how
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def again(self) -> int:
        """Requests that came more often than once, counted without their first time."""
        return self.asked.total() - len(self.asked)

    def restart(self, after_s: float) -> None:
        """Close the port with everything open on it, and open it again after a while, as a server that is restarted."""
        self._proxy.start(self._restart(after_s))

    async def listen(self) -> None:
        application = web.Application(client_max_size=1 << 26)
        application.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def close(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _restart(self, after_s: float) -> None:
        await self.close()
        await asyncio.sleep(after_s)
        await self.listen()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        key = request_key(body)
        self.asked[key] += 1
        call = Call(key, self.asked.total(), self.asked[key], request.headers.get("Authorization", ""))
        status, content = await self._proxy.answer(key, body)
        content = content.replace(MODEL, json.dumps(body["model"]).encode())
        await asyncio.sleep(self.delay_s)
        found = self.script(call)
        if found is None:
            return web.Response(status=status, body=content, content_type="application/json")
        self.broken[found.how] += 1
        return await BREAKS[found.how](request, content, found)


class Proxy:
    """All doors, in an event loop of a thread of its own, and the answers that are known."""

    def __init__(self, known: Path, upstream: Upstream) -> None:
        self._file, self._upstream = known, upstream
        self._answers: dict[str, tuple[int, bytes]] = {}
        self._waiting: dict[str, asyncio.Future[tuple[int, bytes]]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._doors: list[Door] = []
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> "Proxy":
        for line in self._file.read_text(encoding="utf-8").splitlines() if self._file.is_file() else []:
            row = json.loads(line)
            self._answers[row["request"]] = row["status"], row["body"].encode()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, name: str) -> Door:
        """Open a door; it is closed with the proxy, or by `shut`."""
        door = Door(self, name)
        self.wait(door.listen())
        self._doors.append(door)
        return door

    def shut(self, door: Door) -> None:
        """Close a door."""
        self.wait(door.close())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the proxy's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin a coroutine in the proxy's loop."""
        asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _close(self) -> None:
        for door in self._doors:
            await door.close()
        if self._session is not None:
            await self._session.close()

    async def answer(self, key: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Return the status and body of the model's answer, asked once and then remembered."""
        if key in self._answers:
            return self._answers[key]
        if key not in self._waiting:
            self._waiting[key] = asyncio.ensure_future(self._ask(key, body))
        return await asyncio.shield(self._waiting[key])

    async def _ask(self, key: str, body: dict[str, Any]) -> tuple[int, bytes]:
        url, name = await asyncio.to_thread(self._upstream, str(body["model"]).rpartition("/")[2])
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600), trust_env=False)
        async with self._session.post(f"{url}/chat/completions", json=body | {"model": name}) as response:
            content = (await response.read()).replace(json.dumps(name).encode(), MODEL)
            answered = response.status, content
        self._answers[key] = answered
        row = {"request": key, "status": answered[0], "body": content.decode()}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        return answered


async def _status(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    told = {"error": {"message": f"status {broken.status} on purpose", "type": "injected"}}
    return web.json_response(told, status=broken.status, headers=broken.headers)


async def _html(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    return web.Response(body=PAGE, content_type="text/html")


async def _wrong_type(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    return web.Response(body=content, content_type="text/plain")


async def _cut_json(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    return web.Response(body=content[: len(content) // 2], content_type="application/json")


async def _edited(content: bytes, edit: Callable[[dict[str, Any]], None]) -> web.StreamResponse:
    body = json.loads(content)
    edit(body)
    return web.json_response(body)


async def _no_choices(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    return await _edited(content, lambda body: body.update(choices=[]))


async def _no_content(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    return await _edited(content, lambda body: body["choices"][0]["message"].update(content=""))


async def _length(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    return await _edited(content, lambda body: body["choices"][0].update(finish_reason="length"))


async def _reset(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    """Send half of the body, then a reset (RST), as a load balancer does whose server died."""
    response = web.StreamResponse(headers={"Content-Length": str(len(content)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    await asyncio.sleep(0.05)
    transport = request.transport
    if transport is not None:
        wire = transport.get_extra_info("socket")
        with contextlib.suppress(OSError, AttributeError):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return response


async def _hang(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    await asyncio.sleep(broken.seconds)
    return web.Response(body=content, content_type="application/json")


async def _slow(request: web.Request, content: bytes, broken: Break) -> web.StreamResponse:
    """Send the body in 20 pieces, spread over `seconds`: the connection is never silent for long."""
    response = web.StreamResponse(headers={"Content-Length": str(len(content)), "Content-Type": "application/json"})
    await response.prepare(request)
    size = len(content) // 20 + 1
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(content), size):
            await response.write(content[start : start + size])
            await asyncio.sleep(broken.seconds / 20)
    return response


BREAKS: dict[str, Callable[[web.Request, bytes, Break], Awaitable[web.StreamResponse]]] = {
    "status": _status,
    "html": _html,
    "wrong_type": _wrong_type,
    "cut_json": _cut_json,
    "no_choices": _no_choices,
    "no_content": _no_content,
    "length": _length,
    "reset": _reset,
    "hang": _hang,
    "slow": _slow,
}
