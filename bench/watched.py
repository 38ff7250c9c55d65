"""Run a command and watch the memory of its whole process family.

    watched(["python", "-m", "data_gen.generate", ...], log)   -> Watched(status=0, seconds=12.3, peak_mib=212)

The peak of one process is its own high-water mark of resident memory; of several at once, the highest sum seen of their
proportional sets, where a page that n processes share counts 1/n in each (VmHWM and Pss, proc(5)). It is looked at five
times a second, so a short peak of a family may be missed.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Watched:
    """What a command came to. `started` is time.monotonic()."""

    status: int
    started: float
    seconds: float
    peak_mib: float


def watched(
    words: list[str], log: Path, environment: dict[str, str] | None = None, limit_s: float = float("inf")
) -> Watched:
    """Run `words` to its end or for `limit_s`, its output in `log`; `environment` is added to this one's."""
    started = time.monotonic()
    peak = 0.0
    with log.open("wb") as output:
        environment = os.environ | (environment or {})
        with subprocess.Popen(words, stdout=output, stderr=output, env=environment, start_new_session=True) as process:
            try:
                family = psutil.Process(process.pid)
                while True:
                    peak = max(peak, _peak_mib(family))
                    try:
                        status = process.wait(LOOK_EVERY_S)
                        break
                    except subprocess.TimeoutExpired:
                        if time.monotonic() - started > limit_s:
                            status = -signal.SIGKILL
                            break
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # what it may have left running too
    return Watched(status, started, time.monotonic() - started, peak)


def _peak_mib(family: psutil.Process) -> float:
    """Return the memory of a process, or of it and all below it."""
    try:
        below = family.children(recursive=True)
    except psutil.NoSuchProcess:
        return 0.0
    if not below:
        return _read_mib(Path(f"/proc/{family.pid}/status"), "VmHWM")
    return sum(_read_mib(Path(f"/proc/{one.pid}/smaps_rollup"), "Pss") for one in [family, *below])


def _read_mib(path: Path, name: str) -> float:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0.0
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)  # ended but not waited for: there is none
    return int(found[1]) / 1024 if found else 0.0
