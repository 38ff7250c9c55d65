"""What a confined child does with its job. Everything from here on may be in the hands of the program that it runs.

    stdin   run the program on descriptor 0; it prints to 1
    call    run it, call one function, write the encoded result to 3
    serve   run it, then call functions for the process at the other end of 3: a `check`
    check   run the problem's assertions in a process of their own, with a candidate that asks a `serve` over 3; the
            outcome goes to 4. So the program never shares a process with what is expected of it.

The result of `perform` is the exit status: 0, or 1 after an exception, as Python's own.
"""

import atexit
import builtins
import gc
import io
import json
import os
import socket
import sys
import threading
import traceback
import types
from collections.abc import Callable
from typing import Any

from data_gen.sandbox.values import decode, encode

CHANNEL, OUTCOME = 3, 4
PROGRAM = "solution.py"

# LeetCode's and APPS's graders import these before the program, so published solutions of that kind leave the imports out.
# They are found after the program's own names and Python's: `pow` stays the one with three arguments.
USUAL_IMPORTS = """
import bisect, collections, copy, datetime, functools, heapq, itertools, math, operator, random, re, string, sys, time
from typing import *
from collections import *
from itertools import *
from functools import *
from heapq import *
from bisect import *
from math import *
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
"""


def perform(role: str, job: dict[str, Any]) -> int:
    """Run one job and return the exit status."""
    _open_standard_streams()
    try:
        ROLES[role](job)
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Python does at its end
    except SystemExit as ending:
        status = _status_of(ending)
    except BaseException:  # noqa: BLE001  # the program's own error, whatever it is: shown and counted, as Python does
        _show_error()
        status = 1
    else:
        status = 0
    atexit._run_exitfuncs()
    return status if _flushed() else status or 1


def _flushed() -> bool:
    """Write out what is still held back, as Python does at its end: standard output, files that nobody closed, and again."""
    streams = [sys.stdout, sys.__stdout__]
    done = [_flush(stream) for stream in streams]
    for name in ("__main__", "solution"):
        if name in sys.modules:
            sys.modules[name].__dict__.clear()
    gc.collect()
    for stream in streams:
        _flush(stream)  # one of the program's own may have lost what it needs by now
    return all(done)


def _flush(stream: Any) -> bool:
    try:
        if stream is not None and not getattr(stream, "closed", True):
            stream.flush()
    except Exception:  # noqa: BLE001  # the program's own object, or a pipe that it closed
        return False
    return True


def _open_standard_streams() -> None:
    """Make sys.stdin and its like anew on descriptors 0 to 2, as Python does when it starts."""
    for name, descriptor, mode in (("stdin", 0, "rb"), ("stdout", 1, "wb"), ("stderr", 2, "wb")):
        raw = io.open(descriptor, mode, closefd=False)  # noqa: SIM115, UP020
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=name == "stderr")
        stream.__dict__["mode"] = mode[0]  # as Python's own have it; fast-input classes look at it
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = [PROGRAM]


def _status_of(ending: SystemExit) -> int:
    if ending.code is None:
        return 0
    if isinstance(ending.code, int):
        return ending.code & 0xFF
    print(ending.code, file=sys.stderr)
    return 1


def _show_error() -> None:
    """Write the traceback of the program's own frames to descriptor 2, whatever it has done to sys.stderr."""
    try:
        kind, error, trace = sys.exc_info()
        while trace is not None and trace.tb_frame.f_code.co_filename != PROGRAM:
            trace = trace.tb_next
        text = "".join(traceback.format_exception(kind, error, trace, limit=-6))
        os.write(2, text.encode("utf-8", "replace")[-4000:])
    except BaseException:  # noqa: BLE001  # an error whose text cannot be had is an error all the same
        os.write(2, b"error\n")


