"""Whole or torn: a checkpoint that a kill left incomplete is known, at whatever file or byte it came."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.training.checkpoints import clear_torn, faults_of, is_whole
from tests.checkpoint_files import ZERO3, checkpoint, each_kind, write


@each_kind
def test_a_kill_between_any_two_files_leaves_a_torn_checkpoint(order, tmp_path):
    folder = tmp_path / "checkpoint-8"
    for name in [*order, "trainer_state.json"]:
        write(folder / name)
        assert (faults_of(folder) == []) == (name == "trainer_state.json"), name


@each_kind
def test_a_kill_inside_any_file_leaves_a_torn_checkpoint(order, tmp_path):
    folder = checkpoint(tmp_path, 8, order)
    for path in [path for path in folder.rglob("*") if path.is_file() and path.name != "latest"]:
        content = path.read_bytes()
        for length in (0, 1, len(content) // 2, len(content) - 1):
            path.write_bytes(content[:length])
            assert any(path.name in fault for fault in faults_of(folder)), (path.name, length)
        path.write_bytes(content)
    assert faults_of(folder) == []


# What resuming does without: the base's own config and the Trainer's arguments; with DeepSpeed its files hold the weights
# and, where its JSON names a scheduler, that too.
SPARE = {"config.json", "adapter_config.json", "training_args.bin"}


@each_kind
def test_without_any_file_that_resuming_reads_a_checkpoint_is_torn(order, tmp_path):
    spare = SPARE | ({"model.safetensors", "scheduler.pt"} if "latest" in order else set())
    for name in [name for name in order if name not in spare]:
        folder = checkpoint(tmp_path, 8, order)
        (folder / name).unlink()
        assert faults_of(folder), name
        shutil.rmtree(folder)


def test_the_last_process_to_write_its_random_state_is_waited_for(tmp_path):
    folder = checkpoint(tmp_path, 8, ZERO3)
    (folder / "rng_state_2.pth").unlink()  # the first process writes trainer_state.json without waiting for it
    assert faults_of(folder) == ["rng_state_2.pth is missing"]


@given(length=st.integers(0, 10**6), filled=st.booleans())
def test_no_part_of_a_file_of_torch_or_of_weights_is_taken_for_all_of_it(length, filled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    for name in ("optimizer.pt", "model.safetensors"):
        path = folder / name
        write(path)
        content = path.read_bytes()
        cut = content[: length % len(content)]
        path.write_bytes(cut.ljust(len(content), b"\0") if filled and not content.endswith(b"\0") else cut)
        assert not is_whole(path)
    shutil.rmtree(folder)


def test_what_is_not_known_of_fsdp_is_not_called_torn(tmp_path):
    folder = checkpoint(tmp_path, 8, ["pytorch_model_fsdp_0/__0_0.distcp", "optimizer_0/__0_0.distcp", "scheduler.pt"])
    assert faults_of(folder) == []


@pytest.mark.parametrize(("epoch", "resumes_from"), [(0.8, 4), (1.0, 8)])
def test_a_training_that_ended_inside_an_epoch_does_not_go_on_from_its_last_checkpoint(tmp_path, epoch, resumes_from):
    """The Trainer would train one step more there, and end in other weights."""
    for step in (4, 8):
        folder = checkpoint(tmp_path, step, ZERO3)
        state = {"global_step": step, "max_steps": 8, "epoch": epoch * step / 8}
        (folder / "trainer_state.json").write_text(json.dumps(state))
    assert clear_torn(tmp_path) == resumes_from


def test_a_last_checkpoint_that_is_the_only_one_is_gone_on_from(tmp_path):
    folder = checkpoint(tmp_path, 8, ZERO3)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": 8, "max_steps": 8, "epoch": 0.8}))
    assert clear_torn(tmp_path) == 8
