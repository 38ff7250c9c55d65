"""The memory of a training is that of all its processes, without the files that they map."""

import mmap
import subprocess
import sys

import pytest

from launch.training.peak_memory import host_gb

MB = 1_000_000
GRANDCHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]], stdin=subprocess.PIPE, stdout=sys.stdout)
child.communicate(sys.stdin.buffer.read())
"""
OWN = "import sys; held = b'x' * 300_000_000; print('held', flush=True); sys.stdin.read()"
SHARED = "import mmap, sys; held = mmap.mmap(-1, 300_000_000); held.write(b'x' * 300_000_000); print('held', flush=True)"
MAPPED = "import mmap, sys; file = open(sys.argv[1], 'rb'); held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)"
READ = f"; sum(held[::{mmap.PAGESIZE}]); print('held', flush=True); sys.stdin.read()"


def seen(program, *arguments):
    """Return the GB of a process whose child runs the program, when it holds what it takes."""
    words = [sys.executable, "-c", GRANDCHILD, program, *arguments]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        return host_gb(process.pid)


@pytest.mark.parametrize("program", [OWN, SHARED + "; sys.stdin.read()"], ids=["own", "shared"])
def test_what_a_child_takes_is_counted(program):
    assert 0.3 < seen(program) < 0.4


def test_a_mapped_file_is_not_counted(tmp_path):
    (tmp_path / "weights").write_bytes(b"x" * 300 * MB)
    assert seen(MAPPED + READ, str(tmp_path / "weights")) < 0.1


def test_a_process_that_is_gone_takes_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert host_gb(process.pid) == 0