def _load(source: str, name: str, usual: bool) -> dict[str, Any]:
    """Run the program as a module and return its names."""
    module = types.ModuleType(name)
    module.__file__ = PROGRAM
    sys.modules[name] = module
    if usual:
        names: dict[str, Any] = {}
        exec(USUAL_IMPORTS, names)
        module.__dict__["__builtins__"] = names | vars(builtins)
    exec(compile(source, PROGRAM, "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def _stdin(job: dict[str, Any]) -> None:
    _load(job["source"], "__main__", usual=False)


def _call(job: dict[str, Any]) -> None:
    reply = _answer(_load(job["source"], "solution", usual=True), job["function"], job["arguments"])
    left = memoryview(json.dumps(reply).encode())
    while left:
        left = left[os.write(CHANNEL, left) :]


def _answer(names: dict[str, Any], function: str, arguments: Any) -> dict[str, Any]:
    """Call a function of the program with encoded arguments; return its encoded result, and arguments that it changed."""
    positional, named = decode(arguments)
    result = _find(names, function)(*positional, **named)
    reply = {"result": encode(result)}
    after = encode((positional, named))
    return reply if after == arguments else reply | {"arguments": after}


def _find(names: dict[str, Any], function: str) -> Callable[..., Any]:
    """Return a function of the program, or the method of its class Solution."""
    if function in names:
        found: Callable[..., Any] = names[function]
        return found
    if "Solution" in names and hasattr(names["Solution"], function):
        method: Callable[..., Any] = getattr(names["Solution"](), function)
        return method
    raise NameError(f"the program defines no {function}")


def _serve(job: dict[str, Any]) -> None:
    names = _load(job["source"], "solution", usual=False)
    with socket.socket(fileno=CHANNEL) as channel, channel.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            asked = json.loads(line)
            try:
                reply = _answer(names, asked["function"], asked["arguments"])
            except (Exception, SystemExit) as error:  # noqa: BLE001  # the program's: for the assertions to judge
                reply = {"error": type(error).__name__, "text": str(error)[:500]}
            lines.write(json.dumps(reply) + "\n")
            lines.flush()


class _Gone(BaseException):
    """The program's process has ended in the middle of the check; no `except Exception` of a check may hide that."""


def _check(job: dict[str, Any]) -> None:
    """Run the assertions and write to OUTCOME: passed, or why not."""
    asked = failed = 0
    channel = socket.socket(fileno=CHANNEL)
    lines = channel.makefile("rw", encoding="utf-8")

    def remote(function: str) -> Callable[..., Any]:
        def candidate(*positional: Any, **named: Any) -> Any:
            nonlocal asked, failed
            asked += 1
            arguments = encode((list(positional), named))
            try:
                lines.write(json.dumps({"function": function, "arguments": arguments}) + "\n")
                lines.flush()
                line = lines.readline()
            except OSError as error:
                raise _Gone from error
            if not line.endswith("\n"):
                raise _Gone
            reply = json.loads(line)
            if "error" in reply:
                failed += 1
                raise _raised(reply)
            if "arguments" in reply:
                _copy_back(positional, decode(reply["arguments"])[0])
            return decode(reply["result"])

        candidate.__name__ = function
        return candidate

    module = types.ModuleType("check")
    sys.modules["check"] = module
    names = module.__dict__
    names |= {name: remote(name) for name in job["helpers"]}
    names |= {job["entry_point"]: remote(job["entry_point"]), "candidate": remote(job["entry_point"])}
    try:
        exec(compile(job["tests"], "tests.py", "exec", dont_inherit=True), names)
        if job["call_check"]:
            names["check"](names["candidate"])
        outcome = {"passed": asked > 0, "why": "" if asked else "the assertions never call the program"}
    except _Gone:
        outcome = {"passed": False, "why": "gone"}
    except BaseException as error:  # noqa: BLE001  # whatever stops the assertions, they have not passed
        outcome = {"passed": False, "why": f"{type(error).__name__}: {error}"[:500], "raised": failed > 0}
    os.write(OUTCOME, json.dumps(outcome).encode())


def _raised(reply: dict[str, Any]) -> Exception:
    """Return an exception like the program's: of the builtin class of that name, for assertions that expect one."""
    kind = getattr(builtins, str(reply["error"]), None)
    ends_loops = (StopIteration, StopAsyncIteration)  # of the assertions, which would then pass for want of more
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, (AssertionError, *ends_loops)):
        try:
            return kind(reply["text"])
        except TypeError:
            pass
    return RuntimeError(f"{reply['error']}: {reply['text']}")


def _copy_back(before: tuple[Any, ...], after: list[Any]) -> None:
    """Make the caller's lists, dicts and sets what the program has made of its own."""
    for old, new in zip(before, after, strict=True):
        if type(old) is not type(new):
            continue
        if isinstance(old, list):
            old[:] = new
        elif isinstance(old, dict | set):
            old.clear()
            old.update(new)


ROLES: dict[str, Callable[[dict[str, Any]], None]] = {"stdin": _stdin, "call": _call, "serve": _serve, "check": _check}
