"""A finished data file that is not as its stage left it: torn, flipped, cut, emptied of sense, out of order.

Each numbered file of a whole run, and the dataset, is damaged in each way, then `make data` is given again. What is
promised: it ends well with every file as in the undisturbed run, and no answer that lay there whole is paid for twice.
"""

from collections.abc import Callable
from pathlib import Path

from bench.faults_compare import kept, key_of, read
from bench.faults_flow import Fault, check_words, compare
from bench.faults_site import Trial
from data_gen.records import dumps
from data_gen.run_folder import Run

FILES: dict[str, Callable[[Run], Path]] = {
    "01_problems": lambda run: run.problems,
    "02_traces": lambda run: run.traces,
    "03_rewritten": lambda run: run.rewritten,
    "04_verdicts": lambda run: run.verdicts,
    "05_mixture": lambda run: run.mixture,
    "dataset": lambda run: run.dataset / "quickstart.jsonl",
}


def torn(content: bytes) -> bytes:
    """The last line is cut in its middle."""
    last = content.rstrip(b"\n").rpartition(b"\n")[2]
    return content[: len(content) - len(last) // 2 - 1]


def flipped(content: bytes) -> bytes:
    """Eight bytes in the middle are others."""
    middle = len(content) // 2
    return content[:middle] + bytes(255 - byte for byte in content[middle : middle + 8]) + content[middle + 8 :]


def removed(content: bytes) -> bytes:
    """A row in the middle is gone."""
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :])


def half(content: bytes) -> bytes:
    """The second half of the file is gone."""
    return content[: len(content) // 2]


def gibberish(content: bytes) -> bytes:
    """The file holds no JSON at all."""
    return bytes((7 * place + 13) % 251 for place in range(len(content)))


def reordered(content: bytes) -> bytes:
    """The rows are in reverse order."""
    return b"".join(content.splitlines(keepends=True)[::-1])


DAMAGES = {
    "torn": (torn, "the last line torn"),
    "flipped": (flipped, "8 bytes flipped in the middle"),
    "row-gone": (removed, "a row removed"),
    "cut": (half, "cut to its half"),
    "gibberish": (gibberish, "no JSON at all"),
    "order": (reordered, "the rows in reverse order"),
}


def damaged(file: Callable[[Run], Path], damage: Callable[[bytes], bytes]) -> Callable[[Trial], None]:
    """Damage a file of a whole run and give `make data` again."""

    def run(trial: Trial) -> None:
        trial.begin("train")
        path = file(trial.run)
        path.write_bytes(damage(path.read_bytes()))
        held = {trial.run.traces: kept(trial.run.traces)}
        again = trial.make("data")
        trial.saw += trial.notices(again, path.name)[:2]
        if not trial.saw:
            trial.tell(again)
        check_words(trial, again)
        asked = trial.door.asked.total()
        missing = len(kept(trial.site.reference.traces)) - len(held[trial.run.traces])
        trial.promise(again.status == 0, f"make data: exit {again.status}: {again.lines[-2:]}")
        trial.promise(asked <= missing, f"asked for {asked}, {missing} were gone")
        trial.went.append(f"exit {again.status}" + (f", asked for {asked}" if asked else ""))
        compare(trial, "export", held)
        if missing:
            trial.lost[0] = f"{missing} answer{'s' * (missing > 1)}, by the fault itself"

    return run


def one_digit(trial: Trial) -> None:
    """A digit of an answer that was mixed is another one, and the line is still JSON: no row has a hash of its own. The
    file has, which tells that something changed; the answer is graded as it stands now, and is wrong."""
    trial.begin("train")
    path, mixed = trial.run.traces, key_of(next(read(trial.run.mixture)))
    rows = list(read(path))
    for row in rows:
        if key_of(row) == mixed:
            row["text"] = row["text"].replace("boxed{", "boxed{9")
    path.write_text("".join(dumps(row) + "\n" for row in rows), encoding="utf-8")
    again = trial.make("data")
    trial.saw += trial.notices(again, path.name)[:2]
    check_words(trial, again)
    trial.promise(again.status == 0, f"make data: exit {again.status}: {again.lines[-2:]}")
    trial.promise(bool(trial.saw), "no word of it")
    trial.promise(kept(trial.run.verdicts)[mixed]["ok"] is not True, "the old verdict was believed")
    trial.promise(mixed not in kept(trial.run.mixture), "the changed answer is trained on")
    trial.promise(trial.door.asked.total() == 0, f"asked for {trial.door.asked.total()}")
    trial.lost.append("1 answer, by the fault itself: it is wrong now")
    trial.went.append(f"exit {again.status}; graded as it stands, not trained on")


FAULTS = [
    *[
        Fault(f"{name}-{how}", "corrupt file", f"{name}: {what}", damaged(file, damage))
        for name, file in FILES.items()
        for how, (damage, what) in DAMAGES.items()
    ],
    Fault("02_traces-digit", "corrupt file", "02_traces: a digit of one answer is another", one_digit),
]
