"""Whose checkpoints they are: none is gone on from with other settings than it was written with."""

import json
import shutil

import pytest

from data_gen.cli import ConfigError
from launch.training.fingerprint import check_fingerprint, fingerprinted
from tests.checkpoint_files import checkpoint

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
