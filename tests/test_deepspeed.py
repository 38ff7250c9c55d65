"""DeepSpeed itself: the published YAML with its ZeRO-3 JSON, in one process and in two, beside plain training.

The YAML is `sky_t1_preview`, its `ds_configs/zero3_offload.json` as it is, optimizer and weights offloaded, a tiny model on
a CPU in fp32: `bf16: true` needs a GPU or `use_cpu`, and with `use_cpu` DeepSpeed counts one process. What a GPU adds (NCCL,
streams, pinned memory, bf16) is not covered. The rows differ in length, so that tokens weigh right only when they are
counted over all micro-batches and processes.

Tolerances, from 16 steps on 2 cores, torch 2.11, DeepSpeed 0.19.8. "right" is the largest difference from plain training
of one and two processes, the others are two processes doing something wrong:

|                                        | loss, absolute | gradient's norm, relative | weights, absolute |
|----------------------------------------|----------------|---------------------------|-------------------|
| right                                  | 8e-6           | 1.1e-4                    | 5e-7              |
| allowed                                | 1e-4           | 5e-4                      | 1e-5              |
| one micro-batch of eight dropped       | 5e-3           | 0.6                       | 4e-3              |
| tokens weighed by each process alone   | 4e-3           | 2.5e-2                    | 2e-3              |
| half the batch                         | 0.3            | 0.3                       | 1e-2              |
| gradients twice as large               | 8e-6           | 1.0                       | 5e-7              |

The last is why norms are compared: Adam takes out any factor of the gradient, so no loss shows it. What is left of the
norm's difference is plain training's: torch adds up 3 million squares in fp32, 6e-5 too small for a tensor of that size.
"""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from data_gen import train_env
from data_gen.sections import thought_solution
from data_gen.sharegpt import dataset_info, sharegpt_row
from tests.conftest import ROOT, rows
from tests.tiny_model import make_tiny_model, needs_training

pytestmark = needs_training

ROWS, EPOCHS, SAVE, KILLED_AFTER = 24, 2, 7, 9  # the next checkpoint is the last step: a slow machine may kill late
STEPS = ROWS * EPOCHS // 4
SAME = (
    f"template=smollm2 cutoff_len=512 bf16=null learning_rate=1e-3 num_train_epochs={EPOCHS} save_steps={SAVE} "
    f"preprocessing_num_workers=1 report_to=none plot_loss=false gradient_accumulation_steps=2"
)
DIFFERENCES = """
import sys, torch
from transformers import AutoModelForCausalLM
one, *others = (AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).state_dict() for path in sys.argv[1:])
for other in others:
    assert one.keys() == other.keys()
    print(max((one[name] - other[name]).abs().max().item() for name in one))
"""


@dataclass
class Training:
    """A run of its own, and the command that trains in it: in `processes` with DeepSpeed, or in one without (0)."""

    run: Path
    model: Path
    processes: int

    @property
    def output(self) -> Path:
        return self.run / "model/sky_t1_preview"

    def start(self) -> psutil.Popen:
        more = "deepspeed=null" if self.processes == 0 else ""
        args = f"model_name_or_path={self.model} {SAME} per_device_train_batch_size={2 if self.processes < 2 else 1} {more}"
        words = ["--recipe=recipes/sky_t1_preview", f"--run={self.run}", f"--args={args}"]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "NPROC_PER_NODE": str(self.processes or 1)}
        with (self.run / "said.txt").open("w") as said:
            words = [sys.executable, "-m", "launch.train", *words]
            return psutil.Popen(words, cwd=ROOT, env=environment, stdout=said, stderr=said)

    def finish(self, process: psutil.Popen) -> None:
        assert process.wait(timeout=400) == 0, (self.run / "said.txt").read_text()

    def kill_late(self, process: psutil.Popen) -> dict[int, float]:
        """Kill the command some steps after its checkpoint; return the losses until then."""
        log = self.output / "trainer_log.jsonl"
        while not (log.is_file() and log.read_text().count("\n") >= KILLED_AFTER):
            assert process.poll() is None, (self.run / "said.txt").read_text()
            time.sleep(0.02)
        family = [process, *process.children(recursive=True)]
        process.kill()
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
        return {row["current_steps"]: row["loss"] for row in rows(log)}

    def column(self, name: str) -> list[float]:
        """Return a column of the Trainer's own log, a value a step; "loss" has more digits there than in train.json."""
        history = json.loads((self.output / "trainer_state.json").read_text())["log_history"]
        told = [row for row in history if "loss" in row]
        assert [row["step"] for row in told] == list(range(1, STEPS + 1))
        return [row[name] for row in told]


