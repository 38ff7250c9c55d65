"""`humaneval`: 164 Python functions to complete, graded by their assertions.

    {"task_id": "HumanEval/0", "prompt": "def f(x):\\n    ...", "entry_point": "f", "test": "def check(candidate): ...", ...}
    -> {"id": "humaneval-HumanEval/0", "verifier": "code_tests", "gold": {"entry_point": "f", "tests": "def check..."}, ...}

File, columns, size and licence (MIT): https://huggingface.co/datasets/openai/openai_humaneval/blob/main/README.md
(openai_humaneval/test-*). The files of evalplus have these columns too; their additional tests are not read here.
"""

from collections.abc import Iterable, Iterator

from data_gen.records import Problem, Row
from eval.benchmarks.published import asked, checked, first, named
from eval.config import Benchmark


def read(name: str, rows: Iterable[Row], benchmark: Benchmark) -> Iterator[Problem]:
    """Yield a problem a row. Raises UserError that names a row without prompt or tests."""
    for number, row in enumerate(rows, 1):
        where = f"{name}: row {number}"
        prompt, entry, tests = (asked(row, (column,), where) for column in ("prompt", "entry_point", "test"))
        solution = row.get("canonical_solution")
        problem = Problem(
            id=named(name, first(row, ("task_id",), where)),
            source=name,
            domain="code",
            question=prompt,
            verifier="code_tests",
            gold={"entry_point": entry, "tests": tests},
            license="MIT",
            meta={"reference_solutions": [prompt + solution]} if solution else {},
        )
        yield checked(problem, where)
