"""A training that is killed goes on by the same command and ends in the losses of one that was not.

One training is killed three times, each time at another kind of instant, and each time the same command is given again at
once. NEFTune adds noise to what the model reads, so that losses are equal only where weights, optimizer, schedule, order of
the rows and random states all are.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from data_gen.sections import thought_solution
from data_gen.sharegpt import dataset_info, sharegpt_row
from launch.training.checkpoints import checkpoints, faults_of
from tests.conftest import ROOT
from tests.tiny_model import make_tiny_model, needs_training

pytestmark = [*needs_training, pytest.mark.timeout(1200)]  # five starts: 107 s of CPU time, most of it imports

ROWS, BATCH, EPOCHS, SAVE = 48, 4, 3, 6
STEPS = ROWS // BATCH * EPOCHS
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


@dataclass
class Training:
    """A run with a dataset, and the command that starts its training and goes on with it."""

    run: Path
    model: Path
    said: list[str] = field(default_factory=list)  # by each start
    running: list[psutil.Process] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.run / "model/quickstart"

    @property
    def options(self) -> Path:
        return self.run / "logs/train.quickstart.yaml"

    @property
    def losses(self) -> list[tuple[int, float]]:
        return [(step, loss) for step, loss in json.loads((self.output / "train.json").read_text())["losses"]]

    def command(self, *more: str) -> list[str]:
        args = f"model_name_or_path={self.model} per_device_train_batch_size={BATCH} num_train_epochs={EPOCHS} "
        args += " ".join([f"save_steps={SAVE}", "learning_rate=1e-3", "neftune_noise_alpha=5", "plot_loss=false", *more])
        return [sys.executable, "-m", "launch.train", "--recipe=recipes/quickstart", f"--run={self.run}", f"--args={args}"]

    def start(self) -> psutil.Popen:
        self.options.unlink(missing_ok=True)
        with (self.run / "said.txt").open("w") as said:
            process = psutil.Popen(self.command(), cwd=ROOT, env=ENVIRONMENT, stdout=said, stderr=said)
        self.running = [process]
        return process

    def wait_for(self, instant: Callable[[], bool]) -> list[psutil.Process]:
        """Wait, without a pause once LLaMA-Factory runs, for an instant of the start; return the processes that run then."""
        deadline = time.monotonic() + 400
        while not (self.launched() and instant()):
            assert self.running[0].status() != psutil.STATUS_ZOMBIE, (self.run / "said.txt").read_text()
            assert time.monotonic() < deadline
        self.running += self.running[0].children(recursive=True)
        return self.running

    def kill(self, processes: list[psutil.Process]) -> None:
        """End processes at once, as a machine that loses its power does: first the one that writes."""
        for process in reversed(processes):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=30)
        self.said.append((self.run / "said.txt").read_text())

    def finish(self) -> None:
        status = self.running[0].wait(timeout=400)
        self.said.append((self.run / "said.txt").read_text())
        assert status == 0, self.said[-1]

    # Instants.

    def past_a_checkpoint(self) -> bool:
        time.sleep(0.005)
        log = self.output / "trainer_log.jsonl"
        return log.is_file() and log.read_text().count("\n") >= SAVE + 2

    def launched(self) -> bool:
        """Return whether this start has come to LLaMA-Factory, whose options it writes just before."""
        if self.options.exists():
            return True
        time.sleep(0.05)
        return False

    def saving(self) -> bool:
        """Return whether a checkpoint is being written: its optimizer is begun, its last file is not there."""
        return any(
            (folder / "optimizer.pt").exists() and not (folder / "trainer_state.json").exists()
            for folder in self.output.glob("checkpoint-*")
        )

    def removing_last(self) -> bool:
        """Return whether all steps are done and saved, and the oldest checkpoint is being removed, or just was. The model
        is still to be written."""
        if not (self.output / f"checkpoint-{STEPS}/trainer_state.json").exists():
            return False
        return not (self.output / f"checkpoint-{STEPS - 2 * SAVE}/optimizer.pt").exists()


@dataclass
class History:
    """A training that was left alone, and one that was killed at every kind of instant."""

    whole: Training
    killed: Training
    outlived: list[psutil.Process] = field(default_factory=list)  # of the first start, when the second began to train
    torn: list[str] = field(default_factory=list)  # checkpoints that lay there incomplete after any of the kills

    def note(self) -> None:
        self.torn += [path.name for path in checkpoints(self.killed.output).values() if faults_of(path)]


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> Iterator[History]:
    folder = tmp_path_factory.mktemp("kills")
    model = make_tiny_model(folder / "tiny")
    whole, killed = (Training(folder / name, model) for name in ("whole", "killed"))
    for training in (whole, killed):
        put_dataset(training.run)
    told = History(whole, killed)
    try:
        whole.start()
        whole.finish()

        first = killed.start()
        family = list(killed.wait_for(killed.past_a_checkpoint))
        killed.kill([first])  # alone: its guard is to end the others
        killed.start()
        killed.wait_for(lambda: True)
        told.outlived = [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

        for instant in (killed.saving, killed.removing_last):
            killed.kill(killed.wait_for(instant))
            told.note()
            killed.start()
        killed.finish()
        yield told
    finally:
        for training in (whole, killed):
            training.kill(training.running)


def put_dataset(run: Path) -> None:
    dataset = run / "dataset"
    dataset.mkdir(parents=True)
    texts = [(f"What is {n} + 1?", thought_solution(f"I add 1 to {n}.", f"It is {n + 1}.")) for n in range(ROWS)]
    lines = [json.dumps(sharegpt_row("Think.", *pair)) + "\n" for pair in texts]
    (dataset / "quickstart.jsonl").write_text("".join(lines))
    (dataset / "dataset_info.json").write_text(json.dumps(dataset_info("quickstart", "quickstart.jsonl")))


def test_after_three_kills_every_step_has_the_loss_of_a_training_that_was_left_alone(history):
    assert [step for step, _ in history.killed.losses] == list(range(1, STEPS + 1))
    assert history.killed.losses == history.whole.losses


def test_when_the_command_is_killed_its_training_ends_before_the_next_one_begins(history):
    assert history.outlived == []


def test_no_incomplete_checkpoint_is_gone_on_from(history):
    """The kill inside a save leaves one for sure, the kill inside a removal mostly."""
    assert history.torn
    said = "".join(history.killed.said)
    for name in history.torn:
        assert re.search(rf"{name} is (torn|incomplete) \(", said), (name, said)
    resumed = [int(step) for step in re.findall(r"resumes from step (\d+)", said)]
    assert resumed == sorted(resumed)
    assert (resumed[0], resumed[-1], len(resumed)) == (SAVE, STEPS, 3)
    assert [faults_of(path) for path in checkpoints(history.killed.output).values()] == [[], []]


def test_both_models_are_the_same_to_the_bit(history):
    one, other = ((training.output / "model.safetensors").read_bytes() for training in (history.whole, history.killed))
    assert one == other


@pytest.fixture
def copied(history, tmp_path) -> Training:
    """A run whose model folder was copied from another one, without that one's manifest."""
    training = Training(tmp_path / "copied", history.whole.model)
    put_dataset(training.run)
    shutil.copytree(history.whole.output, training.output)
    return training


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)


def test_a_copied_model_folder_is_refused_to_other_settings_and_done_for_its_own(copied):
    other = run(copied.command("learning_rate=2e-3"))
    assert other.returncode == 2
    assert "training.learning_rate: 0.001 -> 0.002" in other.stderr
    assert "RUN=new" in other.stderr
    assert len(other.stderr.splitlines()) == 1
    same = run(copied.command())  # the refusal left no trace of itself
    assert same.returncode == 0, same.stderr
    assert "done already" in same.stdout


def test_an_option_that_breaks_resuming_is_refused_before_anything_starts(copied):
    done = run(copied.command("save_only_model=true"))
    assert done.returncode == 2
    assert "save_only_model" in done.stderr
    assert len(done.stderr.splitlines()) == 1