def put_dataset(run: Path) -> None:
    dataset = run / "dataset"
    dataset.mkdir(parents=True)
    thoughts = [" ".join(f"{k} + 1 = {k + 1}." for k in range(n, n + 1 + 7 * n % 13)) for n in range(ROWS)]
    texts = [(f"What is {n} + 1?", thought_solution(thoughts[n], f"It is {n + 1}.")) for n in range(ROWS)]
    lines = [json.dumps(sharegpt_row("Think.", *pair)) + "\n" for pair in texts]
    (dataset / "sky_t1_preview.jsonl").write_text("".join(lines))
    (dataset / "dataset_info.json").write_text(json.dumps(dataset_info("sky_t1_preview", "sky_t1_preview.jsonl")))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The training without DeepSpeed, left alone."""
    folder = tmp_path_factory.mktemp("plain")
    training = Training(folder / "run", make_tiny_model(folder / "tiny"), processes=0)
    put_dataset(training.run)
    training.finish(training.start())
    return training


@pytest.fixture(scope="module", params=[1, 2], ids=["one_process", "two_processes"])
def resumed(request, plain, tmp_path_factory):
    """The training with DeepSpeed, killed late and started again, and its losses before the kill."""
    training = Training(tmp_path_factory.mktemp("deepspeed") / "run", plain.model, request.param)
    put_dataset(training.run)
    process = training.start()
    try:
        before = training.kill_late(process)
        process = training.start()
        training.finish(process)
    finally:
        if process.is_running():
            process.kill()  # its guard ends the others
    return training, before


def test_it_is_deepspeed_with_its_own_optimizer_in_so_many_processes(resumed):
    training, _ = resumed
    shards = list((training.output / f"checkpoint-{STEPS}").glob("global_step*/*optim_states.pt"))
    assert len(shards) == training.processes
    log = (training.run / "logs/train.sky_t1_preview.log").read_text()
    assert re.search(r"Adam Optimizer #\d+ is created", log)  # DeepSpeedCPUAdam


def test_losses_and_gradients_are_those_of_plain_training(plain, resumed):
    training, _ = resumed
    assert training.column("loss") == pytest.approx(plain.column("loss"), abs=1e-4, rel=0)
    assert training.column("grad_norm") == pytest.approx(plain.column("grad_norm"), rel=5e-4)


def test_after_a_kill_the_same_command_repeats_the_losses_of_the_steps_that_were_lost(resumed):
    training, before = resumed
    assert f"resumes from step {SAVE}\n" in (training.run / "said.txt").read_text()
    told = json.loads((training.output / "train.json").read_text())["losses"]
    again = {step: loss for step, loss in told if SAVE < step <= max(before)}
    assert len(again) >= KILLED_AFTER - SAVE
    # Seen: one process repeats them to the last digit, two came out 2e-6 apart at one step, two units of the last digit.
    assert again == pytest.approx({step: before[step] for step in again}, abs=1e-5, rel=0)


def test_the_gathered_weights_are_those_of_plain_training_for_transformers(plain, resumed):
    training, _ = resumed
    words = [train_env.PYTHON, "-c", DIFFERENCES, training.output, plain.output, plain.model]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    from_plain, from_the_start = map(float, done.stdout.split())
    assert from_plain < 1e-5
    assert from_the_start > 1e-3
