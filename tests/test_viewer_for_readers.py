"""What a reader asks of the trace viewer: why, what changed, which samples; by keyboard; in a run that is not whole."""

import pytest

from data_gen.run_folder import Run
from eval.viewer import write
from tests.viewed_run import address, choice, problem, put, rewritten, says, settled, trace, verdict, whole_run

pytest_plugins = ("tests.browser", "tests.viewed_page")
pytestmark = pytest.mark.slow

FOCUSED = "document.activeElement.dataset.key ?? document.activeElement.id"


def test_the_verdict_says_why_and_what_was_expected(opened, tmp_path):
    run = Run(tmp_path / "run")
    graded = [verdict("a", 0, False, "wrong", extracted="10"), verdict("a", 1, False, "no_answer", extracted=None)]
    put(
        run,
        problems=[problem("a", gold={"answer": "-28"})],
        traces=[trace("a", 0), trace("a", 1)],
        verdicts=graded,
    )
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 0))
    settled(page)
    told = page.locator(".verdict").inner_text()
    assert "its answer is not the expected one" in told
    assert page.locator(".verdict .answer").all_inner_texts() == ["extracted10", "expected-28"]
    page.locator("#trace .tab[data-key='sample 1']").click()
    says(page, "#trace h2", "a · sample 1")
    assert "no final answer was found in it" in page.locator(".verdict").inner_text()


def test_the_samples_that_were_accepted_are_counted_and_the_trained_one_is_marked(opened, whole):
    page = opened(whole, address("a", 2))
    settled(page)
    assert "2 of 4 samples of this problem are right; in the mixture: 0" in page.locator("#trace").inner_text()
    marked = page.locator("#trace nav[aria-label=Samples] a", has_text="in the mixture")
    assert marked.count() == 1
    assert marked.inner_text().startswith("0 ")


@pytest.mark.parametrize(
    ("text", "reasoning", "solution", "told"),
    [
        ("one\n\ntwo", None, "two", "Every line was kept"),
        ("two", "one", "two", "Every line was kept"),  # the thought is what the endpoint gave beside the answer
        ("one\nold\ntwo", None, "two\nnew\nnew", "1 of 3 lines are gone, 2 of 4 are new."),
    ],
)
def test_what_a_rewriting_changed_is_told_line_by_line(opened, tmp_path, text, reasoning, solution, told):
    run = Run(tmp_path / "run")
    put(
        run,
        problems=[problem("a")],
        traces=[trace("a", 0, text=text, reasoning=reasoning)],
        rewrites=[rewritten("a", 0, "one", solution)],
    )
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 0, view="rewriting"))
    settled(page)
    says(page, "#trace .rewriting p", told)
    changes = page.locator(".changes span").all_inner_texts()
    assert changes == (["− old", "+ new", "+ new"] if "gone" in told else [])


def test_a_trace_that_nobody_rewrote_offers_no_comparison(opened, tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", 0)])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 0))
    settled(page)
    assert page.locator("#trace .tab").all_inner_texts() == ["one trace", "as written"]


def test_a_list_without_rows_says_how_to_see_some(opened, whole):
    page = opened(whole, "#q=half of")
    says(page, "#rows", "No trace passes")
    page.locator("#rows a", has_text="search the full texts").click()
    says(page, "#count", "7 of 8")
    page.fill("#q", "no such words")
    page.locator("#rows a", has_text="clear search and filters").click()
    says(page, "#count", "8 of 8")


def test_an_address_of_a_trace_that_is_not_there_is_told(opened, whole):
    page = opened(whole, address("no such problem", 0))
    page.locator("#count", has_text="not on this page").wait_for()


PARTS = {
    "errors only": {"traces", "rewrites", "no_rewrites", "verdicts", "mixture"},
    "traces only": {"problems", "failures", "rewrites", "no_rewrites", "verdicts", "mixture"},
    "no rewriting": {"rewrites", "no_rewrites"},
    "no verdicts yet": {"verdicts", "mixture"},
    "no mixture": {"mixture"},
}


@pytest.mark.parametrize("part", PARTS)
def test_a_run_that_is_not_whole_is_shown_as_far_as_it_is(opened, tmp_path, trouble, part):
    run = whole_run(tmp_path / "run")
    put(run, **{name: [] for name in PARTS[part]})
    if "mixture" in PARTS[part]:
        run.mixture.unlink()
    shown = write(run, tmp_path / "page")["traces"]
    page = opened(tmp_path / "page")
    says(page, "#count", f"{shown} of {shown}")
    for link in page.locator("#rows a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        for view in ("", "&view=samples", "&view=rewriting"):
            opened(tmp_path / "page", link + view)
            settled(page)
            assert "undefined" not in page.locator("#trace").inner_text()
    assert trouble.told() == []


def test_a_filter_chosen_by_keyboard_keeps_the_focus(opened, whole, page):
    opened(whole)
    choice(page, "reason", "wrong").locator("input").focus()
    page.keyboard.press("Space")
    says(page, "#count", "1 of 8")
    assert page.evaluate(FOCUSED) == "reason wrong"
    page.keyboard.press("Space")
    says(page, "#count", "8 of 8")


def test_the_focus_follows_into_a_trace_and_back_to_its_row(opened, whole):
    page = opened(whole)
    page.locator("#rows a").nth(1).focus()
    page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate(FOCUSED) == "trace"
    page.keyboard.press("Escape")
    page.wait_for_selector("#trace h2", state="detached")
    assert page.evaluate(FOCUSED) == "row 1"


def test_enter_opens_the_row_that_the_keys_walked_to(opened, whole):
    page = opened(whole)
    page.locator("#rows a").first.focus()
    for key in "jjjk":
        page.keyboard.press(key)
    chosen = page.locator("#rows a.cursor .id").inner_text()
    page.keyboard.press("Enter")
    settled(page)
    assert page.locator("#trace h2").inner_text() == chosen.replace(" · ", " · sample ")


def test_the_next_page_begins_at_its_top(opened, tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem(f"p{n:03}") for n in range(250)], traces=[trace(f"p{n:03}", 0) for n in range(250)])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page")
    page.locator("#pages a", has_text="next").click()
    says(page, "#pages", "previous")
    assert page.evaluate("document.querySelector('#list').scrollTop") == 0


def test_a_long_sentence_above_leaves_the_page_as_high_as_the_window(opened, tmp_path, page):
    run = Run(tmp_path / "run")
    put(run, problems=[problem(f"p{n}") for n in range(60)], traces=[trace(f"p{n}", 0) for n in range(60)])
    write(run, tmp_path / "page", most=50)
    page.set_viewport_size({"width": 950, "height": 700})
    opened(tmp_path / "page", address("p1", 0))
    assert page.evaluate("document.documentElement.scrollHeight") == 700


def test_a_link_to_what_is_shown_is_copied(opened, whole, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(whole, "#state=wrong")
    page.locator("#share").click()
    says(page, "#share", "link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith("index.html#state=wrong")
