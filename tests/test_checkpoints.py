"""Checkpoints: one that a kill left incomplete is never gone on from, and none is gone on from with other settings."""

import json
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from data_gen.cli import ConfigError
from launch.training.checkpoints import clear_torn, faults_of, is_whole, room_taken
from launch.training.fingerprint import check_fingerprint, fingerprinted

# The files of a checkpoint in the order in which the Trainer and DeepSpeed write them.
ONE_PROCESS = ["config.json", "model.safetensors", "training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth"]
LORA = ["adapter_config.json", "adapter_model.safetensors", *ONE_PROCESS[3:]]
SHARDED = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    *ONE_PROCESS[3:],
]
TWO_PROCESSES = [*ONE_PROCESS[:5], "rng_state_1.pth", "rng_state_0.pth"]
ZERO2 = [
    "model.safetensors",
    "global_step8/mp_rank_00_model_states.pt",
    "global_step8/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt",
    "global_step8/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt",
    "latest",
    "scheduler.pt",
    "rng_state_0.pth",
    "rng_state_1.pth",
]
ZERO3 = [
    "model.safetensors",
    *(f"global_step8/zero_pp_rank_{rank}_mp_rank_00_model_states.pt" for rank in range(3)),
    *(f"global_step8/zero_pp_rank_{rank}_mp_rank_00_optim_states.pt" for rank in range(3)),
    "latest",
    "scheduler.pt",
    *(f"rng_state_{rank}.pth" for rank in (1, 2, 0)),
]
ZERO3_ALONE = [
    "global_step8/zero_pp_rank_0_mp_rank_00_model_states.pt",
    "global_step8/zero_pp_rank_0_mp_rank_00_optim_states.pt",
    "latest",
    "rng_state.pth",
]
KINDS = {
    "one process": ONE_PROCESS,
    "lora": LORA,
    "sharded": SHARDED,
    "two processes": TWO_PROCESSES,
    "ZeRO-2": ZERO2,
    "ZeRO-3": ZERO3,
    "ZeRO-3 alone": ZERO3_ALONE,
}
each_kind = pytest.mark.parametrize("order", KINDS.values(), ids=KINDS)


def write(path):
    """Write one file of a checkpoint as its own format has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        save_file({"a": np.ones((3, 5), np.float32), "b": np.zeros(7, np.float16)}, path)
    elif path.suffix in (".pt", ".pth", ".bin"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", "pickled")
            archive.writestr("archive/data/0", bytes(1000))
    elif path.name == "latest":
        path.write_text("global_step8")
    elif path.name == "model.safetensors.index.json":
        path.write_text(json.dumps({"weight_map": {"a": SHARDED[0], "b": SHARDED[1], "c": SHARDED[1]}}))
    else:
        path.write_text(json.dumps({"global_step": 8}))


def checkpoint(output, step, order=ONE_PROCESS):
    folder = output / f"checkpoint-{step}"
    for name in [*order, "trainer_state.json"]:
        write(folder / name)
    return folder


# --- whole or torn ----------------------------------------------------------------------------------------------------


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


# --- what a start does with them ---------------------------------------------------------------------------------------


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


# --- whose checkpoints they are ------------------------------------------------------------------------------------------

SETTINGS = {"training": {"learning_rate": 1e-5, "seed": 0}, "deepspeed": None, "dataset_sha256": "abc"}


def trained(output, settings=SETTINGS):
    with fingerprinted(output, settings):
        checkpoint(output, 8)
    return output


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (SETTINGS | {"training": {"learning_rate": 2e-5, "seed": 0}}, "training.learning_rate: 1e-05 -> 2e-05"),
        (SETTINGS | {"training": {"learning_rate": 1e-5}}, "training.seed: 0 -> None"),
        (SETTINGS | {"deepspeed": {"zero_optimization": {"stage": 3}}}, "deepspeed.zero_optimization.stage: None -> 3"),
        (SETTINGS | {"dataset_sha256": "abd"}, "dataset_sha256: abc -> abd"),
    ],
)
def test_a_copied_folder_is_refused_to_other_settings_in_one_line(now, named, tmp_path):
    copied = tmp_path / "b"
    shutil.copytree(trained(tmp_path / "a"), copied)
    with pytest.raises(ConfigError) as error:
        check_fingerprint(copied, now, known=False)
    assert named in str(error.value)
    assert "RUN=new" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_same_settings_go_on(tmp_path):
    check_fingerprint(trained(tmp_path), json.loads(json.dumps(SETTINGS)), known=False)


def test_a_training_of_unknown_settings_is_refused_unless_the_manifest_knows_them(tmp_path):
    checkpoint(tmp_path, 8)
    check_fingerprint(tmp_path, SETTINGS, known=True)
    with pytest.raises(ConfigError, match="RUN=new"):
        check_fingerprint(tmp_path, SETTINGS, known=False)


@pytest.mark.parametrize("content", ["", "{", "\x00"])
def test_a_fingerprint_that_cannot_be_read_is_told_in_one_line(content, tmp_path):
    (trained(tmp_path) / "fingerprint.json").write_text(content)
    with pytest.raises(ConfigError, match=r"^\S+fingerprint.json: not readable, .*RUN=new$"):
        check_fingerprint(tmp_path, SETTINGS, known=True)


def test_a_start_that_saved_nothing_binds_nobody_to_its_settings(tmp_path):
    output = tmp_path / "model"

    def start():
        with fingerprinted(output, SETTINGS):
            (output / "trainer_log.jsonl").write_text("{}\n")
            raise MemoryError

    with pytest.raises(MemoryError):
        start()
    assert not output.exists()


def test_a_training_that_failed_after_a_checkpoint_keeps_its_fingerprint(tmp_path):
    def start():
        with fingerprinted(tmp_path, SETTINGS):
            checkpoint(tmp_path, 8)
            raise MemoryError

    with pytest.raises(MemoryError):
        start()
    with pytest.raises(ConfigError):
        check_fingerprint(tmp_path, SETTINGS | {"deepspeed": {}}, known=False)
