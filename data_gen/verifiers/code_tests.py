"""`code_tests`: does the program pass the problem's tests? Run in the sandbox, compared here.

    grade("```python\\nprint(2 * int(input()))\\n```", {"inputs": ["3\\n"], "outputs": ["6\\n"]})          -> ok, 1 of 1
    grade(text, {"fn_name": "add", "inputs": [[1, 2]], "outputs": [3]})                               call of a function
    grade(text, {"entry_point": "add", "tests": "def check(candidate): assert candidate(1, 2) == 3"})  assertions

gold may add `time_limit` (CPU seconds a test) and `checker` (`checkers.py`). Every test gets a process of its own and
nothing of the last one is left. The first failure ends it unless all tests are asked for. Only a test that ended by itself
with status 0 and with the right output has passed: no crash, no limit, no failure of ours ever counts as one.

Not covered: what a dataset's own tests miss, and a helper that assertions call and the program defines (tier
"asserts+helpers"): it is the program's word.
"""

import ast
import builtins
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from data_gen.records import Reason
from data_gen.sandbox import probe
from data_gen.sandbox.outcome import OUTPUT_BYTES, Assertions, Limits, Outcome
from data_gen.sandbox.supervisor import TRIES, Sandbox
from data_gen.sandbox.values import plain
from data_gen.verifiers import announce
from data_gen.verifiers.checkers import DEFAULT, compare, compare_values, known
from data_gen.verifiers.finding import USUAL, Finding, Options
from data_gen.verifiers.program import NotPython, parsed, program

VERSION = "code-1"
CPU_S = 6.0  # a test, where the gold says nothing
CHECK_CPU_S = 15.0  # of assertions, which are many tests in one
START_S = 10.0  # for a zygote to start on a busy machine
SHOWN = 200  # characters of an input or output in a verdict


@dataclass(frozen=True)
class Test:
    """What became of one test: right is None where the checker cannot tell."""

    right: bool | None
    reason: Reason
    detail: str = ""


class _State:
    """What one grading worker keeps: its sandbox, and the programs of the problem at hand that it has graded already."""

    sandbox: Sandbox | None = None
    allow_weak = False
    gold: dict[str, Any] | None = None
    graded: dict[tuple[str, Options], Finding] = {}


def grade(text: str, gold: dict[str, Any], options: Options = USUAL) -> Finding:
    """Run the program of `text` on the tests of `gold`. The same program of the same problem is run once."""
    try:
        source = program(text)
    except NotPython as error:
        return Finding(False, "compile", detail=str(error))
    if source is None:
        return Finding(False, "no_answer")
    if _State.gold is not gold:  # the worker holds one object a problem
        _State.gold, _State.graded = gold, {}
    if (source, options) not in _State.graded:
        _State.graded[source, options] = _run(source, gold, options)
    return _State.graded[source, options]


def sandbox() -> Sandbox:
    """Return this process's sandbox, started when it is first needed. Raises UserError where none holds."""
    if _State.sandbox is None:
        announce.slow(START_S * len(probe.CANARIES))
        _State.sandbox = Sandbox(probe.require(_State.allow_weak))
    return _State.sandbox


def use(box: Sandbox) -> None:
    """Let this process run programs in a sandbox of the caller's choice."""
    _State.sandbox, _State.gold = box, None


def close() -> None:
    """End this process's sandbox, if there is one."""
    if _State.sandbox is not None:
        _State.sandbox.close()
        _State.sandbox = None


def allow_weak() -> None:
    """Let this process run programs behind resource limits alone."""
    _State.allow_weak = True


def _run(source: str, gold: dict[str, Any], options: Options) -> Finding:
    fault = gold_fault(gold)
    if fault is not None:
        return Finding(None, "bad_gold", detail=fault)
    box = sandbox()
    tier, total = _tier(gold), 1 if "tests" in gold else len(gold["inputs"])
    passed, worst = 0, None
    for number, test in enumerate(_tests(box, source, gold)):
        if test.right:
            passed += 1
            continue
        # A wrong test says more than an undecided one, and the first of a kind is told.
        if worst is None or (worst.right is None and test.right is False):
            worst = replace(test, detail=f"test {number}: {test.detail or test.reason}")
        if test.right is False and not options.all_tests:
            break
    about: dict[str, Any] = {"tier": tier, "tests_passed": passed, "tests_total": total, "sandbox": box.level.name}
    if worst is None:
        return Finding(True, "correct", **about)
    return Finding(worst.right, worst.reason, detail=worst.detail, **about)


