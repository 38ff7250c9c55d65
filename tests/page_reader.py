"""Somebody who follows a page of docs/ word for word in a folder like a clone: files, edits, commands, and its mistakes.

    reader = Reader("your_teacher", clone(folder, light=True), {"http://10.0.0.7:8000/v1": endpoint})
    reader.follow()
    reader.done[0]          -> (Command("make data ..."), 0, "collect ..."): the exit status and what was printed

Two things are put in: the address of the endpoint that is served here where the page names one, and a shorter wait for a
batch. What a page tells to do is read by pages.py. Not covered: a command that waits for what its reader types.
"""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.endpoint import Served
from tests.pages import Command, Edit, File, Mistake, steps

LINKED = ("Makefile", "pyproject.toml", "requirements", "data_gen", "launch", "ds_configs", ".venv-serve")
ENVIRONMENTS = {".venv": "core.txt", ".venv-train": "train.txt"}
COPIED = ("eval", "llamafactory_configs", "recipes", "tests")  # what a reader writes into
SOONER = {"batch: {}": "batch: {poll_s: 0.1}"}  # a look a minute is the default
PROGRESS = re.compile(r"[^\n]*?\d+%\|[^\n]*?\|[^\n]*?\]")  # a bar, which on a terminal is gone when a stage ends
ADDRESS = re.compile(r"https?://[\w.:-]+/v1\b")


def text(page: str) -> str:
    """Return the text of a page of docs/."""
    return (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")


@dataclass
class Reader:
    """Somebody who follows a page in a clone of the project."""

    page: str
    clone: Path
    served: dict[str, Served]
    done: list[tuple[Command, int, str]] = field(default_factory=list)

    def follow(self) -> None:
        for step in steps(text(self.page)):
            if isinstance(step, Command):
                self.done.append((step, *self.run(step.text)))
            else:
                self.write(step)

    def write(self, step: File | Edit) -> None:
        path = self.clone / step.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(step, Edit):
            before = path.read_text(encoding="utf-8")
            assert before.count(step.before) == 1, f"{step.path} does not hold once:\n{step.before}"
            path.write_text(before.replace(step.before, step.after), encoding="utf-8")
        else:
            path.write_text(self.here(step.text), encoding="utf-8")

    def run(self, command: str) -> tuple[int, str]:
        """Return the exit status of commands and what they print, with the page's addresses in it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        environment.setdefault("OMP_NUM_THREADS", "1")  # trainings of two steps, beside other tests
        done = subprocess.run(
            ["bash", "-euc", self.here(command)],
            cwd=self.clone,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        printed = PROGRESS.sub("", done.stdout)
        for address, server in self.served.items():
            printed = printed.replace(server.url, address)
        return done.returncode, printed

    def here(self, said: str) -> str:
        for shown, put in {**{address: server.url for address, server in self.served.items()}, **SOONER}.items():
            said = said.replace(shown, put)
        return said

    def mistake(self, made: Mistake) -> tuple[int, str]:
        """Return what a command says where one of the page's files has a mistake; the file is mended afterwards."""
        files = {step.path: step for step in steps(text(self.page)) if isinstance(step, File) and made.right in step.text}
        assert len(files) == 1, f"{made.right} stands in {list(files)}"
        ((path, step),) = files.items()
        last = (self.clone / path).read_bytes()
        self.write(File(path, step.text.replace(made.right, made.wrong, 1)))
        try:
            return self.run(made.command)
        finally:
            (self.clone / path).write_bytes(last)


def clone(folder: Path, light: bool) -> Path:
    """Make a folder like a clone with its environments and the small model, and no run; a `light` one has .venv alone."""
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    for name, requirements in list(ENVIRONMENTS.items())[: 1 if light else None]:
        (folder / name).mkdir()
        for part in (ROOT / name).glob("*"):
            if part.name != "made":
                (folder / name / part.name).symlink_to(part)
        # Of today's requirements, whatever the environment was made of: a page's `make` makes no other one here.
        text = (ROOT / "requirements" / requirements).read_bytes()
        (folder / name / "made").write_text(hashlib.sha256(text).hexdigest())
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "my_*", "mine.yaml"))
    (folder / "runs").mkdir()
    (folder / "runs/models").symlink_to(ROOT / "runs/models")
    return folder
