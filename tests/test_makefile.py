"""When make makes an environment: where there is none, and where its requirements say something else than they did."""

import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT

Make = Callable[..., list[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that tells what `make -n` would do in a checkout; `python` stands for the making of .venv."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "python").write_text(
        '#!/bin/sh\nmkdir -p "$3/bin" && printf "#!/bin/sh\\n" > "$3/bin/pip" && chmod +x "$3/bin/pip"\n'
    )
    (tmp_path / "python").chmod(0o755)

    def run(*words: str) -> list[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        command = ["make", f"BASE_PYTHON={tmp_path / 'python'}", *words]
        done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if "making" in line]

    return run


def test_an_environment_is_made_where_there_is_none_and_only_once(make):
    assert len(make(".venv/made")) == 1
    assert make(".venv/made") == make("-n", "check") == []


def test_a_requirements_file_that_is_only_touched_makes_nothing_anew(make, tmp_path):
    make(".venv/made")
    os.utime(tmp_path / "requirements/core.txt", (2e9, 2e9))
    assert make("-n", "check") == []


def test_another_content_of_a_requirements_file_makes_the_environment_anew(make, tmp_path):
    make(".venv/made")
    with (tmp_path / "requirements/core.txt").open("a") as file:
        file.write("another==1.0\n")
    assert len(make("-n", "check")) == 1
    assert len(make(".venv/made")) == 1
    assert make("-n", "check") == []


def test_setup_makes_every_environment(make):
    assert len(make("-n", "setup")) == 3


def test_two_makes_at_once_make_an_environment_once(make, tmp_path):
    slow = (tmp_path / "python").read_text().replace("mkdir -p", "sleep 1; mkdir -p", 1)
    (tmp_path / "python").write_text(slow)
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda _: make(".venv/made"), range(3)))
    assert sorted(map(len, said)) == [0, 0, 1]
    assert make("-n", "check") == []