def gold_fault(gold: dict[str, Any]) -> str | None:
    """Return what is wrong with a gold, or None."""
    limit = gold.get("time_limit")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit <= 600):
        return "time_limit: CPU seconds above 0, 600 at most"
    if "tests" in gold:
        if not isinstance(gold["tests"], str) or not str(gold.get("entry_point") or "").isidentifier():
            return "tests: a text, and entry_point: a function's name, are needed"
        try:
            parsed(gold["tests"])
        except NotPython as error:
            return f"tests: {error}"
        return None
    inputs, outputs = gold.get("inputs"), gold.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs or len(inputs) != len(outputs):
        return "inputs and outputs: two lists of the same length, with a test in them, are needed"
    if not known(gold.get("checker") or DEFAULT):
        return f"checker: {gold['checker']!r} is none"
    if gold.get("fn_name"):
        return None if all(isinstance(each, list) for each in inputs) else "inputs: a list of arguments for each call"
    return None if all(isinstance(each, str) for each in inputs + outputs) else "inputs and outputs: texts"


def _tier(gold: dict[str, Any]) -> str:
    if "tests" in gold:
        return "asserts+helpers" if _assertions(gold).helpers else "asserts"
    return f"{'call' if gold.get('fn_name') else 'stdin'}:{gold.get('checker') or DEFAULT}"


def _tests(box: Sandbox, source: str, gold: dict[str, Any]) -> Iterator[Test]:
    """Yield what becomes of each test, run when it is asked for."""
    checker = gold.get("checker") or DEFAULT
    if "tests" in gold:
        limits = Limits(cpu_s=gold.get("time_limit") or CHECK_CPU_S)
        _allow(limits)
        yield _of_check(box.check(source, _assertions(gold), limits))
        return
    for given, expected in zip(gold["inputs"], gold["outputs"], strict=True):
        size = len(expected) if isinstance(expected, str) else len(json.dumps(expected))
        limits = Limits(cpu_s=gold.get("time_limit") or CPU_S, output=OUTPUT_BYTES + 2 * size)
        _allow(limits)
        if gold.get("fn_name"):
            yield _of_call(box.call(source, gold["fn_name"], given, limits), checker, given, expected)
        else:
            yield _of_run(box.run(source, given.encode("utf-8", "replace"), limits), checker, given, expected)


def _allow(limits: Limits) -> None:
    """Tell the pool how long the next test may take."""
    announce.slow(TRIES * (limits.wall_s + START_S))


def _fault(outcome: Outcome) -> Test | None:
    if outcome.fault is None:
        return None
    return Test(None if outcome.fault == "infra" else False, outcome.fault, outcome.detail[-SHOWN:])


def _of_run(outcome: Outcome, checker: str, given: str, expected: str) -> Test:
    if fault := _fault(outcome):
        return fault
    found = outcome.output.decode("utf-8", "replace")
    return _compared(compare(checker, expected, found), given, expected, found)


def _of_call(outcome: Outcome, checker: str, given: list[Any], expected: Any) -> Test:
    if fault := _fault(outcome):
        return fault
    try:
        found = plain(json.loads(outcome.reply)["result"])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        return Test(False, "wrong", f"what came back is no value: {type(error).__name__}")
    return _compared(
        compare_values(checker, expected, found),
        json.dumps(given),
        json.dumps(expected),
        outcome.reply[:SHOWN].decode("utf-8", "replace"),
    )


def _compared(right: bool | None, given: str, expected: str, found: str) -> Test:
    if right:
        return Test(True, "correct")
    detail = f"for {_short(given)} expected {_short(expected)}, got {_short(found)}"
    return Test(right, "undecided" if right is None else "wrong", detail)


def _of_check(outcome: Outcome) -> Test:
    if fault := _fault(outcome):
        return fault
    return Test(True, "correct") if outcome.passed else Test(False, "wrong", outcome.detail[:SHOWN])


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def _assertions(gold: dict[str, Any]) -> Assertions:
    """Return the tests with what they need of the program: its entry point, and other functions that they call."""
    tree = ast.parse(gold["tests"])
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    entry = gold["entry_point"]
    helpers = loaded - bound - set(vars(builtins)) - {entry, "candidate", "__name__"}
    called = any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "check"
        for node in tree.body
    )
    return Assertions(gold["tests"], entry, tuple(sorted(helpers)), call_check="check" in bound and not called)
