"""A killed compiler's lock is removed, a running one's is left alone."""

import subprocess
import sys

import pytest

from launch.training.compile_locks import clear_left_over

COMPILE = """
import os, sys, time
os.open(sys.argv[1], os.O_CREAT | os.O_EXCL)  # as torch takes it: FileBaton.try_acquire
print("taken", flush=True)
time.sleep(60)
"""


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path))
    (tmp_path / "cpu_adam").mkdir()
    return tmp_path / "cpu_adam/lock"


def test_a_lock_is_removed_when_its_compiler_was_killed_and_not_before(lock, capsys):
    with subprocess.Popen([sys.executable, "-c", COMPILE, lock], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        clear_left_over()
        assert lock.exists()
        process.kill()
    clear_left_over()
    assert not lock.exists()
    assert capsys.readouterr().out.count(str(lock)) == 1


def test_other_files_are_left_alone(lock):
    other = lock.with_name("cpu_adam.so")
    other.touch()
    clear_left_over()
    assert other.exists()
