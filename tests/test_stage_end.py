"""The end of a stage: killed at any of its writes, or beside a second command, it is never taken for more than it was."""

import contextlib
import json

import pytest

from data_gen import journal
from data_gen import manifest as manifests
from data_gen import stage as stages
from data_gen.cli import UserError
from data_gen.manifest import read_manifest
from data_gen.run_folder import Run
from data_gen.stage import Stage, read_funnel


class Killed(BaseException):
    """Stands for `kill -9`: nothing of ours catches it."""


def ended(run, kept):
    """Run a stage that makes a row and keeps `kept` of three."""
    with Stage(run, "mix", {}, [], [run.mixture]) as stage:
        run.data.mkdir(exist_ok=True)
        run.mixture.write_text("{}\n")
        stage.funnel(3, kept, {"wrong": 3 - kept})


def killed_at(monkeypatch, write):
    """Have the process end before the write of this number from here on."""
    left, real = [write], journal.write_text

    def write_text(path, text):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        real(path, text)

    for module in (manifests, stages):
        monkeypatch.setattr(module, "write_text", write_text)


@pytest.mark.parametrize("write", range(4))
@pytest.mark.parametrize("kept", [0, 3])
def test_a_stage_killed_at_any_write_is_not_finished_without_its_funnel_line_nor_with_nothing_kept(
    monkeypatch, tmp_path, write, kept
):
    run = Run(tmp_path / "run")
    killed_at(monkeypatch, write)
    with contextlib.suppress(Killed, UserError):
        ended(run, kept)
    if read_manifest(run)["stages"].get("mix", {}).get("finished"):
        assert kept
        assert [line["kept"] for line in read_funnel(run)] == [kept]


def test_a_stage_that_kept_nothing_is_done_again(tmp_path):
    run = Run(tmp_path / "run")
    for _ in range(2):
        with pytest.raises(UserError, match="kept nothing"):
            ended(run, 0)
    assert [line["kept"] for line in read_funnel(run)] == [0]


def test_a_second_command_is_kept_out_until_the_record_of_the_first_is_written(monkeypatch, tmp_path):
    run, seen, real = Run(tmp_path / "run"), [], journal.write_text

    def write_text(path, text):
        if path == run.manifest and json.loads(text)["stages"]["mix"]["finished"]:
            with pytest.raises(UserError, match="is running"):
                Stage(run, "mix", {}, [], [])._take_lock()
            seen.append(path)
        real(path, text)

    monkeypatch.setattr(manifests, "write_text", write_text)
    ended(run, 3)
    assert seen
