"""The second profile: a whole foreign program, with the processes that it starts, in a tree that it cannot write.

    done = run([sys.executable, "-m", "evalplus.evaluate", ...], Given(folder=results, readable=[questions]))
    done.returncode, done.timed_out, done.log     its exit status, whether its time was up, the end of what it printed

evalplus executes model-written code behind a guard that its authors call no sandbox, forks for every solution and shares
memory with its children, so the profile of `policy.py` does not fit it. Here it may fork; there is no network, no
environment but what is given, a private /tmp and /dev/shm that vanish, nothing to write outside but one folder for its
results, and when it ends or its time is up every process that it started is gone with its process namespace.

This takes bubblewrap and user namespaces (`apt install bubblewrap`; a container must allow unshare). Where they are not to
be had `unavailable` says why, and the caller's cell is "not run": there is no weaker way.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from data_gen.cli import UserError
from data_gen.sandbox.levels import BUBBLEWRAP, tree

LOG_BYTES = 20_000


@dataclass(frozen=True)
class HarnessLimits:
    """What the whole of it may use: seconds by the clock, bytes of address space in each process, bytes in one file."""

    wall_s: float = 3600.0
    memory: int = 8 << 30
    file: int = 1 << 30


@dataclass(frozen=True)
class Done:
    """How it ended."""

    returncode: int
    timed_out: bool
    log: str


@dataclass(frozen=True)
class Given:
    """What it is given: files and folders to read, one folder to write (its working folder), variables."""

    folder: Path
    readable: list[Path] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


def run(command: list[str], given: Given, limits: HarnessLimits | None = None) -> Done:
    """Run a command to its end or its time limit. Raises UserError where the profile is not to be had."""
    limits = limits or HarnessLimits()
    if fault := unavailable():
        raise UserError(fault)
    return _run(command, given, limits)


def unavailable() -> str | None:
    """Return why this profile cannot be had here, or None. Canaries are tried in it, as in the first."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (apt install bubblewrap)"
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "canary"
        file.write_text("song")
        inside = Path(name) / "results"
        inside.mkdir()
        program = CANARIES.format(file=str(file), pid=os.getpid())
        done = _run([sys.executable, "-I", "-c", program], Given(inside), CANARY_LIMITS)
        if done.returncode != 0:
            return f"bubblewrap does not hold here: {' '.join(done.log.split())[-300:]}"
        return None if file.read_text() == "song" else "bubblewrap does not hold here: a file outside was written"


GONE_S = 10.0  # the kernel ends a namespace in milliseconds
CANARY_LIMITS = HarnessLimits(wall_s=30)
CANARIES = """
import os, socket, sys
def refused(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False
attempts = {{
    "read a file": lambda: open({file!r}).read(),
    "write a file": lambda: open({file!r}, "r+"),
    "write the tree": lambda: open(sys.prefix + "/canary", "w"),
    "network": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "signal": lambda: os.kill({pid}, 0),
}}
allowed = [name for name, attempt in attempts.items() if not refused(attempt)]
assert not allowed, allowed
assert set(os.environ) <= {{"PATH", "HOME", "TMPDIR", "LC_CTYPE", "PWD", "LANG"}}, sorted(os.environ)
if os.fork() == 0:
    os._exit(0)
os.wait()
open("written", "w").write("x")
open("/tmp/written", "w").write("x")
open("/dev/shm/written", "w").write("x")
"""


def _run(command: list[str], given: Given, limits: HarnessLimits) -> Done:
    folder = given.folder.resolve()
    binds = [word for path in given.readable for word in ("--ro-bind", str(path.resolve()), str(path.resolve()))]
    variables = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"} | given.variables
    named = [word for name, value in variables.items() for word in ("--setenv", name, value)]
    limited = ["prlimit", f"--as={limits.memory}", f"--fsize={limits.file}", "--core=0", "--"]
    told, tell = os.pipe()
    wrapped = [
        *(*BUBBLEWRAP, "--clearenv", *named, "--info-fd", str(tell)),
        # The private /tmp comes first: a clone that lies under /tmp is seen in it, as far as the tree has it.
        *("--tmpfs", "/tmp", *tree(), "--tmpfs", "/dev/shm", *binds, "--bind", str(folder), str(folder)),
        *("--remount-ro", "/", "--chdir", str(folder), "--", *limited, *command),
    ]
    with tempfile.TemporaryFile() as log, os.fdopen(told) as info:
        try:
            process = subprocess.Popen(
                wrapped, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=(tell,)
            )
        finally:
            os.close(tell)
        first, timed_out = _first_process(info.read()), False
        try:
            process.wait(timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            process.kill()  # with the first process of its namespace all others end
            process.wait()
            if first is not None:
                select.select([first], [], [], GONE_S)  # which it outlives by a moment: until then they may still be seen
                os.close(first)
        log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
        return Done(process.returncode, timed_out, log.read().decode("utf-8", "replace"))


def _first_process(info: str) -> int | None:
    """Return a descriptor of the namespace's first process, which becomes readable when that and all others are gone; None
    where bubblewrap ended before it started one, or that is gone already."""
    if not info.strip():
        return None
    try:
        return os.pidfd_open(int(json.loads(info)["child-pid"]))
    except ProcessLookupError:
        return None
