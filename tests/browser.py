"""A page of a real browser, for tests of what the project's HTML does when it is opened: `page`, and what went wrong in it.

Chromium comes from the system (Debian's `chromium`); playwright only drives it and downloads nothing. Where one of the two
is missing, the tests that ask for a page are skipped and say so.

    pytest_plugins = ("tests.browser",)          # in a test's module: its fixtures are found by their names

    def test_it_opens(page, trouble):
        page.goto((folder / "index.html").as_uri())
        assert trouble.told() == []
"""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
# Pages are the project's own. Chromium's sandbox does not start for root, which CI and containers run as.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]


class Trouble:
    """What a page must not do: complain, ask, load from elsewhere, or go away."""

    def __init__(self, page: Any) -> None:
        self._told: list[str] = []
        page.on("console", lambda message: self._note(message.type in ("error", "warning"), f"console: {message.text}"))
        page.on("pageerror", lambda error: self._note(True, f"exception: {error}"))
        page.on("dialog", self._dialog)
        page.on("popup", lambda other: self._note(True, f"popup: {other.url}"))
        page.on("download", lambda download: self._note(True, f"download: {download.url}"))
        page.on("request", lambda request: self._note(not request.url.startswith("file:"), f"request: {request.url}"))
        page.on(
            "framenavigated",
            lambda frame: self._note(not frame.url.startswith(("file:", "about:")), f"went to: {frame.url}"),
        )

    def told(self) -> list[str]:
        """Return everything so far."""
        return list(self._told)

    def _note(self, bad: bool, what: str) -> None:
        if bad:
            self._told.append(what[:300])

    def _dialog(self, dialog: Any) -> None:
        self._told.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="module")  # no longer: beside playwright's event loop asyncio.run() refuses in other tests
def browser() -> Iterator[Any]:
    """Return Chromium without a window. Skips where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing: make setup")
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Return a new page, 1200 pixels wide; tests change the size with `page.set_viewport_size`."""
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def trouble(page: Any) -> Trouble:
    """Return what goes wrong in `page` from now on."""
    return Trouble(page)
