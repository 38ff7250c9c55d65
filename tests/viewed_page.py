"""The trace viewer's page, opened from disk in a browser: fixtures that its tests share.

pytest_plugins = ("tests.browser", "tests.viewed_page")

def test_a_trace_is_shown(opened, whole):
    page = opened(whole, address("a", 0))          # index.html#open=["a",0]; see viewed_run.py
    settled(page)
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.viewer import write
from tests.viewed_run import whole_run


@pytest.fixture
def opened(page: Any, trouble: Any) -> Callable[..., Any]:
    """Return a function that opens a page from disk, at an address after #; `trouble` listens from the first on."""

    def open_at(folder: Path, at: str = "") -> Any:
        page.goto((folder / "index.html").as_uri() + at)
        page.wait_for_selector("#count:not(:empty)", state="attached")
        return page

    return open_at


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return the page of a run with a sample of every fate."""
    write(whole_run(tmp_path / "run"), tmp_path / "page")
    return tmp_path / "page"
