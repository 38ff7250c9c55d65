"""The wall clock jumps by a day, backwards and forwards, under a generation with rate limits and under a training.

The clock of the command alone is shifted (faults_preload.c): the date of this machine is everybody's. Its monotonic clock
stays, as it does when a date is set. Not covered: times of files, which the kernel takes from its own clock.
"""

import email.utils
import time
from collections.abc import Callable

from bench.faults_flow import Fault, check_words, go_on, lines_of
from bench.faults_proxy import Break, Call
from bench.faults_site import Trial
from bench.faults_train import INSTANTS

DAY = 86_400


def under_generate(seconds: int) -> Callable[[Trial], None]:
    """The jump comes at 30 answers; the endpoint allows 1,200 requests a minute."""

    def run(trial: Trial) -> None:
        trial.begin("generate", endpoint={"rpm": 1200})
        with trial.preloaded() as shared:
            running = trial.begin_stage("generate")
            came = running.wait_for(lambda: lines_of(trial.run.traces) >= 30)
            shared.set("clock_s", seconds)
            first = running.end()
        trial.tell(first)
        check_words(trial, first)
        trial.promise(came and first.status == 0, f"the first command: exit {first.status}")
        trial.promise(first.seconds < 60, f"it took {first.seconds:.0f} s")
        go_on(trial, "generate")

    return run


def retry_after_a_date(seconds: int) -> Callable[[Trial], None]:
    """The command's clock is wrong from the start, and the endpoint says by a date when it wants to be asked again."""

    def script(call: Call) -> Break | None:
        when = email.utils.formatdate(time.time() + 2, usegmt=True)
        return Break("status", 429, {"Retry-After": when}) if call.attempt == 1 and call.number == 20 else None

    def run(trial: Trial) -> None:
        trial.begin("generate")
        trial.door.script = script
        with trial.preloaded() as shared:
            shared.set("clock_s", seconds)
            first = trial.stage("generate")
        trial.tell(first)
        check_words(trial, first)
        trial.promise(first.status == 0, f"the first command: exit {first.status}")
        trial.promise(first.seconds < 60, f"it took {first.seconds:.0f} s")
        go_on(trial, "generate")

    return run


def under_train(seconds: int) -> Callable[[Trial], None]:
    """The jump comes after the first step."""

    def run(trial: Trial) -> None:
        trial.begin("train")
        stepped = INSTANTS["after the first step"]
        with trial.preloaded() as shared:
            running = trial.begin_stage("train")
            came = running.wait_for(lambda: stepped(trial.run), pause_s=0.05)
            shared.set("clock_s", seconds)
            first = running.end()
        trial.tell(first)
        check_words(trial, first)
        trial.promise(came and first.status == 0, f"the first command: exit {first.status}")
        record = trial.record_of_training() or {"spent": {"seconds": -1.0}}
        took = record["spent"]["seconds"]
        trial.promise(0 < took < 3600, f"train.json says that it took {took} s")
        go_on(trial, "train")

    return run


FAULTS = [
    Fault("clock-back-generate", "clock", "a day back under generate, with rpm: 1200", under_generate(-DAY)),
    Fault("clock-forth-generate", "clock", "a day ahead under generate, with rpm: 1200", under_generate(DAY)),
    Fault("clock-back-date", "clock", "a day behind, and HTTP 429 with Retry-After as a date", retry_after_a_date(-DAY)),
    Fault("clock-forth-date", "clock", "a day ahead, and HTTP 429 with Retry-After as a date", retry_after_a_date(DAY)),
    Fault("clock-back-train", "clock", "a day back under train", under_train(-DAY)),
    Fault("clock-forth-train", "clock", "a day ahead under train", under_train(DAY)),
]
