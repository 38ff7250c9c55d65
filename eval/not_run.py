"""What keeps a benchmark from being measured on this machine, by no fault of the run: its cell says "not run", and why.

    record(run, "trained ifeval", "ifeval needs NLTK's sentences: ...")      and in runs/x/manifest.json:
    "not_run": {"trained ifeval": "ifeval needs NLTK's sentences: ...", "math500": "benchmark math500: ..."}

A key is a model and a benchmark, or a benchmark alone where its questions cannot be had. A score takes it away.

    left = Left(run)
    with left.when_done("trained", "ifeval"):
        evaluate(...)               # a NotRun is recorded, an Unfinished told: the others are measured all the same
    left.told()                     # raises UserError, or Unfinished, where anything is left
"""

from collections.abc import Iterator
from contextlib import contextmanager

from data_gen.cli import Unfinished, UserError
from data_gen.manifest import edit_manifest, read_manifest
from data_gen.run_folder import Run


class NotRun(UserError):
    """A benchmark needs what this machine lacks (a sandbox's profile, a package, its data); the message says what to do."""


def record(run: Run, what: str, reason: str) -> None:
    """Print why something was not run, and keep it for the report."""
    model, _, benchmark = what.rpartition(" ")
    print(f"eval      {f'{model} on ' if model else ''}{benchmark}: not run: {reason}")
    with edit_manifest(run) as manifest:
        manifest.setdefault("not_run", {})[what] = reason


def forget(run: Run, model: str, benchmark: str) -> None:
    """Take away why a model was not run on a benchmark: there is a score."""
    names = {benchmark, f"{model} {benchmark}"}
    if names.isdisjoint(read_manifest(run).get("not_run", {})):
        return
    with edit_manifest(run) as manifest:
        manifest["not_run"] = {what: reason for what, reason in manifest["not_run"].items() if what not in names}


class Left:
    """What an evaluation leaves undone while it goes on with the rest."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.not_run: list[str] = []  # benchmarks
        self._unfinished: list[str] = []
        self._more: list[str] = []

    @contextmanager
    def when_done(self, model: str, benchmark: str) -> Iterator[None]:
        """Go on where a benchmark cannot be run, or where some of its answers are missing."""
        try:
            yield
        except NotRun as reason:
            self.record(f"{model} {benchmark}", reason)
        except Unfinished as reason:
            self._unfinished.append(f"{model} on {benchmark}: {reason}")
            print(f"eval      {self._unfinished[-1]}")

    @contextmanager
    def passed_over(self) -> Iterator[None]:
        """Go on where something that is asked of the scores cannot be told."""
        try:
            yield
        except UserError as reason:
            self._more.append(str(reason))

    def record(self, what: str, reason: UserError) -> None:
        """Keep why something was not run."""
        self.not_run.append(what.rpartition(" ")[2])
        record(self._run, what, str(reason))

    def told(self) -> None:
        """Raise an error that names what is left, if anything is."""
        lines = list(self._unfinished)
        if self.not_run:
            others = "" if self._unfinished else ", the others have their scores"
            lines.append(f"not run: {', '.join(dict.fromkeys(self.not_run))}; the lines above say why{others}")
        if lines := lines + self._more:
            raise (Unfinished if self._unfinished else UserError)("\n".join(lines))
