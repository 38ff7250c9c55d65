"""`humaneval`: functions to complete, with assertions. A benchmark: for trials and self tests, not for training.

    sources:
      humaneval: {path: HumanEval.jsonl.gz}

    {"task_id": "HumanEval/32", "prompt": "import math\\n\\ndef poly(...): ...\\n\\ndef find_zero(...): ...",
     "canonical_solution": "    begin, end = -1., 1. ...", "test": "def check(candidate): ...", "entry_point": "find_zero"}
    -> {"id": "humaneval-32", "gold": {"entry_point": "find_zero", "tests": "import math\\n\\ndef poly(...) ..."}, ...}

What stands in the prompt before the function (imports; functions that its tests call, such as `poly`) goes before the
tests, so that they never have to take a program's own word for it. Columns, size (164) and licence (MIT):
https://huggingface.co/datasets/openai/openai_humaneval and https://github.com/openai/human-eval (HumanEval.jsonl.gz).
The Python part of HumanEvalPack has the same columns. Dropped: bad_prompt (no Python, or no such function in it), bad_row (a
column holds no text).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from data_gen.records import Problem, Row
from data_gen.sources.hub import HubConfig, rows
from data_gen.sources.source import Dropped, Item
from data_gen.verifiers.program import NotPython, parsed

ROWS = 164
COLUMNS = ["task_id", "prompt", "canonical_solution", "test", "entry_point"]


class HumanEvalConfig(HubConfig):
    """Keys of `humaneval`."""

    FILES = ("openai_humaneval/test-*.parquet",)

    repo: str | None = "openai/openai_humaneval"

    def count(self) -> int | None:
        """Return the number of published rows."""
        return min(ROWS, self.limit or ROWS)


def read(config: HumanEvalConfig, recipe: Path) -> Iterator[Item]:
    """Yield a problem a row."""
    for row in rows(config, recipe, COLUMNS):
        key = f"humaneval-{str(row['task_id']).rpartition('/')[2]}"
        texts = all(isinstance(row[column], str) for column in COLUMNS)
        before = _before(row) if texts else None
        if before is None:
            yield Dropped(key, "bad_prompt" if texts else "bad_row")
            continue
        yield Problem(
            id=key,
            source="humaneval",
            domain="code",
            question=f"Complete this program:\n```python\n{row['prompt'].strip()}\n```",
            verifier="code_tests",
            gold={"entry_point": row["entry_point"], "tests": f"{before}\n\n{row['test'].strip()}\n".lstrip()},
            license="MIT",
            meta={"reference_solutions": [row["prompt"] + row["canonical_solution"]]},
        )


def _before(row: Row) -> str | None:
    """Return the lines of the prompt before its function, or None where it cannot be told."""
    whole = f"{row['prompt']}{row['canonical_solution']}"
    try:
        tree = parsed(whole)
    except NotPython:
        return None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == row["entry_point"]:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(whole.splitlines()[: first - 1]).strip()
    return None
