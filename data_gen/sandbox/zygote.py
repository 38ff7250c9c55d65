"""A clean process that forks a confined child for every test. Started by `supervisor.py`; its standard input is a socket.

A request is one message with descriptors: {"n": 7, "role": "stdin", "cpu_s": 6, "memory": 4294967296}. The first descriptor
is the job (JSON), the rest become the child's 0, 1, 2, ... The answer, when the child has ended:
{"n": 7, "status": 0, "cpu": 0.012, "late": false}, the status as wait4 gives it, late when it was ended here for its CPU
time. {"kill": 7} ends a child early. When the socket closes, everything here ends.

CPU time is read from the child's own clock. RLIMIT_CPU counts timer ticks and was seen to end a child on a busy machine
before its time was up; it stands behind, further out.

A zygote never sees what is expected of a program, so that its children cannot find it in memory that they inherit.
"""

import fcntl
import gc
import json
import math
import os
import select
import signal
import socket
import sys
import time
from importlib import import_module
from typing import Any, NoReturn

from data_gen.sandbox import child, policy

# Imported once here instead of in every child; numpy by a zygote of its own, for it makes a fork 0.4 ms dearer.
MODULES = """
array bisect calendar cmath collections copy dataclasses datetime decimal enum fractions functools heapq io itertools json
math numbers operator queue random re statistics string struct textwrap threading time traceback types typing
""".split()
NUMPY = ["numpy", "numpy.linalg", "numpy.random"]
DESCRIPTORS = 8
HIGH = 100  # descriptors are moved out of the way to here and above


def main(numpy: bool, landlock: bool, seccomp: bool) -> NoReturn:
    """Serve requests until the socket closes."""
    control = socket.socket(fileno=os.dup(0))
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    for module in MODULES + (NUMPY if numpy else []):
        import_module(module)
    rules = policy.ChildRules() if seccomp else None
    policy.hide()
    if seccomp or landlock:
        policy.confine(landlock)
    control.send(b"ready")
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page
    running: dict[int, _Running] = {}  # by the child's pidfd
    events = select.poll()
    events.register(control, select.POLLIN)
    while True:
        for descriptor, _ in events.poll(_wait_ms(running)):
            if descriptor != control.fileno():
                events.unregister(descriptor)
                os.close(descriptor)
                control.send(running.pop(descriptor).report())
                continue
            message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, DESCRIPTORS)
            if not message:
                _end_all(running)
            request = json.loads(message)
            if "kill" in request:
                for each in running.values():
                    if each.number == request["kill"]:
                        os.kill(each.pid, signal.SIGKILL)
                continue
            pid = os.fork()
            if pid == 0:
                _child(request, descriptors, rules)
            for each_end in descriptors:
                os.close(each_end)
            handle = os.pidfd_open(pid)
            running[handle] = _Running(request["n"], pid, request["cpu_s"])
            events.register(handle, select.POLLIN)


class _Running:
    """A child that has not ended yet."""

    def __init__(self, number: int, pid: int, cpu_s: float) -> None:
        self.number, self.pid, self.cpu_s = number, pid, cpu_s
        self.late = False

    def left_s(self) -> float:
        """Return the CPU time it still has; end it when that is none."""
        clock = ~self.pid << 3 | 2  # CPUCLOCK_SCHED of a process, as clock_getcpuclockid(3) makes it
        left = self.cpu_s - time.clock_gettime(clock)
        if left <= 0:
            self.late = True
            os.kill(self.pid, signal.SIGKILL)
        return left

    def report(self) -> bytes:
        _, status, used = os.wait4(self.pid, 0)
        cpu = used.ru_utime + used.ru_stime
        return json.dumps({"n": self.number, "status": status, "cpu": cpu, "late": self.late}).encode()


def _wait_ms(running: dict[int, _Running]) -> float | None:
    """Return how long no child can run out of CPU time (but one with threads on several cores)."""
    left = [each.left_s() for each in running.values() if not each.late]
    return max(1.0, 1000 * min(left)) if left else None


def _end_all(running: dict[int, _Running]) -> NoReturn:
    for each in running.values():
        os.kill(each.pid, signal.SIGKILL)
    os._exit(0)


def _child(request: dict[str, Any], descriptors: list[int], rules: policy.ChildRules | None) -> NoReturn:
    """Become the child of one request; never returns to the loop."""
    leave, status = os._exit, 1
    try:
        policy.die_with_parent()
        job, *others = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, HIGH) for descriptor in descriptors]
        for target, descriptor in enumerate(others):
            os.dup2(descriptor, target)
        with os.fdopen(os.dup2(job, len(others)), "rb") as file:
            os.closerange(len(others) + 1, 1 << 16)
            work = json.load(file)
        policy.limit(math.ceil(1.5 * request["cpu_s"]) + 1, request["memory"])
        if rules is not None:
            rules.load()
    except BaseException:  # noqa: BLE001  # not the program's doing: it looks like any other kill from outside, `infra`
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        status = child.perform(request["role"], work)
    finally:
        leave(status)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
