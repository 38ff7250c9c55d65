"""What tests share: a small recipe in a folder of its own, and how to run a command of the project."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen.sandbox.levels import candidates

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

STRONG = [level for level in candidates() if level.strong]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command() -> Run:
    """Return a function that runs `python -m MODULE --options` as a user does, in the repository's root."""

    def run(module: str, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", module, *options],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )

    return run


def addition(count: int) -> list[dict[str, Any]]:
    """Return problems whose answer is the sum of their two numbers."""
    return [
        {
            "id": f"add-{index:04}",
            "source": "file",
            "domain": "math",
            "question": f"What is {index} + 1?",
            "verifier": "math_answer",
            "gold": {"answer": str(index + 1)},
        }
        for index in range(count)
    ]


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a recipe folder outside the repository; keywords replace keys of data.yaml."""

    def write(
        url: str = "http://127.0.0.1:9/v1", problems: int = 20, teacher: dict[str, Any] | None = None, **keys: Any
    ) -> Path:
        folder = tmp_path / "recipe"
        folder.mkdir(exist_ok=True)
        rows = "".join(json.dumps(row) + "\n" for row in addition(problems))
        (folder / "problems.jsonl").write_text(rows, encoding="utf-8")
        config = {
            "sources": {"file": {"path": "problems.jsonl"}},
            "teacher": {
                "model": "m",
                "endpoints": [{"base_url": url, "concurrency": 8}],
                "retries": 1,
                "samples": 2,
                "max_tokens": 100,
                **(teacher or {}),
            },
            **keys,
        }
        (folder / "data.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        return folder

    return write


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def heed_interrupts() -> None:
    """Let a child process heed SIGINT, which a shell's background jobs ignore and hand down to their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def fenced(source: str) -> str:
    """Return a program as an answer gives it."""
    return f"Here it is.\n\n```python\n{source}\n```\n"


@pytest.fixture(scope="module", params=STRONG, ids=lambda level: level.name)
def level(request: Any) -> Any:
    """Return each level of the sandbox that may hold on this machine."""
    return request.param
