"""What a user does: stops a command, starts it twice, edits a YAML, has a part of the environment missing."""

import shutil
import signal
from collections.abc import Callable
from typing import Any

from bench.faults_commands import ROOT
from bench.faults_compare import differences
from bench.faults_flow import Fault, check_words, go_on, journals, lines_of
from bench.faults_kills import killed, samples, trained_again
from bench.faults_site import Trial
from bench.faults_train import INSTANTS
from data_gen.config import LOCAL
from data_gen.run_folder import Run

Instant = Callable[[Run], bool]
PARTS = ("data_gen", "eval", "launch", "recipes", "llamafactory_configs", "ds_configs")
MODEL = "runs/models/SmolLM2-135M-Instruct"
UNDER_WAY: dict[str, Instant] = {
    "generate": lambda run: lines_of(run.traces) >= 30,
    "train": INSTANTS["after the first checkpoint"],
    "eval": lambda run: lines_of(samples("base")(run)) >= 5,
}


def way_back(trial: Trial, stage: str) -> None:
    """Go on with a stage as its kind asks for."""
    if stage == "train":
        trained_again(trial)
    else:
        go_on(trial, stage)


def interrupted(stage: str) -> Callable[[Trial], None]:
    """Ctrl-C: SIGINT to the command and all of its group, as a terminal sends it. In make, where make has the stage."""
    by_make = {"generate": "data", "train": "train"}

    def run(trial: Trial) -> None:
        trial.begin(stage)
        words = trial.make_words(by_make[stage]) if stage in by_make else None
        running = trial.begin_words(words) if words else trial.begin_stage(stage)
        came = running.wait_for(lambda: UNDER_WAY[stage](trial.run))
        running.signal(signal.SIGINT, group=True)
        first = running.end()
        own = [line for line in first.lines if "interrupted" in line]
        trial.tell(first)
        trial.saw[:0] = [trial.shortened(line) for line in own if trial.shortened(line) not in trial.saw]
        trial.promise(came and first.status != 0, f"exit {first.status}")
        trial.promise(bool(own) and not any(line.startswith("Traceback") for line in first.lines), "no word, or a traceback")
        way_back(trial, stage)

    return run


def terminated(stage: str) -> Callable[[Trial], None]:
    """SIGTERM, as a scheduler sends it."""

    def run(trial: Trial) -> None:
        trial.begin(stage)
        killed(trial, trial.begin_stage(stage), lambda: UNDER_WAY[stage](trial.run), signal.SIGTERM)
        way_back(trial, stage)

    return run


def twice(stage: str, started: Instant) -> Callable[[Trial], None]:
    """The same command is given while it runs: the second is refused, the first ends well."""

    def run(trial: Trial) -> None:
        trial.begin(stage)
        running = trial.begin_stage(stage)
        came = running.wait_for(lambda: started(trial.run))
        trial.door.delay_s = 5.0  # the first is not done before the second has said its word
        second = trial.stage(stage)
        trial.door.delay_s = 0.02
        first = running.end()
        trial.tell(second)
        check_words(trial, second)
        trial.promise(came and second.status == 1 and len(second.lines) <= 4, f"the second: exit {second.status}")
        trial.promise(first.status == 0, f"the first: exit {first.status}: {first.lines[-1:]}")
        way_back(trial, stage)

    return run


def edited(key: str, change: dict[str, Any]) -> Callable[[Trial], None]:
    """A key of the YAML is changed after the stage was done, then put back."""

    def run(trial: Trial) -> None:
        trial.begin("train")
        held = journals(trial)
        teacher, keys = dict(trial.teacher), dict(trial.keys)
        (trial.teacher if key.startswith("teacher") else trial.keys).update(change)
        trial.write_recipe()
        first = trial.make("data")
        trial.tell_of(first, "RUN=new")
        check_words(trial, first)
        trial.promise(first.status != 0, f"exit {first.status}")
        trial.promise(any(key in line and "RUN=new" in line for line in first.lines), f"no line names {key}")
        trial.teacher, trial.keys = teacher, keys
        trial.write_recipe()
        again = trial.make("data")
        trial.promise(again.status == 0, f"put back: exit {again.status}: {again.lines[-1:]}")
        found = differences(trial.run, trial.site.reference, "export")
        trial.promise(not found, "; ".join(found))
        trial.promise(trial.door.asked.total() == 0, f"asked for {trial.door.asked.total()}")
        trial.promise(journals(trial) == held, "answers were changed")
        trial.lost.append("nothing")
        trial.went.append(f"the key put back: exit {again.status}, asked for 0, all files equal")

    return run


