"""No hostile program is accepted or leaves a trace, at any level of the sandbox; honest ones run as they would anywhere."""

import contextlib
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from data_gen.sandbox.children import Child
from data_gen.sandbox.levels import Level
from data_gen.sandbox.supervisor import Sandbox
from data_gen.verifiers import code_tests
from data_gen.verifiers.finding import Finding

PROGRAMS = Path(__file__).parent / "programs"
HOSTILE, HONEST = sorted((PROGRAMS / "hostile").glob("*.py")), sorted((PROGRAMS / "honest").glob("*.py"))
SECRET = "the-secret-of-this-test"

GOLDS = {
    "stdin": {"inputs": ["3\n1 2 3\n", "2\n10 20\n"], "outputs": ["6\n", "30\n"], "time_limit": 1},
    "call": {"fn_name": "total", "inputs": [[[1, 2, 3]], [[10, 20]]], "outputs": [6, 30], "time_limit": 1},
    "asserts": {
        "entry_point": "total",
        "tests": "def check(candidate):\n    assert candidate([1, 2, 3]) == 6\n    assert candidate([10, 20]) == 30\n",
        "time_limit": 1,
    },
}


@contextlib.contextmanager
def at(level: Level) -> Iterator[None]:
    """Grade at this level."""
    code_tests.close()
    code_tests.use(Sandbox(level))
    yield
    code_tests.close()


def grade(file: Path, **filled: str) -> Finding:
    text = file.read_text(encoding="utf-8")
    mode = re.match(r"# (\w+):", text)
    assert mode is not None, file
    for name, value in filled.items():
        text = text.replace(f"@{name.upper()}@", value)
    return code_tests.grade(f"`````python\n{text}\n`````\n", GOLDS[mode[1]])


class Host:
    """What hostile programs are after: a folder, listeners, this process's environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "secret.txt").write_text(SECRET)
        (folder / "keep.txt").write_text("keep")
        self.heard: list[str] = []
        self.port = self._listen()
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagrams.bind(str(folder / "datagrams.sock"))
        threading.Thread(target=lambda: self.heard.append(f"datagram {datagrams.recv(100)!r}"), daemon=True).start()
        self.abstract = f"sandbox-test-{os.getpid()}-{self.port}"
        self._listen_on(socket.socket(socket.AF_UNIX), "\0" + self.abstract)

    def _listen(self) -> int:
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self._listen_on(tcp, ("127.0.0.1", 0))
        port = int(tcp.getsockname()[1])
        udp.bind(("127.0.0.1", port))
        threading.Thread(target=lambda: self.heard.append(f"udp {udp.recvfrom(100)}"), daemon=True).start()
        return port

    def _listen_on(self, listener: socket.socket, address: Any) -> None:
        listener.bind(address)
        listener.listen()
        threading.Thread(target=lambda: self.heard.append(f"connection {listener.accept()}"), daemon=True).start()

    def state(self) -> list[Any]:
        """Return everything about the folder that a program could have changed."""
        found = []
        for path in [self.folder, *sorted(self.folder.rglob("*"))]:
            about = path.lstat()
            attributes = os.listxattr(path) if not path.is_symlink() else []
            content = path.read_text() if path.is_file() else ""
            found.append((str(path), (about.st_mode, about.st_mtime_ns, about.st_size, attributes, content)))
        return found


@pytest.mark.slow
def test_no_hostile_program_is_accepted_or_leaves_a_trace(level, tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_TEST_KEY", SECRET)
    host = Host(tmp_path)
    shared = sorted(os.listdir("/dev/shm"))
    parent = subprocess.Popen(["sleep", "1000"])
    before, filled = host.state(), {"victim": str(tmp_path), "port": str(host.port), "abstract": host.abstract}
    leaks: list[Any] = []
    hear = Child.hear

    def spy(child: Child, stream: int, data: bytes) -> None:
        if b"LEAK" in data or SECRET.encode() in data:
            leaks.append((file.name, data[-200:]))
        hear(child, stream, data)

    monkeypatch.setattr(Child, "hear", spy)
    assert len(HOSTILE) >= 60
    with at(level):
        accepted = []
        for file in HOSTILE:
            found = grade(file, parent=str(parent.pid), **filled)
            if found.ok is True:
                accepted.append(file.name)
        assert accepted == []
        assert leaks == []
        assert grade(HONEST[0], **filled).ok, "the sandbox lives on"
        assert host.state() == before
        assert host.heard == []
        assert parent.poll() is None
        parent.kill()
        assert sorted(os.listdir("/dev/shm")) == shared
        zygotes = psutil.Process().children(recursive=True)
    parent.wait()
    psutil.wait_procs(zygotes, timeout=5)
    assert not [process for process in zygotes if process.is_running()], "nothing outlives its sandbox"


def test_honest_idioms_are_accepted(level):
    assert len(HONEST) >= 20
    with at(level):
        refused = [(file.name, found.reason, found.detail) for file in HONEST if not (found := grade(file)).ok]
    assert refused == []
