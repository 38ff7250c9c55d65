"""What the faults share: a name, a kind, what is done, and the way back: the same command again, then a comparison.

    Fault("endpoint-500", "endpoint", "a tenth of the requests gets HTTP 500", run)      run(trial) does all of it

`go_on` is the way back of every fault: it notes what lies on disk when the fault is over, gives the same command again,
runs the stages after it, and compares with the undisturbed run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.faults_commands import Ran
from bench.faults_compare import STAGES, differences, kept, lost
from bench.faults_site import Trial
from data_gen.records import Row


@dataclass(frozen=True)
class Fault:
    """One fault. `run` does it to a trial; `needs` names what it cannot be done without (root, a C compiler)."""

    name: str
    kind: str
    what: str
    run: Callable[[Trial], None]


def check_words(trial: Trial, ran: Ran) -> None:
    """Promise that a command which did not end well says so in words, and not in a traceback."""
    trial.promise(not ran.traceback, f"a traceback: {ran.lines[-1] if ran.lines else ''}")


def journals(trial: Trial) -> dict[Path, dict[tuple[str, int], Row]]:
    """Return the rows that lie on disk now in files of which answers were paid for."""
    run = trial.run
    files = [run.traces, *sorted(run.folder.glob("eval/*/*/samples.jsonl"))]
    return {path: kept(path) for path in files if path.is_file()}


def go_on(trial: Trial, stage: str, until: str | None = None) -> None:
    """Give the command of a stage again, run those after it until `until` (default: the mixture, which export writes
    row for row; a stage behind that runs alone), and compare everything with the undisturbed run."""
    until = until or ("mix" if STAGES.index(stage) < STAGES.index("mix") else stage)
    held, asked = journals(trial), trial.door.asked.total()
    again = trial.stage(stage)
    new = trial.door.asked.total() - asked
    check_words(trial, again)
    trial.promise(again.status == 0, f"the same command again: exit {again.status}: {again.lines[-1:]}")
    trial.went.append(f"exit {again.status}")
    if stage in ("generate", "eval"):
        trial.went.append(f"asked for {new}")
    for ran in trial.after(stage, until):
        check_words(trial, ran)
        trial.promise(ran.status == 0, f"a stage after it: exit {ran.status}: {ran.lines[-1:]}")
    compare(trial, until, held, "collect" if until in ("mix", "export") else stage)


def compare(trial: Trial, until: str, held: dict[Path, dict[tuple[str, int], Row]], since: str = "collect") -> None:
    """Compare with the undisturbed run, and tell what was lost of what lay on disk, and what was asked twice."""
    found = differences(trial.run, trial.site.reference, until, since)
    trial.promise(not found, "; ".join(found[:3]))
    trial.went.append("files equal" if not found else f"{len(found)} differences")
    gone = sum(lost(rows, path) for path, rows in held.items())
    trial.promise(gone == 0, f"{gone} answers that were on disk are gone")
    trial.lost += list(losses(trial, gone))


def losses(trial: Trial, gone: int) -> Iterator[str]:
    """Yield what was lost: rows, and requests that were asked more often than once."""
    yield f"{gone} answers" if gone else "nothing"
    if trial.door.again:
        yield f"{trial.door.again} of {len(trial.door.asked)} requests asked again"


def lines_of(path: Path) -> int:
    """Return how many whole lines a file has now."""
    return path.read_bytes().count(b"\n") if path.is_file() else 0
