"""Commands as a user types them: started, watched, stopped, and what they said.

running = start(["make", "data"], Path("said.txt"), {"OMP_NUM_THREADS": "1"})
running.wait_for(lambda: Path("02_traces.jsonl").exists())
running.signal(signal.SIGINT, group=True)        # Ctrl-C
running.end()                                    -> Ran(status=130, lines=["...: interrupted; ..."], seconds=4.1)
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_gen.cli import UserError
from data_gen.config import PACKAGE

ROOT = PACKAGE.parent
BAR = re.compile(r"\d+%\|")  # of a progress bar: no word
PATIENCE_S = 600.0


@dataclass(frozen=True)
class Ran:
    """A command that ended: its exit status (negative: by that signal) and what it said, line by line."""

    status: int
    lines: list[str]
    seconds: float = 0.0

    @property
    def traceback(self) -> bool:
        """Whether it said a Python traceback of its own, not one quoted from a log."""
        return "Traceback (most recent call last):" in self.lines and self.status == 1


@dataclass
class Running:
    """A command at work, in a process group of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path
    started: float

    def wait_for(self, instant: Callable[[], bool], pause_s: float = 0.005) -> bool:
        """Wait for an instant; return False where the command ended before it."""
        while self.process.poll() is None:
            if instant():
                return True
            if time.monotonic() - self.started > PATIENCE_S:
                raise UserError(f"an instant never came; the command said: {said(self.log)[-3:]}")
            time.sleep(pause_s)
        return False

    def signal(self, number: signal.Signals, group: bool = False) -> None:
        """Send a signal to the command, or, as a terminal does, to all of its group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number) if group else self.process.send_signal(number)

    def end(self) -> Ran:
        """Wait for its end."""
        try:
            status = self.process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            status = self.process.wait()
        return Ran(status, said(self.log), time.monotonic() - self.started)


def said(log: Path) -> list[str]:
    """Return what a command said: lines that are not empty, of a progress bar the last state."""
    text = log.read_text("utf-8", "replace")
    lines = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]
    return [line.rstrip() for line in lines if line.strip()]


def start(words: list[str], log: Path, environment: dict[str, str], cwd: Path = ROOT) -> Running:
    """Start a command in the repository's root, its output into a file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(process, log, time.monotonic())
