"""kill -9 of every stage in its middle, and of the vLLM that a stage has started.

Where a stage works for long (generate, eval, train) it is killed when its files are so far. A short one is killed just
before its n-th change of a file, by a library that is loaded before it (faults_preload.c): n is spread over the changes
that were counted in the undisturbed run, the first and the last among them.
"""

import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.faults_commands import Running
from bench.faults_compare import kept
from bench.faults_flow import Fault, check_words, go_on, journals, lines_of
from bench.faults_site import Trial
from bench.faults_train import INSTANTS, last_step
from data_gen.config import LOCAL
from data_gen.run_folder import Run

KIND = "kill -9"


def killed(trial: Trial, running: Running, instant: Callable[[], bool], number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal at an instant and note what the command said until then."""
    came = running.wait_for(instant)
    running.signal(number)
    first = running.end()
    trial.tell(first)
    trial.promise(came and first.status == -number, f"not killed: exit {first.status}, the benchmark is wrong")


def by_rows(stage: str, file: Callable[[Run], Path], rows: int) -> Callable[[Trial], None]:
    """kill -9 when a file has so many rows."""

    def run(trial: Trial) -> None:
        trial.begin(stage)
        killed(trial, trial.begin_stage(stage), lambda: lines_of(file(trial.run)) >= rows)
        go_on(trial, stage)

    return run


def by_change(stage: str, share: float) -> Callable[[Trial], None]:
    """kill -9 just before a change of a file: the first at a share of 0, the last at 1."""

    def run(trial: Trial) -> None:
        trial.begin(stage)
        total = trial.site.changes[stage]
        die_at = 1 + round(share * (total - 1))
        with trial.preloaded() as shared:
            shared.set("die_at", die_at)
            first = trial.stage(stage)
        trial.tell(first)
        trial.saw[-1] += f" (killed before change {die_at} of {total})"
        trial.promise(first.status == -signal.SIGKILL, f"not killed: exit {first.status}, the benchmark is wrong")
        go_on(trial, stage)

    return run


def training(instant: str) -> Callable[[Trial], None]:
    """kill -9 of the training's command at an instant: its guard has to end LLaMA-Factory."""

    def run(trial: Trial) -> None:
        trial.begin("train")
        running = trial.begin_stage("train")
        reached = INSTANTS[instant]
        came = running.wait_for(lambda: reached(trial.run))
        family = psutil.Process(running.process.pid).children(recursive=True) if came else []
        running.signal(signal.SIGKILL)
        first = running.end()
        trial.tell(first)
        trial.promise(came, f"it ended before: exit {first.status}")
        _, alive = psutil.wait_procs(family, timeout=30)
        trial.promise(not alive, f"{len(alive)} processes of the killed training live on")
        trained_again(trial)

    return run


def trained_again(trial: Trial) -> None:
    """Give the training's command again and compare losses and weights with those of the undisturbed training."""
    reached = last_step(trial.run)
    go_on(trial, "train")
    record = trial.record_of_training()
    if record is not None:
        again = max(0, reached - record["resumed_from"])
        trial.lost[:] = [f"{again} of {record['steps']} steps done again" if again else "no step"]
        trial.went.insert(1, f"resumed from step {record['resumed_from']}")


def server_killed(trial: Trial) -> None:
    """kill -9 of the vLLM that generate started, when 20 answers are there. A server's next answers are others: what was
    there has to stay, to the byte, and every problem has to have its answers."""
    trial.begin("generate", endpoint={"base_url": LOCAL, "concurrency": 8}, retries=2)
    running = trial.begin_stage("generate")
    came = running.wait_for(lambda: lines_of(trial.run.traces) >= 20)
    servers = (
        [one for one in psutil.Process(running.process.pid).children(recursive=True) if _is_server(one)] if came else []
    )
    for server in servers:
        with contextlib.suppress(psutil.NoSuchProcess):
            server.kill()
    first = running.end()
    trial.tell(first)
    trial.promise("the server of" in first.lines[-1], "no word of the server")
    check_words(trial, first)
    trial.promise(bool(servers) and first.status == 1, f"{len(servers)} servers killed, exit {first.status}")
    held = journals(trial)[trial.run.traces]
    again = trial.stage("generate")
    trial.promise(again.status == 0, f"the same command again: exit {again.status}")
    now, whole = kept(trial.run.traces), kept(trial.site.reference.traces)
    gone = sum(now.get(key) != row for key, row in held.items())
    trial.promise(gone == 0, f"{gone} answers that were on disk are gone")
    trial.promise(now.keys() == whole.keys(), "other (id, sample) than the undisturbed run")
    trial.lost.append(f"{gone or 'nothing'} of {len(held)} answers on disk")
    trial.went.append(f"exit {again.status}, a new server, asked for {len(now) - len(held)}")
    trial.went.append("the same (id, sample)")


def _is_server(process: psutil.Process) -> bool:
    try:
        return "vllm" in " ".join(process.cmdline()).lower() and "guard.py" not in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def when(share: int) -> str:
    """Return an instant in words: a share of a stage's changes of files, in percent."""
    return {0: "before its first change of a file", 100: "before its last change of a file"}.get(
        share, f"{share} % of its changes of files done"
    )


def traces(run: Run) -> Path:
    """Return where the teacher's answers lie."""
    return run.traces


def samples(model: str) -> Callable[[Run], Path]:
    """Return where the answers of a model lie."""
    return lambda run: run.eval(model, "heldout") / "samples.jsonl"


SHARES = {
    "collect": (0, 50, 100),
    "generate": (0, 100),
    "rewrite": (0, 50, 100),
    "verify": (0, 50, 100),
    "mix": (0, 30, 70, 100),
    "export": (0, 30, 70, 100),
    "eval": (20, 50, 85),
    "report": (0, 50, 100),
}
FAULTS = [
    *[
        Fault(f"kill-generate-at-{rows}", KIND, f"generate, {rows} answers on disk", by_rows("generate", traces, rows))
        for rows in (1, 30, 60)
    ],
    *[
        Fault(f"kill-{stage}-{share}", KIND, f"{stage}, {when(share)}", by_change(stage, share / 100))
        for stage, shares in SHARES.items()
        for share in shares
    ],
    *[
        Fault(f"kill-train-{instant.replace(' ', '-')}", KIND, f"train, {instant}", training(instant))
        for instant in INSTANTS
    ],
    *[
        Fault(f"kill-eval-{model}", KIND, f"eval, {model} at 5 answers", by_rows("eval", samples(model), 5))
        for model in ("base", "base_few_shot", "trained")
    ],
    Fault("kill-server", KIND, "the vLLM that generate started, at 20 answers", server_killed),
]
