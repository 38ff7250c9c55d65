"""Which layers hold on this machine? Canaries try what is forbidden, in a real child, before any other program is run.

    python -m data_gen.sandbox.probe        -> bubblewrap+landlock+seccomp, and what the canaries found at each level
    probe.best().name                       -> "landlock+seccomp"

What a kernel or a container says about itself is not believed: a level counts when every canary is refused.
"""

import functools
import os
import tempfile
from pathlib import Path

from data_gen.cli import UserError, command
from data_gen.sandbox.levels import Level, candidates
from data_gen.sandbox.outcome import Limits
from data_gen.sandbox.supervisor import Sandbox

REFUSED = "refused"
LIMITS = Limits(cpu_s=2)

# What each canary tries; {file} is a file of ours that it could read and write, {pid} our process.
CANARIES = {
    "read a file": "open({file!r}).read()",
    "write a file": "open({file!r}, 'a').write('x')",
    "make a file": "open({file!r} + '2', 'w')",
    "remove a file": "os.unlink({file!r})",
    "list a folder": "os.listdir({folder!r})",
    "change rights": "os.chmod({file!r}, 0o777)",
    "start a process": "os.fork() or os._exit(0)",
    "run a program": "os.execv('/bin/true', ['true'])",
    "open a socket": "socket.socket().connect(('127.0.0.1', 9))",
    "send a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "signal a process": "os.kill({pid}, 0)",
    "see a process": "open('/proc/{pid}/environ').read()",
    "raise a limit": "raised()",
}
PROGRAM = """
import os, resource, socket
def raised():
    before = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (before[0] + 1, before[1] + 1))
    if resource.getrlimit(resource.RLIMIT_CPU) == before:
        raise PermissionError
try:
    {attempt}
except (OSError, ValueError) as error:
    print({refused!r} if not isinstance(error, ConnectionError) else "reached")
else:
    print("done")
"""


def leaks(level: Level) -> list[str]:
    """Return what a program can do at a level that it must not; an empty list when everything is refused."""
    found = []
    with tempfile.TemporaryDirectory() as folder, Sandbox(level) as sandbox:
        file = Path(folder) / "canary"
        for name, attempt in CANARIES.items():
            file.write_text("song")
            filled = attempt.format(file=str(file), folder=folder, pid=os.getpid())
            outcome = sandbox.run(PROGRAM.format(attempt=filled, refused=REFUSED), b"", LIMITS)
            if outcome.fault == "infra":
                return [f"no program runs ({outcome.detail})"]
            if outcome.fault is not None or outcome.output.decode().strip() != REFUSED:
                found.append(name)
    return found


@functools.cache
def best() -> Level:
    """Return the best level whose canaries are all refused, else the weak one: resource limits alone."""
    return next((level for level in candidates() if level.strong and not leaks(level)), Level())


def require(allow_weak: bool) -> Level:
    """Return the level to run programs at. Raises UserError where it is weak and weak was not allowed."""
    level = best()
    if not level.strong and not allow_weak:
        raise UserError(
            "no sandbox holds on this machine, and programs that a model wrote are not run without one: it takes Landlock "
            "(Linux 5.13 or newer) or bubblewrap (apt install bubblewrap), and seccomp (`make doctor` shows both); "
            "--allow_weak_sandbox runs them all the same, on a machine that you can throw away"
        )
    return level


def main() -> None:
    """Print what each level of the sandbox lets through here, the best first."""
    for level in candidates():
        found = leaks(level)
        print(f"{level.name:<28} {'holds' if not found else 'lets through: ' + ', '.join(found)}")


if __name__ == "__main__":
    command(main)
