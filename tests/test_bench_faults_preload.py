"""The library that bench/faults.py puts before a command: it kills at the change that was asked for and shifts the clock."""

import subprocess
import sys
import time

import pytest

from bench.faults_preload import Preload, Shared

WRITES = "import os, sys\nfor n in range(9):\n    open(os.path.join(sys.argv[1], str(n)), 'w').write('x')"


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    built = Preload.build(tmp_path_factory.mktemp("preload"))
    if built is None:
        pytest.skip("no C compiler")
    return built


def test_a_command_dies_just_before_the_change_that_was_asked_for(preload, tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    with Shared(tmp_path / "shared", place) as shared:
        shared.set("die_at", 4)
        done = subprocess.run([sys.executable, "-c", WRITES, place], env=preload.environment(shared))
    assert done.returncode == -9
    assert sum(path.stat().st_size for path in place.iterdir()) == 3


def test_the_wall_clock_is_shifted_and_the_monotonic_one_is_not(preload, tmp_path):
    tell = "import datetime, time\nprint(time.time(), time.monotonic(), datetime.datetime.now().timestamp())"
    with Shared(tmp_path / "shared", tmp_path) as shared:
        shared.set("clock_s", -86_400)
        done = subprocess.run([sys.executable, "-c", tell], env=preload.environment(shared), capture_output=True, text=True)
    wall, monotonic, date = map(float, done.stdout.split())
    assert wall == pytest.approx(time.time() - 86_400, abs=60)
    assert date == pytest.approx(wall, abs=60)
    assert monotonic == pytest.approx(time.monotonic(), abs=60)
