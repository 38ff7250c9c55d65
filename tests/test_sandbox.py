"""The sandbox: limits have names, nothing is left over or grows, and the level is found out."""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from data_gen.cli import UserError
from data_gen.sandbox import harness, probe
from data_gen.sandbox.levels import LEVELS, Level
from data_gen.sandbox.outcome import Limits
from data_gen.sandbox.supervisor import Sandbox
from tests.conftest import ROOT, STRONG


def test_fifty_megabytes_of_input_are_read_and_may_stay_unread(level):
    numbers = b"7 " * 25_000_000
    with Sandbox(level) as sandbox:
        read = sandbox.run("import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))", numbers, Limits(cpu_s=30))
        unread = sandbox.run("print(1)", numbers, Limits())
    assert (read.fault, read.output) == (None, b"175000000\n")
    assert (unread.fault, unread.output) == (None, b"1\n")


def test_nothing_of_one_test_is_left_for_the_next(level):
    leave = "import builtins, sys, random\nbuiltins.left = sys.left = random.left = 1\nprint(1)"
    look = (
        "import builtins, sys, random\nprint(hasattr(builtins, 'left') or hasattr(sys, 'left') or hasattr(random, 'left'))"
    )
    with Sandbox(level) as sandbox:
        assert sandbox.run(leave, b"", Limits()).output == b"1\n"
        assert sandbox.run(look, b"", Limits()).output == b"False\n"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("while True: pass", "timeout"),
        ("import time\ntime.sleep(60)", "timeout"),
        ("import os\nos.close(1)\nimport time\ntime.sleep(60)", "timeout"),
        ("import signal, os\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", "timeout"),
        ("x = bytearray(8 << 30)", "memory"),
        ("while True: print('x' * 100000)", "output_limit"),
        ("import sys\nwhile True: sys.stderr.write('x' * 100000)", "output_limit"),
        ("import ctypes\nctypes.string_at(0)", "crash"),
        ("print(1)\nraise ValueError", "crash"),
        ("print(1)\nimport sys\nsys.exit(3)", "crash"),
        ("import os\nos.abort()", "crash"),
        ("import sys\nsys.exit(0)", None),
        ("import os\nos._exit(0)", None),
    ],
)
def test_each_end_has_its_name(source, fault):
    with Sandbox(probe.best()) as sandbox:
        assert sandbox.run(source, b"", Limits(cpu_s=0.5)).fault == fault


def test_a_zygote_that_is_killed_costs_no_verdict():
    with Sandbox(probe.best()) as sandbox:
        sandbox.run("print(1)", b"", Limits())
        timer = threading.Timer(0.5, lambda: [child.kill() for child in psutil.Process().children(recursive=True)])
        timer.start()
        outcome = sandbox.run("import time\ntime.sleep(1.5)\nprint(2)", b"", Limits())
    assert (outcome.fault, outcome.output) == (None, b"2\n")


def test_nothing_grows():
    me = psutil.Process()
    with Sandbox(probe.best()) as sandbox:
        for _ in range(50):
            sandbox.run("print(1)", b"", Limits())
        before = (me.num_fds(), len(me.children(recursive=True)), me.num_threads())
        for _ in range(400):
            sandbox.run("print(1)", b"", Limits())
        assert (me.num_fds(), len(me.children(recursive=True)), me.num_threads()) == before


HARNESS_MISSING = harness.unavailable()


@pytest.mark.skipif(HARNESS_MISSING is not None, reason=str(HARNESS_MISSING))
def test_the_harness_profile_forks_inside_and_writes_only_its_folder(tmp_path):
    results, outside = tmp_path / "results", tmp_path / "outside"
    results.mkdir()
    outside.write_text("keep")
    program = (
        "import multiprocessing, os, subprocess, time\n"
        "with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
        "open('result', 'w').write('x')\n"
        f"try: open({str(outside)!r}, 'r+')\n"
        "except OSError as error: print('refused', type(error).__name__)\n"
        "subprocess.Popen(['sleep', '4321'], start_new_session=True)\n"
        "print(sorted(os.environ))\n"
        "time.sleep(60)\n"
    )
    (results / "program.py").write_text(program)
    given = harness.Given(results, variables={"GIVEN": "1"})
    done = harness.run([sys.executable, "-u", "program.py"], given, harness.HarnessLimits(wall_s=5))
    assert (done.timed_out, (results / "result").read_text(), outside.read_text()) == (True, "x", "keep")
    assert "[1, 2]" in done.log
    assert "refused" in done.log
    assert "'GIVEN', 'HOME', 'LANG'" in done.log
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "4321"]]


@pytest.mark.skipif(HARNESS_MISSING is not None, reason=str(HARNESS_MISSING))
def test_a_clone_under_tmp_is_seen_by_the_harness_and_nothing_else_of_tmp(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        prefix, beside, results = (Path(name) / part for part in ("prefix", "beside", "results"))
        for folder in (prefix, beside, results):
            folder.mkdir()
            (folder / "file").write_text(folder.name)
        monkeypatch.setattr(sys, "prefix", str(prefix))
        monkeypatch.setattr(harness, "unavailable", lambda: None)  # it asks for the Python that is hidden now
        done = harness.run(["cat", *(str(folder / "file") for folder in (prefix, results, beside))], harness.Given(results))
        written = harness.run(["touch", str(prefix / "new")], harness.Given(results))
    assert done.log.startswith("prefixresults")
    assert "No such file" in done.log
    assert written.returncode != 0


def test_the_weak_level_is_refused_unless_it_is_allowed(monkeypatch):
    monkeypatch.setattr(probe, "candidates", lambda: [LEVELS[-1]])
    probe.best.cache_clear()
    with pytest.raises(UserError, match="allow_weak_sandbox"):
        probe.require(allow_weak=False)
    assert probe.require(allow_weak=True) == Level()
    probe.best.cache_clear()


def test_the_canaries_tell_a_level_that_holds_from_one_that_does_not():
    assert probe.leaks(STRONG[0]) == []
    assert {"read a file", "write a file", "start a process", "signal a process"} <= set(probe.leaks(Level()))


def test_where_namespaces_are_denied_landlock_and_seccomp_hold():
    denied = (
        "import os, pyseccomp as s, runpy\n"
        "rules = s.SyscallFilter(s.ALLOW)\n"
        "rules.add_rule(s.ERRNO(1), 'unshare')\n"
        "rules.add_rule(s.ERRNO(38), 'clone3')\n"
        "for bit in (17, 25, 26, 27, 28, 29, 30):\n"
        "    rules.add_rule(s.ERRNO(1), 'clone', s.Arg(0, s.MASKED_EQ, 1 << bit, 1 << bit))\n"
        "rules.load()\n"
        "from data_gen.sandbox import probe\n"
        "print(probe.best().name)\n"
    )
    done = subprocess.run([sys.executable, "-c", denied], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "landlock+seccomp", done.stderr