def faulty(text: str) -> Callable[[Trial], None]:
    """The YAML has a fault: exit 2 before anything happens."""

    def run(trial: Trial) -> None:
        trial.begin("generate")
        path = trial.recipe / "data.yaml"
        right = path.read_text(encoding="utf-8")
        path.write_text(right + text, encoding="utf-8")
        first = trial.stage("generate")
        trial.tell(first)
        check_words(trial, first)
        trial.promise(first.status == 2 and trial.door.asked.total() == 0, f"exit {first.status}")
        path.write_text(right, encoding="utf-8")
        go_on(trial, "generate")

    return run


def without(stage: str, missing: str, says: str, teacher: dict[str, Any]) -> Callable[[Trial], None]:
    """A part of the environment is missing: the command runs in a copy of the project that lacks it."""

    def run(trial: Trial) -> None:
        trial.begin(stage, **teacher)
        tree = trial.folder / "project"
        for part in PARTS:
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        (tree / MODEL).parent.mkdir(parents=True)
        for part in {".venv", ".venv-train", ".venv-serve", MODEL} - {missing}:
            (tree / part).symlink_to(ROOT / part)
        words = [str(tree / ".venv/bin/python"), "-m", *trial.words(stage)]
        first = trial.begin_words(words, cwd=tree).end()
        trial.tell(first)
        check_words(trial, first)
        trial.promise(first.status == 1, f"exit {first.status}")
        trial.promise(any(says in line for line in first.lines[-3:]), f"no word of {says}")
        shutil.rmtree(tree)
        trial.teacher.clear()
        trial.write_recipe()
        way_back(trial, stage)

    return run


def missing_benchmark(trial: Trial) -> None:
    """The file of the benchmark whose questions must not be trained on is gone."""
    trial.begin("collect")
    (trial.run.benchmarks / "heldout.jsonl").unlink()
    first = trial.stage("collect")
    trial.tell(first)
    check_words(trial, first)
    trial.promise(first.status == 1 and "heldout" in first.lines[-1], f"exit {first.status}")
    again = trial.make("data")
    trial.promise(again.status == 0, f"make data: exit {again.status}")
    trial.went.append("make data, which writes it:")
    go_on(trial, "collect")


LATER = {"reasoning_gym": {"seed": 5}}
EDITS: list[tuple[str, str, str, dict[str, Any]]] = [  # name, what, key, what is put into the recipe
    ("yaml-teacher", "teacher.temperature: 0.7 -> 0.2", "teacher.temperature", {"temperature": 0.2}),
    ("yaml-mix", "mix.pick: shortest -> longest", "mix.pick", {"mix": {"pick": "longest"}}),
    ("yaml-source", "sources.reasoning_gym.seed: 0 -> 5", "sources.reasoning_gym.seed", {"sources": LATER}),
]
MISSING = [  # name, what, stage, the part that is missing, what the message names, keys of the teacher
    ("no-train-environment", "train without .venv-train", "train", ".venv-train", ".venv-train is missing", {}),
    ("no-student", "mix without the student's folder", "mix", MODEL, "SmolLM2-135M-Instruct", {}),
    (
        "no-serve-environment",
        "generate without .venv-serve",
        "generate",
        ".venv-serve",
        ".venv-serve is missing",
        {"endpoint": {"base_url": LOCAL}},
    ),
]
BY = {"generate": "make data", "train": "make train", "eval": "eval"}
FAULTS = [
    *[Fault(f"ctrl-c-{stage}", "Ctrl-C", f"{BY[stage]}, in its middle", interrupted(stage)) for stage in UNDER_WAY],
    *[Fault(f"sigterm-{stage}", "SIGTERM", f"{stage}, in its middle", terminated(stage)) for stage in UNDER_WAY],
    Fault("twice-generate", "two commands", "generate, while it runs", twice("generate", UNDER_WAY["generate"])),
    Fault("twice-train", "two commands", "train, while it loads", twice("train", INSTANTS["while it loads"])),
    Fault("twice-eval", "two commands", "eval, while it runs", twice("eval", UNDER_WAY["eval"])),
    *[Fault(name, "changed YAML", f"{what}, then make data", edited(key, change)) for name, what, key, change in EDITS],
    Fault("yaml-unknown", "changed YAML", "an unknown key, then generate", faulty("\ntemprature: 1\n")),
    Fault("yaml-broken", "changed YAML", "no YAML any more, then generate", faulty("\nmix: {pick: [\n")),
    *[
        Fault(name, "environment", what, without(stage, missing, says, teacher))
        for name, what, stage, missing, says, teacher in MISSING
    ],
    Fault("no-benchmark", "environment", "collect without the benchmark's questions", missing_benchmark),
]
