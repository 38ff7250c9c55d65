"""What a start does with checkpoints: it goes on from the last whole one, and no torn one takes room for long."""

import shutil

import pytest

from launch.training.checkpoints import clear_torn, is_whole, room_taken
from tests.checkpoint_files import TWO_PROCESSES, ZERO3, checkpoint, write


def names(output):
    return sorted(path.name for path in output.iterdir())


def test_training_goes_on_from_the_last_whole_checkpoint(tmp_path, capsys):
    for step in (8, 16, 100):
        checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-100/trainer_state.json").unlink()
    assert clear_torn(tmp_path) == 16
    assert names(tmp_path) == ["checkpoint-16", "checkpoint-8", "torn-checkpoint-100"]
    said = capsys.readouterr().out
    assert "checkpoint-100 is torn (trainer_state.json is missing): set aside" in said
    assert "resumes from step 16" in said


def test_a_checkpoint_that_was_half_removed_is_removed(tmp_path, capsys):
    for step in (8, 16):
        checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-8/optimizer.pt").unlink()
    assert clear_torn(tmp_path) == 16
    assert names(tmp_path) == ["checkpoint-16"]
    assert "checkpoint-8 is incomplete (optimizer.pt is missing)" in capsys.readouterr().out


def test_with_only_a_torn_checkpoint_training_begins_again_and_the_torn_one_stays(tmp_path):
    (checkpoint(tmp_path, 8) / "optimizer.pt").unlink()
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 9, "loss": 1.0}\n')
    write(tmp_path / "model.safetensors")
    assert clear_torn(tmp_path) == 0
    assert names(tmp_path) == ["torn-checkpoint-8"]


@pytest.mark.parametrize("content", [None, b"", b"PK"])
def test_the_only_checkpoint_is_not_given_up_for_random_states(content, tmp_path, capsys):
    path = checkpoint(tmp_path, 8, TWO_PROCESSES) / "rng_state_1.pth"
    path.unlink() if content is None else path.write_bytes(content)
    assert clear_torn(tmp_path) == 8
    assert names(tmp_path) == ["checkpoint-8"]
    assert [p for p in path.parent.glob("rng_state*") if not is_whole(p)] == []  # the Trainer would stop at it
    assert "other random numbers" in capsys.readouterr().out


def test_no_more_than_the_last_torn_checkpoint_takes_room(tmp_path):
    for step in (8, 16, 24):
        checkpoint(tmp_path, step)
        if step > 8:
            (tmp_path / f"checkpoint-{step}/scheduler.pt").unlink()
            assert clear_torn(tmp_path) == 8
    assert names(tmp_path) == ["checkpoint-8", "torn-checkpoint-24"]


def test_a_folder_that_no_training_wrote_into_is_a_beginning(tmp_path):
    (tmp_path / "checkpoint-mine").mkdir()
    assert clear_torn(tmp_path / "none") == 0
    assert clear_torn(tmp_path) == 0


def test_room_is_taken_by_what_going_on_writes_over_and_not_by_what_was_set_aside(tmp_path):
    assert room_taken(tmp_path / "none") == 0
    one = sum(path.stat().st_size for path in checkpoint(tmp_path, 8, ZERO3).rglob("*") if path.is_file())
    checkpoint(tmp_path, 16, ZERO3)
    shutil.copytree(tmp_path / "checkpoint-16", tmp_path / "torn-checkpoint-24")
    assert room_taken(tmp_path) == 2 * one
