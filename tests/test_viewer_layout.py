"""The trace viewer on a phone, in light and dark, and read aloud: nothing is too wide, too pale or without a name."""

import pytest

from eval.viewer import write
from tests.viewed_run import address, choice, problem, put, says, settled, whole_run

pytest_plugins = ("tests.browser", "tests.viewed_page")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("at", ["", address("a", 2), address("a", 0, view="samples")])
def test_nothing_is_wider_than_a_phone(opened, tmp_path, page, at):
    run = whole_run(tmp_path / "run")
    formula = "x + " * 60 + "y"
    table = "| cell " * 40 + "|\n" + "|-" * 40 + "|"
    wide = f"\\({formula}\\)\n\\[{formula}\\]\n```\n{'word ' * 60}\n```\n{table}\n\n{'w' * 500}"
    put(run, problems=[problem("a", question=wide)])
    write(run, tmp_path / "page")
    page.set_viewport_size({"width": 390, "height": 800})
    opened(tmp_path / "page", at)
    if at:
        settled(page)
        page.locator("#trace .question").evaluate("question => { question.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_filters_are_a_button_away_on_a_phone(opened, whole, page):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(whole)
    assert not page.locator("#filters").is_visible()
    page.locator("#toggle").click()
    choice(page, "state", "wrong").click()
    page.locator("#toggle").click()
    says(page, "#count", "1 of 8")
    assert page.locator("#rows .id").inner_text() == "a · 2"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_paper(opened, whole, page, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(whole, address("a", 2))
    settled(page)
    contrasts = page.evaluate(
        """() => {
            const light = (rgb) => rgb.match(/[0-9.]+/g).slice(0, 3).map(Number).map((part) => part / 255)
                .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
            const paper = light(getComputedStyle(document.body).backgroundColor);
            return ['body', '#count', '.badge.wrong', '.badge.right', '#rows .small', '#trace dt', '#told'].map((where) => {
                const ink = light(getComputedStyle(document.querySelector(where)).color);
                return [where, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
            });
        }"""
    )
    assert {where: ratio for where, ratio in contrasts if ratio < 4.5} == {}  # WCAG 2.2, 1.4.3


UNNAMED = """[...document.querySelectorAll('a, button, input, select, summary')].filter((node) =>
    ![node.getAttribute('aria-label'), node.textContent, node.labels?.[0]?.textContent].some((name) => name?.trim())
).map((node) => node.outerHTML)"""


def test_every_control_has_a_name(opened, whole, page):
    opened(whole, address("a", 0))
    settled(page)
    assert page.evaluate(UNNAMED) == []
