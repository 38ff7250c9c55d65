"""train.json: planned against spent, and every start of a training counts."""

import errno
import json

import pytest

from data_gen.cli import UserError
from launch.training import peak_memory
from launch.training.hours import flops
from launch.training.model_shape import Shape
from launch.training.record import describe, record
from launch.training.starts import Starts

SHAPE = Shape(576, 1536, 30, 9, 3, 49152, tied=True)
MACHINE = {"gpu": "NVIDIA H100 80GB HBM3", "gpus": 8, "nodes": 1, "cpus": None}
PLANNED = {"seconds": 100.0, "dollars": 0.67, "gpu_hour": 3.0, "peak": 1e12, "memory": {"gpu_gb": 20.0, "host_gb": 5.0}}
FACTS = {"rows": 100, "tokens": 10_000}
OPTIONS = {"num_train_epochs": 2.0, "finetuning_type": "full"}


@pytest.fixture
def output(tmp_path):
    """Return the folder of a model that LLaMA-Factory trained for 4 steps in 50 s."""
    folder = tmp_path / "model/x"
    write(folder, [1, 2, 3, 4])
    return folder


def write(folder, steps, total=4, **keys):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"current_steps": n, "total_steps": total, "loss": 2.0 - n / 10} | keys) for n in steps]
    (folder / "trainer_log.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "train_results.json").write_text(json.dumps({"train_runtime": 50.0, "epoch": 2.0}))


def start(output, seconds, first=0, settings=None, planned=PLANNED, whole=True, host_gb=4.0):
    starts = Starts.begin(output, settings or {"lr": 1}, planned, first)
    starts.beat(seconds, host_gb)
    if whole:
        with starts:
            pass
    else:
        starts._write()  # as the last beat before a kill
    return starts


def recorded(output, starts):
    return record(output, FACTS, OPTIONS, starts, MACHINE, SHAPE, starts.planned["peak"])


def test_planned_and_spent_stand_side_by_side(output):
    result = recorded(output, start(output, 80.0))
    assert json.loads((output / "train.json").read_text()) == result
    assert (result["planned"]["seconds"], result["spent"]["seconds"]) == (100.0, 80.0)
    assert result["spent"]["dollars"] == pytest.approx(80 / 3600 * 8 * 3.0, abs=0.01)
    assert result["spent"]["mfu"] == pytest.approx(flops(SHAPE, 20_000, 100) / 50 / 1e12, abs=1e-4)
    assert result["spent"]["tokens_per_second"] == result["tokens_per_second"] == 400


@pytest.mark.parametrize("clocked", [-86_350.0, 0.0, 86_450.0])
def test_a_clock_that_was_set_while_training_makes_no_rate_and_no_share(output, clocked):
    (output / "train_results.json").write_text(json.dumps({"train_runtime": clocked, "epoch": 2.0}))
    result = recorded(output, start(output, 80.0))
    assert (result["spent"]["mfu"], result["tokens_per_second"], result["spent"]["seconds"]) == (None, None, 80.0)
    assert len(describe(result)) == 2


def test_the_time_of_a_killed_start_is_counted(output):
    start(output, 30.0, whole=False)
    result = recorded(output, start(output, 60.0, first=2))
    assert (result["spent"]["seconds"], result["spent"]["starts"], result["resumed_from"]) == (90.0, 2, 2)
    assert result["seconds"] == 60.0


def test_what_raises_is_a_start_that_is_not_whole(output):
    starts = start(output, 30.0, whole=False)
    with pytest.raises(UserError), starts:
        raise UserError("out of memory")
    assert start(output, 60.0).seconds == 90.0


def test_a_resumed_training_is_held_against_the_plan_of_its_first_start(output):
    start(output, 30.0, whole=False)
    again = start(output, 60.0, planned=PLANNED | {"seconds": 7.0})
    assert again.planned["seconds"] == 100.0


def test_only_the_tokens_since_the_resume_are_set_against_its_time(output):
    start(output, 30.0, whole=False)
    assert recorded(output, start(output, 60.0, first=2))["tokens_per_second"] == 200


@pytest.mark.parametrize(("settings", "whole"), [({"lr": 2}, False), ({"lr": 1}, True)])
def test_another_training_counts_from_zero(output, settings, whole):
    start(output, 30.0, settings={"lr": 1}, whole=whole)
    assert start(output, 60.0, settings=settings).seconds == 60.0


def test_the_record_of_starts_lies_beside_the_folder_that_llama_factory_wants_empty(tmp_path):
    output = tmp_path / "model/x"
    start(output, 1.0)
    assert not output.exists()
    assert [path.name for path in output.parent.iterdir()] == [".x.starts.json"]


def test_a_beat_is_on_disk_before_the_next_one_is_late(output, monkeypatch):
    now = 100.0
    monkeypatch.setattr("launch.training.starts.time.monotonic", lambda: now)
    starts = Starts.begin(output, {}, PLANNED, 0)
    for seconds in range(20):
        now = 100.0 + seconds
        starts.beat(seconds, 1.0)
        assert seconds - json.loads(starts.path.read_text())["starts"][-1]["seconds"] < 5


def test_a_disk_that_is_full_for_a_moment_does_not_end_a_training(output, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    starts = Starts.begin(output, {}, PLANNED, 0)
    starts._written -= 60
    with monkeypatch.context() as patched:
        patched.setattr("launch.training.starts.write_text", full)
        starts.beat(7.0, 1.0)
    starts.beat(8.0, 1.0)
    assert json.loads(starts.path.read_text())["starts"][-1]["seconds"] == 8.0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"starts": [{}]}', '{"starts": []}', '{"starts": [1]}'])
def test_a_record_of_starts_that_cannot_be_read_is_told_in_one_line(output, content):
    output.with_name(".x.starts.json").write_text(content)
    with pytest.raises(UserError, match=r"\.x\.starts\.json: not readable; remove it"):
        start(output, 1.0)


def test_a_step_that_was_done_again_counts_once(output):
    write(output, [1, 2, 3, 3, 4])
    assert [step for step, _ in recorded(output, start(output, 1.0))["losses"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(("steps", "told"), [([], "no step was trained"), ([1, 2], "step 2 of 4")])
def test_a_training_that_ended_early_leaves_no_record(output, steps, told):
    write(output, steps)
    with pytest.raises(UserError, match=told):
        recorded(output, start(output, 1.0))
    assert not (output / "train.json").exists()


def test_steps_that_are_logged_now_and_then_or_never_make_a_whole_training(output):
    for logged in ([1, 3], []):
        write(output, logged)
        with (output / "trainer_log.jsonl").open("a") as log:  # LLaMA-Factory's row of the end has no loss
            log.write('{"current_steps": 4, "total_steps": 4, "epoch": 2.0}\n')
        result = recorded(output, start(output, 50.0))
        assert [step for step, _ in result["losses"]] == logged
        assert describe(result)[0].startswith("4 steps in 50 s")


def test_a_torn_line_of_the_log_costs_no_more_than_its_step(output):
    lines = (output / "trainer_log.jsonl").read_text().splitlines()
    (output / "trainer_log.jsonl").write_text("\n".join([lines[0], lines[1][:30] + lines[2], lines[3]]) + "\n")
    assert [step for step, _ in recorded(output, start(output, 1.0))["losses"]] == [1, 4]


def test_a_start_that_found_all_steps_done_has_no_speed(output):
    start(output, 30.0, whole=False)
    result = recorded(output, start(output, 9.0, first=4))
    assert (result["tokens_per_second"], result["spent"]["mfu"]) == (None, None)
    assert describe(result)[0] == "0 of 4 steps in 9 s, loss 1.900 -> 1.600"


def test_the_steps_of_a_resumed_start_are_told_with_its_seconds(output):
    start(output, 30.0, whole=False)
    assert describe(recorded(output, start(output, 60.0, first=3)))[0].startswith("1 of 4 steps in 60 s, 100 tokens/s")


def test_the_share_of_the_peak_is_of_the_chips_that_the_last_start_had(output):
    start(output, 30.0, whole=False)
    result = record(output, FACTS, OPTIONS, start(output, 60.0), MACHINE, SHAPE, 2e12)
    assert result["spent"]["mfu"] == pytest.approx(flops(SHAPE, 20_000, 100) / 50 / 2e12, abs=1e-4)


def test_memory_that_nobody_saw_is_not_told(output):
    assert "host memory" not in describe(recorded(output, start(output, 60.0, host_gb=0.0)))[1]


@pytest.mark.parametrize(("gpus", "told"), [(8, "% of the peak"), (0, "% of the matrix rate")])
def test_a_share_is_told_with_what_it_is_a_share_of(output, gpus, told):
    machine = MACHINE | {"gpus": gpus}
    assert told in describe(record(output, FACTS, OPTIONS, start(output, 60.0), machine, SHAPE, 1e12))[1]


def test_without_a_price_or_a_peak_there_is_no_figure(output):
    unknown = PLANNED | {"seconds": None, "dollars": None, "gpu_hour": None, "peak": None, "memory": None}
    result = recorded(output, start(output, 80.0, planned=unknown))
    assert (result["spent"]["dollars"], result["spent"]["mfu"]) == (None, None)
    assert "took 1.3 minutes" in describe(result)[1]
    assert "planned" not in describe(result)[1]


def test_the_last_line_says_how_far_the_plan_was_off(output):
    line = describe(recorded(output, start(output, 120.0)))[1]
    assert "planned 1.7 minutes, took 2.0 minutes (+20 %)" in line
    assert "4.0 GB of host memory, 5.0 planned" in line


# --- memory -----------------------------------------------------------------------------------------------------------


def test_the_peak_of_a_gpu_is_the_highest_that_was_logged(output):
    write(output, [1, 2, 3, 4], vram_allocated=10.0, vram_reserved=12.0)
    memory = recorded(output, start(output, 1.0))["spent"]["memory"]
    assert memory == {"host_gb": 4.0, "gpu_allocated_gb": 10.74, "gpu_reserved_gb": 12.88}  # GiB are logged


def test_without_a_gpu_no_peak_of_one_is_told():
    assert peak_memory.gpu_gb([{"vram_allocated": 0.0, "vram_reserved": -0.0}, {"loss": 1.0}]) == {}
