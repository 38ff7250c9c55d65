"""Run a command that must not outlive another process: `python guard.py PIPE COMMAND ...`, started by `local_server`.

PIPE is the descriptor of a pipe's reading end; the process to be outlived by nothing holds the writing end. When it
ends, in whatever way, the kernel closes the pipe, and this guard kills the command with all its descendants. As a child
subreaper it also sees those that lost their own parent. Exit status: the command's.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading

import psutil

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
PATIENCE_S = 5.0


def main(pipe: int, command: list[str]) -> int:
    """Run `command` until it ends or the pipe closes; then end everything it started. Return its exit status."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=True)
    threading.Thread(target=_watch, args=[pipe], daemon=True).start()
    status = child.wait()
    end_descendants(signal.SIGKILL)
    return status


def _watch(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    end_descendants(signal.SIGTERM)


def end_descendants(first: signal.Signals) -> None:
    """End every descendant: with `first`, and after a while with SIGKILL."""
    family = psutil.Process().children(recursive=True)
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
    psutil.wait_procs(family, timeout=PATIENCE_S)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
