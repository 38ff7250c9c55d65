"""HumanEval+ and MBPP+: programs graded by evalplus itself, as a whole, inside the sandbox's second profile.

    with EvalplusGrader(workers=4) as grader:
        for verdict in grader.grade(answers): ...          # as data_gen.verifiers.pool.Grader, so evaluation takes either
    {"id": "humaneval_plus-HumanEval/0", "ok": false, "reason": "wrong", "base_status": "pass", "plus_status": "fail", ...}

    metrics("humaneval_plus", rows of verdicts.jsonl)
    -> [{"metric": "humaneval", "value": 0.91, "ci95": [0.86, 0.95]}, {"metric": "humaneval_plus", ...}]

The program is the one that the project's extractor finds in the solution section (data_gen/verifiers/program.py); evalplus
gets it as a `solution`, with nothing of the prompt before it, as its own runs of chat models have it. Right is what passes
base and plus tests. evalplus executes programs behind a guard that its authors call no sandbox, so all of it runs in
data_gen/sandbox/harness.py; where that is not to be had `NotRun` says why, before anything is asked.

evalplus 0.3.1 fails every right answer to HumanEval/32: `find_zero` has a check of its own, after which evalplus forgets to
count the test (`continue` before `details[i] = True`, evalplus/eval/__init__.py; github.com/evalplus/evalplus/pull/201 has
the finding; later commits count it). So that task is given in a form that the ordinary path grades: `mended`.

evalplus's limits are by the clock (1 s a test, or 4 times the reference's): a busy machine turns slow programs into wrong
ones. What it calls "timeout" is run once more, one at a time; a single test that was too slow is a "fail" and is not.

Not covered: a program that attacks evalplus, in whose process tree it runs: it can forge its own verdict, and those of
others, but reach nothing else.
"""

import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from data_gen.cli import UserError
from data_gen.records import Reason, Row, Verdict
from data_gen.sandbox import harness
from data_gen.verifiers import VERSION
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.program import NotPython, program
from data_gen.verifiers.repetition import loops
from eval.not_run import NotRun
from eval.stats import share

SETS = {"humaneval_plus": "humaneval", "mbpp_plus": "mbpp"}  # our benchmark: evalplus's dataset, and its base metric
OVERRIDES = {"humaneval": "HUMANEVAL_OVERRIDE_PATH", "mbpp": "MBPP_OVERRIDE_PATH"}
TIER, SANDBOX = "evalplus-0.3.1", "harness"
PASS, TIMEOUT = "pass", "timeout"
SECONDS = 5.0  # of the clock for a program, in the mean, before all of evalplus is ended; beside an hour
Statuses = tuple[str, str]  # base, plus

# HumanEval/32, whose answer is any root: the check of evalplus/eval/_special_oracle.py, as a function that returns True.
FOUND = "evalplus_found_zero"
ROOT_CHECK = f"""

def {FOUND}(xs):
    import math
    x = find_zero(xs)
    return bool(abs(sum(c * math.pow(x, i) for i, c in enumerate(xs))) <= ATOL)
"""


def required() -> None:
    """Raise NotRun where the profile that evalplus needs is not to be had."""
    if fault := harness.unavailable():
        raise NotRun(f"evalplus runs inside the sandbox's second profile only: {fault}")


def mended(task: Row, solution: str) -> tuple[Row, str]:
    """Return a task and a program as evalplus 0.3.1 grades them rightly: as they are, but for HumanEval/32."""
    if task["entry_point"] != "find_zero":
        return task, solution
    check = ROOT_CHECK.replace("ATOL", repr(task["atol"]))
    canonical = task["canonical_solution"] + check
    return task | {"entry_point": FOUND, "atol": 0, "canonical_solution": canonical}, f"{solution}\n{check}"


def evaluate(tasks: dict[str, Row], programs: Sequence[tuple[str, str]], workers: int) -> list[Statuses]:
    """Return evalplus's base and plus status of each (task_id, program), in their order.

    `tasks` are rows of evalplus's file, all of one set. Raises NotRun, and UserError when evalplus ends without results.
    """
    dataset = "mbpp" if next(iter(tasks)).startswith("Mbpp/") else "humaneval"
    asked = {one for one, _ in programs}
    given = [mended(tasks[one], solution) for one, solution in programs]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions, samples = folder / "tasks.jsonl", folder / "samples.jsonl"
        _write(questions, [mended(task, "")[0] for one, task in tasks.items() if one in asked])
        _write(samples, [{"task_id": task["task_id"], "solution": solution} for task, solution in given])
        variables = {OVERRIDES[dataset]: str(questions.resolve()), "OMP_NUM_THREADS": "1"}
        words = [sys.executable, "-P", "-m", "evalplus.evaluate", f"--dataset={dataset}", f"--samples={samples.name}"]
        limits = harness.HarnessLimits(wall_s=3600 + SECONDS * len(programs))
        done = harness.run([*words, f"--parallel={workers}"], harness.Given(folder, variables=variables), limits)
        results = folder / "samples_eval_results.json"
        if done.returncode != 0 or not results.is_file():
            ended = "its time was up" if done.timed_out else f"status {done.returncode}"
            raise UserError(f"evalplus ended without results ({ended}): {' '.join(done.log.split())[-600:]}")
        return _statuses(json.loads(results.read_text(encoding="utf-8"))["eval"], given)


