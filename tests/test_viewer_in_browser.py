"""The trace viewer in a real browser, opened from disk: it filters, searches, links, and shows and compares traces."""

from collections import Counter

import pytest

from data_gen.run_folder import Run
from eval.viewer import write
from tests.viewed_run import address, choice, problem, put, says, settled, trace, verdict

pytest_plugins = ("tests.browser", "tests.viewed_page")
pytestmark = pytest.mark.slow

ROWS = "#rows li"


@pytest.fixture
def large(tmp_path):
    """A page of 3,000 traces of 1,500 problems, with what they should be counted as."""
    run = Run(tmp_path / "run")
    kinds = [("numina", True, "correct"), ("numina", False, "wrong"), ("apps", False, "timeout"), ("apps", None, "infra")]
    told = [(f"p{n:05}", sample, *kinds[(n + sample) % 4]) for n in range(1500) for sample in range(2)]
    put(
        run,
        problems=[problem(f"p{n:05}", source=kinds[n % 2 * 2][0], difficulty=float(n % 10)) for n in range(1500)],
        traces=[trace(one, sample, text=f"needle-{one}-{sample} " + "x" * (int(one[1:]) % 700)) for one, sample, *_ in told],
        verdicts=[verdict(one, sample, ok, reason) for one, sample, _, ok, reason in told],
    )
    write(run, tmp_path / "page", most=5000)
    return tmp_path / "page", told


def test_counts_at_the_filters_agree_with_the_files(opened, large, trouble):
    folder, told = large
    page = opened(folder)
    for reason, count in Counter(reason for *_, reason in told).items():
        assert choice(page, "reason", reason).locator(".n").inner_text() == f"{count:,}"
    choice(page, "reason", "timeout").click()
    says(page, "#count", "750 of 3,000")
    choice(page, "difficulty", "3").click()
    timeouts = [one for one, _, _, _, reason in told if reason == "timeout" and int(one[1:]) % 10 == 3]
    says(page, "#count", f"{len(timeouts)} of")
    right = [one for one, _, _, _, reason in told if reason == "correct" and int(one[1:]) % 10 == 3]
    assert choice(page, "reason", "correct").locator(".n").inner_text() == f"{len(right)}"  # were the reason not filtered
    assert trouble.told() == []


def test_thousands_of_rows_come_a_page_at_a_time(opened, large, trouble):
    page = opened(large[0])
    assert page.locator(ROWS).count() == 100
    page.locator("#pages a", has_text="next").click()
    says(page, "#rows li:first-child .id", "p00050")
    assert "page 2 of 30" in page.locator("#pages").inner_text()
    assert trouble.told() == []


def test_full_texts_are_loaded_and_searched_when_asked_for(opened, large):
    page = opened(large[0])
    assert page.locator("#rows .excerpt", has_text="needle").count() == 0
    page.fill("#q", "needle-p00777-1")
    says(page, "#count", "0 of")
    page.check("#full")
    says(page, "#count", "1 of")
    assert page.locator("#rows .id").inner_text() == "p00777 · 1"


def test_length_order_and_several_samples_filter_and_sort(opened, whole):
    page = opened(whole, "#several=1&sort=-length")
    lengths = [int(text.removesuffix(" chars")) for text in page.locator("#rows .top .n").all_inner_texts()]
    assert len(lengths) == 7
    assert lengths == sorted(lengths, reverse=True)
    page.fill("[aria-label='length, max']", "20")
    page.keyboard.press("Enter")
    says(page, "#count", "1 of")


def test_a_view_can_be_linked_and_the_back_button_returns(opened, whole):
    page = opened(whole, "#state=wrong")
    assert page.locator("#rows .id").all_inner_texts() == ["a · 2"]
    assert choice(page, "state", "wrong").locator("input").is_checked()
    page.locator("#rows a").click()
    settled(page)
    assert "test 2: for 3 expected 4, got 5" in page.locator("#trace").inner_text()
    page.go_back()
    page.wait_for_selector("#trace h2", state="detached")
    assert page.locator("#rows .id").all_inner_texts() == ["a · 2"]


def test_keys_walk_through_the_list_and_reach_the_search(opened, whole):
    page = opened(whole)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    settled(page)
    assert page.locator("#trace h2").inner_text() == "a · sample 1"
    page.keyboard.press("k")
    says(page, "#trace h2", "a · sample 0")
    page.keyboard.press("/")
    page.keyboard.type("c")
    assert page.locator("#q").input_value() == "c"


def test_one_trace_shows_all_that_is_known_of_it(opened, whole, trouble):
    page = opened(whole, address("a", 0))
    settled(page)
    told = page.locator("#trace").inner_text()
    for part in ("in the mixture", "teacher", "completion tokens", "symbolic", "rules", "of the row: tokens"):
        assert part in told
    assert page.locator("#trace .question math, #trace .answer math").count() == 3  # question, gold, extracted
    page.locator("#trace .tab", has_text="as written").click()
    page.wait_for_selector("#trace pre.raw")
    assert "Half of \\(x^2\\)." in page.locator("#trace").inner_text()
    assert trouble.told() == []


def test_what_never_became_a_trace_says_why(opened, whole):
    page = opened(whole, address("a", 3))
    settled(page)
    told = page.locator("#trace").inner_text()
    for part in ("never became a trace", "length", "cut off in the mid"):
        assert part in told


def test_samples_stand_side_by_side(opened, whole):
    page = opened(whole, address("a", 0, view="samples"))
    settled(page)
    assert page.locator(".column").count() == 4
    assert page.locator(".column .verdict .badge").all_inner_texts() == ["right", "right", "wrong", "never became a trace"]


def test_raw_stands_beside_rewritten(opened, whole):
    page = opened(whole, address("c", 0, view="rewriting"))
    settled(page)
    raw, made = page.locator(".columns.two > .column").all()
    assert "Half of" in raw.inner_text()
    assert "A solution that is long" in made.inner_text()
    boxes = raw.bounding_box(), made.bounding_box()
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_formulas_are_typeset_and_code_is_coloured(opened, tmp_path):
    code, table = "```python\ndef f(x):  # half\n    return 'a'\n```", "| a | b |\n|---|---|\n| 1 | 2 |"
    text = f"So \\(\\frac{{1}}{{2}}\\) and \\(\\overarc{{AB}}\\).\n\n{code}\n\n{table}"
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", 0, text=text)])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 0))
    settled(page)
    assert page.locator(".prose mfrac").count() == 1
    assert page.locator(".prose code.tex").inner_text() == "\\overarc{AB}"
    assert page.locator("pre.code .keyword").all_inner_texts() == ["def", "return"]
    assert page.locator("pre.code .comment").inner_text() == "# half"
    assert page.locator(".prose td").all_inner_texts() == ["1", "2"]
