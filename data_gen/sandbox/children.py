"""The supervisor's hold on its children: start, hear, time and kill them.

zygote = Zygote(level, numpy=False)
number = zygote.start("stdin", {"source": source}, [stdin, stdout, stderr], limits)
child = Child(zygote, number, limits, error=..., streams=[...])
watch([child])                     # until it has ended and all that it wrote is here
child.fault()                      -> None, "timeout", "crash", ...
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Any

from data_gen.sandbox.levels import PACKAGE, Level
from data_gen.sandbox.outcome import Fault, Limits

ERROR_BYTES = 4000  # of standard error, kept to say why
READ_BYTES = 1 << 20
GRACE_S = 5.0  # for a zygote to report a child that was killed
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class ZygoteDied(Exception):
    """The process that forks the children is gone, or could not be started."""


class Zygote:
    """One zygote and the socket to it."""

    def __init__(self, level: Level, numpy: bool) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {"numpy": numpy, "landlock": level.landlock, "seccomp": level.seccomp}
        # The package's own folder is on the path for this one import; children do not find it.
        code = (
            f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); from data_gen.sandbox import zygote; del sys.path[0]"
        )
        self._process = subprocess.Popen(
            [*level.prefix(), sys.executable, "-I", "-B", "-c", f"{code}; zygote.main(**{settings!r})"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self._numbers = 0
        if self._receive() != b"ready":
            self.close()
            raise ZygoteDied(f"no program can be run at level {level.name}")

    def start(self, role: str, job: dict[str, Any], ends: list[int], limits: Limits) -> int:
        """Fork a child whose descriptors 0, 1, ... are `ends`; return its number. Raises ZygoteDied."""
        self._numbers += 1
        request = {"n": self._numbers, "role": role, "cpu_s": limits.cpu_s, "memory": limits.memory}
        work = sealed(json.dumps(job).encode())
        try:
            socket.send_fds(self.control, [json.dumps(request).encode()], [work, *ends])
        except OSError as error:
            raise ZygoteDied(str(error)) from error
        finally:
            os.close(work)
        return self._numbers

    def kill(self, number: int) -> None:
        """End a child; `ended` reports it."""
        with contextlib.suppress(OSError):  # the zygote has died: `ended` says so
            self.control.send(json.dumps({"kill": number}).encode())

    def ended(self) -> dict[str, Any]:
        """Return the next report of a child's end: n, status, cpu. Raises ZygoteDied."""
        message = self._receive()
        if not message:
            raise ZygoteDied("it closed its socket")
        report: dict[str, Any] = json.loads(message)
        return report

    def _receive(self) -> bytes:
        try:
            return self.control.recv(1 << 16)
        except OSError:
            return b""

    def close(self) -> None:
        """End it; with its socket closed it kills its children itself, and the kernel does where it cannot."""
        self.control.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Child:
    """One running child: what it has written so far, and in the end how it ended."""

    def __init__(self, zygote: Zygote, number: int, limits: Limits, error: int | None, streams: list[int]) -> None:
        self.zygote, self.number, self.limits = zygote, number, limits
        self._error = error
        self.written = {stream: bytearray() for stream in streams + ([error] if error is not None else [])}
        self._sizes = dict.fromkeys(self.written, 0)
        self.report: dict[str, Any] | None = None
        self._killed_for: Fault | None = None
        self._dismissed = False

    def hear(self, stream: int, data: bytes) -> None:
        """Take in what the child wrote: the end of its standard error, the beginning of everything else."""
        self._sizes[stream] += len(data)
        kept = self.written[stream]
        kept += data
        if stream == self._error:
            del kept[:-ERROR_BYTES]
        else:
            del kept[self.limits.output :]
        if self._sizes[stream] > self.limits.output:
            self.kill("output_limit")

    def kill(self, fault: Fault) -> None:
        """End it for a reason of ours."""
        if self._killed_for is None:
            self._killed_for = fault
            self.zygote.kill(self.number)

    def dismiss(self) -> None:
        """End it because it is no longer needed."""
        if self.report is None:
            self._dismissed = True
            self.zygote.kill(self.number)

    @property
    def cpu_s(self) -> float:
        return float(self.report["cpu"]) if self.report else 0.0

    @property
    def detail(self) -> str:
        """The last lines of standard error."""
        text = bytes(self.written[self._error]).decode("utf-8", "replace") if self._error is not None else ""
        return text.strip()[-1000:]

    def fault(self) -> Fault | None:
        """Return what was wrong with its end, None when there was nothing."""
        assert self.report is not None
        status = self.report["status"]
        if self._killed_for:
            return self._killed_for
        if self.report["late"] or self.cpu_s > self.limits.cpu_s:
            return "timeout"
        if os.WIFSIGNALED(status):
            if os.WTERMSIG(status) != signal.SIGKILL:
                return "crash"
            return None if self._dismissed else "infra"
        code = os.WEXITSTATUS(status)
        if code and "MemoryError" in self.detail.rpartition("\n")[2]:
            return "memory"
        return "crash" if code else None


def watch(children: list[Child]) -> None:
    """Hear children until all have ended and all that they wrote is here. When the first has ended the others must.

    Raises ZygoteDied when a zygote does, or does not report a child that was killed.
    """
    owners = {stream: child for child in children for stream in child.written}
    controls = {child.zygote.control.fileno(): child.zygote for child in children}
    poll = select.poll()
    for descriptor in [*owners, *controls]:
        poll.register(descriptor, select.POLLIN)
    deadline, late = time.monotonic() + max(child.limits.wall_s for child in children), False
    while owners or any(child.report is None for child in children):
        left = deadline - time.monotonic()
        if left <= 0:
            if late:
                raise ZygoteDied("it does not report a child that was killed")
            deadline, late = time.monotonic() + GRACE_S, True
            for child in children:
                child.kill("timeout")
        for descriptor, _ in poll.poll(max(left, 0.001) * 1000):
            if descriptor in controls:
                report = controls[descriptor].ended()
                for child in children:
                    if child.number == report["n"] and child.zygote is controls[descriptor]:
                        child.report = report
                if children[0].report is not None:
                    for child in children[1:]:
                        child.dismiss()
            elif data := os.read(descriptor, READ_BYTES):
                owners[descriptor].hear(descriptor, data)
            else:
                poll.unregister(descriptor)
                del owners[descriptor]


def sealed(content: bytes) -> int:
    """Return a descriptor of memory that holds `content` and that nobody can change, at its beginning."""
    descriptor = os.memfd_create("input", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
    return descriptor


class Ends:
    """Descriptors of one run, as a context that closes them: ours, and those that are the child's once it is started."""

    def __init__(self) -> None:
        self._ours: list[int] = []
        self._theirs: list[int] = []

    def __enter__(self) -> "Ends":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.given()
        for descriptor in self._ours:
            os.close(descriptor)

    def given(self) -> None:
        """Close our copies of what the children have now."""
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs.clear()

    def pipe(self) -> tuple[int, int]:
        """Return (the end that we read, the end that a child writes)."""
        reading, writing = os.pipe()
        self._ours.append(reading)
        self._theirs.append(writing)
        return reading, writing

    def give(self, descriptor: int) -> int:
        """Return `descriptor`, now for a child."""
        self._theirs.append(descriptor)
        return descriptor

    def pair(self) -> tuple[int, int]:
        """Return two ends of a socket, each for a child."""
        one, other = socket.socketpair()
        return self.give(one.detach()), self.give(other.detach())
