"""A stage runs once at a time, and one that is refused or has ended is in nobody's way."""

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.run_folder import Run
from data_gen.stage import Stage


def test_a_stage_that_was_refused_lets_the_next_one_begin(tmp_path):
    run, output = Run(tmp_path / "run"), tmp_path / "run/data/05_mixture.jsonl"
    with Stage(run, "mix", {"pick": "shortest"}, [], [output]):
        output.parent.mkdir()
        output.write_text("{}\n")
    with pytest.raises(ConfigError, match="pick: shortest -> longest"):
        Stage(run, "mix", {"pick": "longest"}, [], [output]).__enter__()
    with pytest.raises(UserError, match="no such file"):
        Stage(run, "mix", {"pick": "shortest"}, [tmp_path / "missing"], [output]).__enter__()
    with Stage(run, "mix", {"pick": "shortest"}, [], [output]) as stage:
        assert stage.finished


def test_a_stage_that_runs_keeps_a_second_one_out(tmp_path):
    run = Run(tmp_path / "run")
    with Stage(run, "mix", {}, [], []):
        with pytest.raises(UserError, match=r"is running on .* already"):
            Stage(run, "mix", {}, [], []).__enter__()
