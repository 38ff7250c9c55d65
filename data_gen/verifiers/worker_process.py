"""The pool's side of one grading worker: it is fed, heard, timed, killed and started anew.

    worker = WorkerProcess(selector)
    worker.take(chunk)                  # queued; nothing here waits for a pipe
    ... worker.read(), worker.write()   # when the selector says so
    worker.check()                      # now and then: ends a worker whose answer has had its time

The other side is `worker.py`. A worker that gives no finding for DEADLINE_CPU_S of its own CPU time, or WALL_S in all, is
killed and replaced; the answer it was at is `timeout`, the rest of its chunks is graded again. An answer at which workers
die DEATHS times in a row is `infra`: fewer may be somebody else's doing (a kill, the kernel short of memory). Both are
undecided.
"""

import collections
import json
import os
import selectors
import subprocess
import sys
import time
from typing import Any

import psutil

from data_gen.config import PACKAGE
from data_gen.records import Reason

DEADLINE_CPU_S = 3.0  # of one answer; the machine may be busy, so CPU time counts first
WALL_S = 7.0  # the slowest answer delays its chunk by as much
DEATHS = 3


class Chunk:
    """What travels together, the replies so far, and where a worker died before. `chunks.py` has the kinds."""

    def __init__(self, size: int, any_order: bool) -> None:
        self.size, self.any_order = size, any_order
        self.replies: list[Any] = []
        self.died_at, self.deaths = -1, 0

    @property
    def done(self) -> bool:
        return len(self.replies) == self.size

    def message(self) -> bytes:
        """Return one line for a worker: what has no reply yet."""
        raise NotImplementedError

    def lose(self, reason: Reason, seconds: float) -> None:
        """Reply in the worker's stead for the first that has no reply."""
        raise NotImplementedError


class WorkerProcess:
    """One subprocess, the chunks it was given, and since when it has said nothing."""

    def __init__(self, selector: selectors.BaseSelector, allow_weak_sandbox: bool = False) -> None:
        self._selector = selector
        self._options = ["--allow_weak_sandbox"] if allow_weak_sandbox else []
        self._process: subprocess.Popen[bytes] | None = None
        self._chunks: collections.deque[Chunk] = collections.deque()
        self._unsent = self._rest = b""
        self._heard_cpu = self._heard_wall = 0.0
        self._allowed_s: float | None = None  # what the worker has asked for what it is at, in wall-clock time

    @property
    def held(self) -> int:
        return len(self._chunks)

    def take(self, chunk: Chunk) -> None:
        """Give the worker what is left of a chunk."""
        self.start()
        if not self._chunks:
            self._tick()
        self._chunks.append(chunk)
        self._unsent += chunk.message()
        self.write()

    def write(self) -> None:
        """Send as much as the pipe takes without waiting: the worker may itself be waiting to be read."""
        if self._process is None:
            return  # it was stopped in this very round
        assert self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(pipe, self._unsent[: 1 << 16]) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it has died: `read` sees that
            self._unsent = b""
        waits = pipe in self._selector.get_map()
        if self._unsent and not waits:
            self._selector.register(pipe, selectors.EVENT_WRITE, self)
        elif waits and not self._unsent:
            self._selector.unregister(pipe)

    def start(self) -> None:
        """Start the subprocess, if it does not run."""
        if self._process is not None:
            return
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if key in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "data_gen.verifiers.worker", *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PACKAGE.parent,
            env=kept | {"OMP_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ, self)
        self._unsent = self._rest = b""
        self._allowed_s = None

    def _tick(self) -> None:
        """Start the clock of the next answer."""
        self._heard_wall, self._heard_cpu = time.monotonic(), self._cpu_seconds()

    def _cpu_seconds(self) -> float:
        assert self._process is not None
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return float(times.user + times.system)

    def read(self) -> None:
        """Take in the findings that the worker has written."""
        if self._process is None:
            return  # it was stopped in this very round
        assert self._process.stdout is not None
        written = os.read(self._process.stdout.fileno(), 1 << 20)
        if not written:
            self._lost()
            return
        *lines, self._rest = (self._rest + written).split(b"\n")
        for line in lines:
            said = json.loads(line)
            self._allowed_s = said if isinstance(said, float) else None
            self._chunks[0].replies += said if isinstance(said, list) else []
            if self._chunks[0].done:
                self._chunks.popleft()
        if lines:
            self._heard_wall = time.monotonic()
            self._heard_cpu = 0.0  # read again when it is needed

    def check(self) -> None:
        """End the worker when its answer has had its time: that answer is `timeout`, the rest is graded again."""
        if not self._chunks or time.monotonic() - self._heard_wall < 1:
            return
        if self._hangs():
            self._chunks[0].lose("timeout", DEADLINE_CPU_S)
            self._restart()

    def _hangs(self) -> bool:
        silent = time.monotonic() - self._heard_wall
        if self._allowed_s is not None:  # it waits for a program, whose own limits it keeps
            return silent > self._allowed_s
        if self._heard_cpu == 0.0:
            self._heard_cpu = self._cpu_seconds()
        return silent > WALL_S or self._cpu_seconds() - self._heard_cpu > DEADLINE_CPU_S

    def _lost(self) -> None:
        """The worker died. The answer it was at is tried again, until DEATHS of them make it `infra`."""
        if self._chunks:
            chunk = self._chunks[0]
            at = len(chunk.replies)
            chunk.deaths = chunk.deaths + 1 if chunk.died_at == at else 1
            chunk.died_at = at
            if chunk.deaths == DEATHS:
                chunk.lose("infra", 0.0)
        self._restart()

    def _restart(self) -> None:
        """Begin anew with what is left; without anything left, a worker is started with the next chunk."""
        chunks = list(self._chunks)
        self.stop()
        for chunk in chunks:
            if not chunk.done:
                self.take(chunk)

    def stop(self) -> None:
        """Kill the subprocess."""
        if self._process is not None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            for pipe in (self._process.stdin.fileno(), self._process.stdout.fileno()):
                if pipe in self._selector.get_map():
                    self._selector.unregister(pipe)
            self._process.kill()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
        self._process = None
        self._chunks.clear()
