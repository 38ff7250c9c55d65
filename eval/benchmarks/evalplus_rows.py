"""`humaneval_plus` and `mbpp_plus`: Python functions to write, graded by evalplus on its base and its additional tests.

    {"task_id": "HumanEval/0", "prompt": "def f(x): ...", "entry_point": "f", "canonical_solution": "...",
     "base_input": [...], "plus_input": [...], "atol": 0, "test": "def check(candidate): ...", ...}
    -> {"id": "humaneval_plus-HumanEval/0", "verifier": "code_tests", "gold": {"entry_point": "f", "tests": "def check...",
        "evalplus": "<the row, as JSON>"}, ...}

`gold.evalplus` is what evalplus needs (eval/evalplus_sets.py); `gold.tests` are the base tests as assertions, so that our
own verifier can grade these problems too. A row stays one text: its inputs hold infinities and integers of any length.

Files: what evalplus 0.3.1 downloads, HumanEvalPlus v0.1.10 (164 problems) and MbppPlus v0.2.0 (378), from the releases of
github.com/evalplus/humanevalplus_release and mbppplus_release (evalplus/data/utils.py, humaneval.py, mbpp.py), or `path:`.
MbppPlus v0.1 (399) has prompts that do not name the function: its first assertion is then shown with them, as v0.2.0 has it.
Licences: MIT (HumanEval), Apache-2.0 (the additional tests). Downloading was not run.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from data_gen.cli import UserError
from data_gen.records import Problem, Row
from eval.benchmarks.published import asked, checked, first, named
from eval.config import Benchmark

# evalplus asks for "a self-contained Python script": without it a program's List is often left without its import.
ALONE = "The program is run by itself: the imports and other functions that it needs belong in it."
NEEDED = ("task_id", "prompt", "entry_point", "canonical_solution", "base_input", "plus_input", "atol", "contract")
RELEASES = {"humaneval_plus": "HumanEvalPlus", "mbpp_plus": "MbppPlus"}


def read(name: str, rows: Iterable[Row], benchmark: Benchmark) -> Iterator[Problem]:
    """Yield a problem a row. Raises UserError that names a row which evalplus could not use."""
    for number, row in enumerate(rows, 1):
        where = f"{name}: row {number}"
        for column in NEEDED:
            first(row, (column,), where)
        prompt, entry, canonical = (asked(row, (key,), where) for key in ("prompt", "entry_point", "canonical_solution"))
        tests = str(row.get("test") or _asserted(entry, asked(row, ("assertion",), where)))
        problem = Problem(
            id=named(name, row["task_id"]),
            source=name,
            domain="code",
            question=f"{_question(prompt, entry, str(row.get('assertion') or ''))}\n\n{ALONE}",
            verifier="code_tests",
            gold={"entry_point": entry, "tests": tests, "evalplus": json.dumps(row)},
            license="Apache-2.0",
            meta={"reference_solutions": [prompt + canonical]},
        )
        yield checked(problem, where)


def _question(prompt: str, entry: str, assertions: str) -> str:
    """Return the prompt; of MBPP, whose prompt is a docstring, what stands in it, with an assertion to name the function."""
    if not assertions.strip():
        return prompt
    text = prompt.strip().strip("\"'").strip()
    return text if entry in text else f"{text}\n{assertions.strip().splitlines()[0]}"


def _asserted(entry: str, assertions: str) -> str:
    """Return MBPP's lines of assertions as a check; some use math or sys, and one function is called `check` itself."""
    lines = "".join(f"    {line}\n" for line in [f"{entry} = candidate", *assertions.strip().splitlines()])
    return f"import math, sys\n\ndef check(candidate):\n{lines}"


def released(name: str) -> Path:
    """Return evalplus's own release file of a set, downloaded by evalplus at first use. Raises UserError without network."""
    from evalplus.data.humaneval import HUMANEVAL_PLUS_VERSION
    from evalplus.data.mbpp import MBPP_PLUS_VERSION
    from evalplus.data.utils import get_dataset_metadata, make_cache

    version = {"humaneval_plus": HUMANEVAL_PLUS_VERSION, "mbpp_plus": MBPP_PLUS_VERSION}[name]
    url, path = get_dataset_metadata(RELEASES[name], version, mini=False)
    try:
        make_cache(url, path)
    except OSError as error:  # urllib's errors are OSErrors
        raise UserError(f"{url} cannot be fetched ({error}); fetch it elsewhere and name it: `path:`") from error
    return Path(path)
