"""Runs programs in confined children: the side that can be trusted.

    with Sandbox(level) as sandbox:
        sandbox.run("print(int(input()) * 2)", b"21\\n", Limits())         -> Outcome(fault=None, output=b"42\\n", ...)
        sandbox.call("def add(a, b): return a + b", "add", [1, 2], Limits())   -> Outcome(reply=b'{"result": 3}', ...)
        sandbox.check(source, Assertions(tests, "add"), Limits())          -> Outcome(passed=True, ...)

What is expected of a program stays in this process (or, for assertions, in a child that never runs the program). A child's
time is CPU time, kept by the kernel and read after its end; wall-clock time is a backstop for programs that sleep, generous
because a busy machine must not turn right into wrong. What ends a child without being its doing is `infra`, and tried again.
"""

import json
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

from data_gen.sandbox.children import Child, Ends, Zygote, ZygoteDied, sealed, watch
from data_gen.sandbox.levels import Level
from data_gen.sandbox.outcome import Assertions, Limits, Outcome
from data_gen.sandbox.values import encode

TRIES = 2


class Sandbox:
    """The zygotes of one grading worker, as a context; used by one thread at a time."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self._zygotes: dict[tuple[bool, bool], Zygote] = {}

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the zygotes, and with them whatever they have forked."""
        for zygote in self._zygotes.values():
            zygote.close()
        self._zygotes.clear()

    def run(self, source: str, stdin: bytes, limits: Limits) -> Outcome:
        """Run a program on one input and return what it printed."""
        return self._tried(lambda: self._run(source, stdin, limits))

    def call(self, source: str, function: str, arguments: list[Any], limits: Limits) -> Outcome:
        """Call a function of a program, or the method of its class Solution, and return the reply."""
        job = {"source": source, "function": function, "arguments": encode((arguments, {}))}
        return self._tried(lambda: self._call(job, limits))

    def check(self, source: str, assertions: Assertions, limits: Limits) -> Outcome:
        """Run assertions against a program that lives in a process of its own."""
        return self._tried(lambda: self._check(source, assertions, limits))

    def _tried(self, attempt: Callable[[], Outcome]) -> Outcome:
        """Try once more what failed without being the program's doing."""
        outcome = Outcome("infra")
        for _ in range(TRIES):
            try:
                outcome = attempt()
            except ZygoteDied as error:
                self.close()
                outcome = Outcome("infra", detail=f"the sandbox's own process died: {error}")
            if outcome.fault != "infra":
                break
        return outcome

    def _zygote(self, source: str, trusted: bool = False) -> Zygote:
        """Return the zygote for a source. Assertions are forked by one of their own: programs of the same zygote would be in
        the same Landlock domain or process namespace, and find the descriptors of the check in /proc."""
        kind = (any(name in source for name in ("numpy", "scipy", "pandas")), trusted)
        if kind not in self._zygotes:
            self._zygotes[kind] = Zygote(self.level, numpy=kind[0])
        return self._zygotes[kind]

    def _run(self, source: str, stdin: bytes, limits: Limits) -> Outcome:
        zygote = self._zygote(source)
        with Ends() as ends:
            (out, out_end), (err, err_end) = ends.pipe(), ends.pipe()
            number = zygote.start("stdin", {"source": source}, [ends.give(sealed(stdin)), out_end, err_end], limits)
            ends.given()
            child = Child(zygote, number, limits, err, [out])
            watch([child])
        return Outcome(child.fault(), output=bytes(child.written[out]), detail=child.detail, cpu_s=child.cpu_s)

    def _call(self, job: dict[str, Any], limits: Limits) -> Outcome:
        zygote = self._zygote(job["source"])
        with Ends() as ends:
            (out, out_end), (err, err_end), (back, back_end) = ends.pipe(), ends.pipe(), ends.pipe()
            number = zygote.start("call", job, [ends.give(sealed(b"")), out_end, err_end, back_end], limits)
            ends.given()
            child = Child(zygote, number, limits, err, [out, back])
            watch([child])
        return Outcome(child.fault(), reply=bytes(child.written[back]), detail=child.detail, cpu_s=child.cpu_s)

    def _check(self, source: str, assertions: Assertions, limits: Limits) -> Outcome:
        server, checker = self._zygote(source), self._zygote(assertions.tests, trusted=True)
        with Ends() as ends:
            (out, out_end), (err, err_end), (back, back_end) = ends.pipe(), ends.pipe(), ends.pipe()
            program_end, check_end = ends.pair()
            nothing, nowhere = ends.give(sealed(b"")), ends.give(os.open("/dev/null", os.O_WRONLY))
            served = server.start("serve", {"source": source}, [nothing, out_end, err_end, program_end], limits)
            checking = [nothing, nowhere, nowhere, check_end, back_end]
            checked = checker.start("check", assertions.job(), checking, limits)
            ends.given()
            program = Child(server, served, limits, err, [out])
            check = Child(checker, checked, limits, None, [back])
            watch([check, program])
        return _judged(program, check, bytes(check.written[back]))


def _judged(program: Child, check: Child, said: bytes) -> Outcome:
    """Return the outcome of assertions: passed only when their own process said so and ended well."""
    cpu_s = program.cpu_s + check.cpu_s
    try:
        outcome = json.loads(said)
    except ValueError:
        outcome = {}
    if check.fault() is None and outcome.get("passed") is True:
        return Outcome(None, passed=True, cpu_s=cpu_s)
    if not outcome or check.fault():
        return Outcome(program.fault() or check.fault() or "infra", detail=program.detail, cpu_s=cpu_s)
    if outcome["why"] == "gone":
        return Outcome(program.fault() or "crash", detail=program.detail, cpu_s=cpu_s)
    return Outcome("crash" if outcome.get("raised") else None, detail=outcome["why"], cpu_s=cpu_s)
