"""A server of ours never outlives the command that started it."""

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from data_gen import local_server
from data_gen.cli import UserError
from tests.conftest import ROOT, heed_interrupts

# A parent that starts the guard as serve() does, over a command that forks twice and leaves its own process group.
PARENT = """
import os, subprocess, sys
reading, writing = os.pipe()
child = "import os, time; os.setsid(); os.fork(); os.fork(); time.sleep(600)"
guard = subprocess.Popen([sys.executable, "data_gen/guard.py", str(reading), sys.executable, "-c", child],
                         pass_fds=[reading], start_new_session=True)
os.close(reading)
print(guard.pid, flush=True)
guard.wait()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_guard_ends_all_descendants_when_the_parent_is_gone(how):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL, preexec_fn=heed_interrupts)  # fmt: skip
    assert parent.stdout is not None
    guard = psutil.Process(int(parent.stdout.readline()))
    deadline = time.monotonic() + 10
    while len(guard.children(recursive=True)) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    family = [guard, *guard.children(recursive=True)]
    assert len(family) == 5
    parent.send_signal(how)
    parent.wait(timeout=20)
    _, alive = psutil.wait_procs(family, timeout=15)
    assert alive == []


def test_a_server_that_fails_shows_the_end_of_its_log(tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho loading\necho 'weights are broken' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(local_server, "PYTHON", program)
    with pytest.raises(UserError, match="weights are broken"), local_server.serve("hub/name", {}, tmp_path / "log"):
        pass


HEALTHY = """#!{python}
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


def serve_and_fail(program, log, kill):
    """Serve with a program in vLLM's place, kill it or not, and fail as asking does."""
    with local_server.serve("hub/name", {}, log):
        for process in psutil.Process().children(recursive=True):
            if kill and str(program) in process.cmdline() and "guard.py" not in " ".join(process.cmdline()):
                process.kill()
        raise UserError("it gives nothing but errors")


@pytest.mark.parametrize(("kill", "told"), [(True, "the server of hub/name ended while it was asked"), (False, "it gives")])
def test_a_server_that_dies_while_it_is_asked_is_told_as_what_it_is(tmp_path, monkeypatch, kill, told):
    program = tmp_path / "python"
    program.write_text(HEALTHY.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(local_server, "PYTHON", program)
    with pytest.raises(UserError, match=told):
        serve_and_fail(program, tmp_path / "log", kill)


def test_a_port_in_use_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(local_server, "PYTHON", tmp_path / "python")
    (tmp_path / "python").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is in use"):
            with local_server.serve("hub/name", {}, tmp_path / "log", port):
                pass


def test_no_key_reaches_the_server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert "sk-secret" not in local_server.environment(gpu=False).values()
    assert os.environ["OPENAI_API_KEY"] == "sk-secret"
