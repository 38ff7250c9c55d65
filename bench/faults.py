"""Break everything that can break under a quickstart, and see whether what is promised holds.

    python -m bench.faults [--only=429,kill-train] [--folder=DIR] [--keep] [--jobs=2] [--write] [--names]

The recipe is the real one, made small by --limit and a few steps: the real teacher behind vLLM, LLaMA-Factory's training,
the evaluation and the report, by the commands that a user types. An undisturbed run is made first; then each fault happens
to a copy of it, the same command is given again, and every file is compared with the undisturbed run's. Prints a Markdown
table: what the user saw, what was lost, how it went on. Exit status 1 where a fault ended otherwise than promised.

--only takes names, or beginnings of names. --keep leaves the folder, and a second call with the same --folder starts from
the undisturbed run that is there and adds to its results. --write puts the table into docs/reliability.md.

Not covered: a power cut (what the kernel had not written), two machines on one folder, a GPU that fails; `label` and a
rewriting model, which the quickstart has not: they are killed in tests/test_kills.py.
"""

import json
import shutil
import signal
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from bench import faults_clock, faults_corruption, faults_disk, faults_endpoint, faults_kills, faults_table, faults_user
from bench.faults_flow import Fault
from bench.faults_site import Site
from bench.faults_table import Line
from data_gen.cli import ConfigError, UserError, command
from data_gen.progress import bar

FAULTS: list[Fault] = [
    *faults_endpoint.FAULTS,
    *faults_kills.FAULTS,
    *faults_user.FAULTS,
    *faults_disk.FAULTS,
    *faults_corruption.FAULTS,
    *faults_clock.FAULTS,
]
RESULTS = "results.jsonl"


def main(
    only: str | None = None,
    folder: str | None = None,
    keep: bool = False,
    jobs: int = 2,
    limit: int = 24,
    questions: int = 16,
    steps: int = 4,
    write: bool = False,
    names: bool = False,
) -> None:
    """Inject faults, those whose names begin with one of `only`, into a run of `limit` problems, `questions` of evaluation
    and `steps` of training."""
    chosen = choose(only)
    if names:
        print("\n".join(f"{fault.name:<28} {fault.kind}: {fault.what}" for fault in chosen))
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it, and its children would too
    place = Path(folder).resolve() if folder else Path(tempfile.mkdtemp(prefix="faults-"))
    began = time.monotonic()
    try:
        with Site(place, limit, questions, steps) as site:
            site.prepare()
            lines = inject(site, chosen, jobs, keep)
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
    seconds = time.monotonic() - began
    print(faults_table.table(lines))
    print(f"{len(chosen)} faults in {seconds / 60:.1f} minutes; the table has {len(lines)}")
    if write:
        scale = f"{limit} problems, 4 answers each; {steps} training steps; {questions} questions of three models"
        done = {line.name for line in lines}
        faults_table.write(lines, scale, [fault.name for fault in FAULTS if fault.name not in done])
        print(f"wrote the table into {faults_table.PAGE}")
    broken = [line for line in lines if line.broken]
    if broken:
        raise UserError("\n".join(f"{line.name}: not as promised: {'; '.join(line.broken)}" for line in broken))


def choose(only: str | None) -> list[Fault]:
    """Return the faults whose names begin with one of those asked for. Raises ConfigError for a name that none has."""
    if only is None:
        return FAULTS
    asked = [name.strip() for name in only.split(",")]
    exact = {fault.name for fault in FAULTS}
    unknown = [name for name in asked if not any(fault.name.startswith(name) for fault in FAULTS)]
    if unknown:
        raise ConfigError(f"--only: {', '.join(unknown)}: no such fault; --names lists them")
    return [
        fault
        for fault in FAULTS
        if any(fault.name == name or (name not in exact and fault.name.startswith(name)) for name in asked)
    ]


def inject(site: Site, chosen: list[Fault], jobs: int, keep: bool) -> list[Line]:
    """Do the faults, some beside each other, and return a line for each; those of an earlier call with this folder too."""
    results = site.folder / RESULTS
    known = (
        {row["name"]: Line(**row) for row in map(json.loads, results.read_text().splitlines())} if results.is_file() else {}
    )
    heavy, light = ThreadPoolExecutor(1), ThreadPoolExecutor(max(1, jobs - 1))  # a training takes gigabytes: one at a time
    with heavy, light, bar(len(chosen), " faults", "faults") as progress:
        waiting = [(heavy if "train" in fault.name else light).submit(one, site, fault, keep) for fault in chosen]
        try:
            for done in as_completed(waiting):
                line = done.result()
                known[line.name] = line
                with results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line.row()) + "\n")
                progress.set_postfix_str(f"{line.name}{' NOT AS PROMISED' if line.broken else ''}", False)
                progress.update(1)
        finally:
            for pool in (heavy, light):  # at Ctrl-C those that run are ended, the others never begin
                pool.shutdown(wait=False, cancel_futures=True)
    order = [fault.name for fault in FAULTS]
    return sorted((line for line in known.values() if line.name in order), key=lambda line: order.index(line.name))


def one(site: Site, fault: Fault, keep: bool) -> Line:
    """Do one fault. A fault of the benchmark itself is an outcome too, and not the promised one."""
    began = time.monotonic()
    trial = site.trial(fault.name)
    try:
        fault.run(trial)
    except (UserError, OSError, KeyError, ValueError, AssertionError) as error:
        trial.promise(False, f"the benchmark failed: {type(error).__name__}: {error}")
        (trial.folder / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        trial.close(keep and bool(trial.broken))
    seconds = round(time.monotonic() - began, 1)
    broken = [trial.shortened(one) for one in trial.broken]
    told = (trial.saw, trial.lost, trial.went, broken)
    return Line(fault.name, fault.kind, fault.what, *told, seconds, faults_table.commit())


if __name__ == "__main__":
    command(main)