def _write(path: Path, rows: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _statuses(results: dict[str, list[Row]], given: Sequence[tuple[Row, str]]) -> list[Statuses]:
    """Return the statuses in the order of what was given: evalplus lists those of a task in that order."""
    waiting = {one: iter(rows) for one, rows in results.items()}
    found: list[Statuses] = []
    for task, solution in given:
        row = next(waiting.get(task["task_id"], iter(())), None)
        if row is None or row["solution"] != solution:
            raise UserError(f"evalplus gave no result for a program of {task['task_id']}")
        found.append((str(row["base_status"]), str(row["plus_status"])))
    return found


class EvalplusGrader:
    """Grades answers whose gold has `evalplus`, all at once; with the interface of data_gen.verifiers.pool.Grader."""

    def __init__(self, workers: int | None = None, allow_weak_sandbox: bool = False) -> None:
        self._workers = workers or max(1, (os.cpu_count() or 1) // 2)  # evalplus's own default: its limits are by the clock

    def __enter__(self) -> "EvalplusGrader":
        required()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def grade(self, answers: Iterable[Answer], in_order: bool = True) -> Iterator[Verdict]:
        """Yield a verdict for every answer, those without a program first."""
        tasks: dict[str, Row] = {}
        waiting: list[tuple[Answer, str, str]] = []  # with its task and program
        for answer in answers:
            found = _program(answer)
            if isinstance(found, Verdict):
                yield found
                continue
            task = json.loads(answer.gold["evalplus"])
            tasks.setdefault(task["task_id"], task)
            waiting.append((answer, task["task_id"], found))
        if waiting:
            programs = [(task, text) for _, task, text in waiting]
            statuses = evaluate(tasks, programs, self._workers)
            slow = [place for place, pair in enumerate(statuses) if TIMEOUT in pair]
            if slow:  # alone, with less of the machine in use: its limits are by the clock
                again = evaluate(tasks, [programs[place] for place in slow], 1)
                statuses = [again[slow.index(place)] if place in slow else pair for place, pair in enumerate(statuses)]
            for (answer, _, _), pair in zip(waiting, statuses, strict=True):
                yield _verdict(answer, pair)


def _program(answer: Answer) -> str | Verdict:
    """Return the program of an answer, or its verdict where there is none to run."""
    if answer.verifier == "none":
        return Verdict(id=answer.id, sample=answer.sample, ok=True, reason="correct", verifier_version=VERSION)
    if answer.whole is not None and (loop := loops(answer.whole)):
        return _without(answer, "repetition", loop)
    try:
        found = program(answer.text)
    except NotPython as error:
        return _without(answer, "compile", str(error))
    return _without(answer, "no_answer", None) if found is None else found


def _without(answer: Answer, reason: Reason, detail: str | None) -> Verdict:
    about: dict[str, Any] = {"base_status": None, "plus_status": None, "detail": detail, "tier": TIER}
    return Verdict(id=answer.id, sample=answer.sample, ok=False, reason=reason, verifier_version=VERSION, **about)


def _verdict(answer: Answer, statuses: Statuses) -> Verdict:
    base, plus = statuses
    ok = base == plus == PASS
    reason: Reason = "correct" if ok else "timeout" if TIMEOUT in statuses else "wrong"
    about: dict[str, Any] = {"base_status": base, "plus_status": plus, "tier": TIER, "sandbox": SANDBOX}
    return Verdict(id=answer.id, sample=answer.sample, ok=ok, reason=reason, verifier_version=VERSION, **about)


def metrics(benchmark: str, verdicts: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the share of samples that pass the base tests, and those that pass all, with intervals (eval/stats.py).

    A sample counts once for its problem's share, whatever became of it: cut off, refused and empty ones are not right.
    """
    base: dict[str, list[bool]] = defaultdict(list)
    both: dict[str, list[bool]] = defaultdict(list)
    for row in verdicts:
        base[row["id"]].append(row.get("base_status") == PASS)
        both[row["id"]].append(row["ok"] is True)
    named = {SETS[benchmark]: base, benchmark: both}
    found = {metric: share(list(problems.values())) for metric, problems in named.items()}
    return [
        {"metric": metric, "value": round(value, 4), "ci95": [round(low, 4), round(high, 4)]}
        for metric, (value, low, high) in found.items()
    ]
