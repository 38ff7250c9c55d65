"""A disk that is full in the middle of a stage, and one that may not be written on.

As root the run lies on a tmpfs of its own, whose size is set to what is used and a little more; room is made by a larger
size. Without root the largest size of a file is limited instead (RLIMIT_FSIZE), and room is made by lifting the limit: the
kernel then says "file too large" and not "no space left".
"""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.faults_commands import Running
from bench.faults_compare import STAGES
from bench.faults_flow import Fault, check_words, go_on
from bench.faults_kills import trained_again
from bench.faults_site import Trial
from bench.faults_train import INSTANTS

PAGE = 4096
ROOM = 1 << 33  # of the tmpfs while nothing is wrong: 8 GB, of which it takes what is written


@contextlib.contextmanager
def disk(trial: Trial, before: str) -> Iterator[Path]:
    """Put the run as it was before a stage on a file system of its own, where that may be mounted."""
    place = trial.run.folder
    place.mkdir(parents=True)
    mounted = os.geteuid() == 0 and _mount(f"size={ROOM}", "-t", "tmpfs", "tmpfs", str(place))
    try:
        trial.write_recipe()
        shutil.copytree(trial.site.state(before), place, dirs_exist_ok=True)
        yield place
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=True)


def _mount(options: str, *words: str) -> bool:
    return subprocess.run(["mount", "-o", options, *words], capture_output=True).returncode == 0


def is_mounted(place: Path) -> bool:
    """Whether the run has a file system of its own."""
    return os.path.ismount(place)


def used(place: Path) -> int:
    """Return the bytes that are used of a run's file system."""
    told = os.statvfs(place)
    return (told.f_blocks - told.f_bfree) * told.f_frsize


def fill(trial: Trial, running: Running | None, room: int) -> None:
    """Leave so much room from now on."""
    place = trial.run.folder
    if is_mounted(place):
        _mount(f"remount,size={used(place) + room}", str(place))
    elif running is not None:
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (room, room))


def empty(trial: Trial) -> None:
    """Make room."""
    if is_mounted(trial.run.folder):
        _mount(f"remount,size={ROOM}", str(trial.run.folder))


def full(stage: str, share: float) -> Callable[[Trial], None]:
    """The disk has room for a share of what the stage writes."""

    def run(trial: Trial) -> None:
        with disk(trial, stage):
            grows = size_after(trial, stage) - size_of(trial.site.state(stage))
            fill(trial, None, max(PAGE, int(share * grows) // PAGE * PAGE))
            running = trial.begin_stage(stage)
            if not is_mounted(trial.run.folder):
                fill(trial, running, max(PAGE, int(share * grows)))
            first = running.end()
            trial.tell(first)
            check_words(trial, first)
            trial.promise(first.status == 1, f"the first command: exit {first.status}")
            trial.promise("full" in first.lines[-1] or "no larger" in first.lines[-1], "no word of the disk")
            empty(trial)
            go_on(trial, stage)

    return run


def size_of(run: Path) -> int:
    """Return the bytes of a folder's files, each in whole pages."""
    sizes = [path.stat().st_size for path in run.rglob("*") if path.is_file()]
    return sum(-(-size // PAGE) * PAGE for size in sizes)


def size_after(trial: Trial, stage: str) -> int:
    """Return the bytes of the undisturbed run after a stage."""
    names = [*STAGES, "whole"]
    return size_of(trial.site.state(names[names.index(stage) + 1]))


def full_in_training(trial: Trial) -> None:
    """The disk is full while the first checkpoint is written."""
    with disk(trial, "train"):
        running = trial.begin_stage("train")
        saving = INSTANTS["in a checkpoint"]
        came = running.wait_for(lambda: saving(trial.run), pause_s=0.001)
        fill(trial, running, PAGE)
        first = running.end()
        trial.tell(first)
        check_words(trial, first)
        trial.promise(came and first.status == 1, f"the first command: exit {first.status}")
        empty(trial)
        trained_again(trial)


def read_only(stage: str) -> Callable[[Trial], None]:
    """The run's folder may not be written in: a file system that is mounted read-only, or without the permission."""

    def run(trial: Trial) -> None:
        with disk(trial, stage) as place:
            mounted = is_mounted(place)
            if mounted:
                _mount("remount,ro", str(place))
            else:
                place.chmod(0o555)
            first = trial.stage(stage)
            trial.tell(first)
            check_words(trial, first)
            trial.promise(first.status == 1, f"the first command: exit {first.status}")
            if mounted:
                _mount("remount,rw", str(place))
            else:
                place.chmod(0o755)
            go_on(trial, stage)

    return run


FULL = ("collect", "generate", "rewrite", "verify", "mix", "export", "eval", "report")
FAULTS = [
    *[
        Fault(f"disk-full-{stage}", "disk full", f"{stage}, room for half of what it writes", full(stage, 0.5))
        for stage in FULL
    ],
    Fault("disk-full-train", "disk full", "train, in the first checkpoint", full_in_training),
    *[
        Fault(f"read-only-{stage}", "read-only", f"{stage} in a folder that may not be written in", read_only(stage))
        for stage in ("generate", "export", "report")
    ],
]
