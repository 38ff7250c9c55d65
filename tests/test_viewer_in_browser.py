"""The trace viewer in a real browser, opened from disk: it filters, searches, compares, and nothing a model wrote runs."""

from collections import Counter
from typing import Any

import pytest

from data_gen.run_folder import Run
from eval.viewer import write
from tests.viewed_run import HOSTILE, address, choice, problem, put, rewritten, says, settled, trace, verdict, whole_run

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


def hostile_run(folder):
    """Write a run whose every text is hostile; return it with the number of its traces."""
    formulas = " ".join("\\(" + tex + "\\)" for tex in HOSTILE["tex"])
    texts = [*HOSTILE["markup"], formulas, "<img src=x onerror=1> " * 50_000]
    run = Run(folder)
    files: dict[str, list[dict[str, Any]]] = {"problems": [], "traces": [], "rewrites": [], "verdicts": []}
    for index, text in enumerate(texts):
        one, short, answer = f"{index} {text[:60]}", text[:80], text[:300]
        about = {"source": short, "license": short, "meta": {short: short}, "gold": {"answer": answer}}
        files["problems"].append(problem(one, question=text, **about))
        files["traces"] += [trace(one, sample, text=text, model=short, reasoning=text) for sample in (0, 1)]
        files["rewrites"].append(rewritten(one, 0, text, text))
        files["verdicts"].append(verdict(one, 0, False, "wrong", extracted=answer, detail=text[:3000], tier=short))
    put(run, **files)
    return run, 2 * len(texts)


ATTRIBUTES = """[...document.querySelectorAll('*')].flatMap((node) => node.getAttributeNames())
    .filter((name) => name.startsWith('on') || name === 'style')"""


def test_no_text_of_a_model_runs_loads_or_leads_anywhere(opened, tmp_path, trouble):
    run, traces = hostile_run(tmp_path / "run")
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page")
    start = page.url
    elements = "script, iframe, img, svg, object, embed, form, link, meta, base, style, video, audio, a:not([href^='#'])"
    own = page.locator(elements).count()
    links = page.locator("#rows a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(links) == traces
    for link in links[::2]:
        for view in ("", "&view=samples", "&view=rewriting", "&raw=1"):
            page.evaluate("document.querySelector('#trace').replaceChildren()")  # else that of before stays until the next
            page.goto((tmp_path / "page/index.html").as_uri() + link + view)
            settled(page)
            assert page.locator(elements).count() == own, (link, view)
            assert page.evaluate(ATTRIBUTES) == []
    page.mouse.click(600, 400)
    page.wait_for_timeout(300)
    assert page.evaluate("window.__pwned") is None
    assert page.url.partition("#")[0] == start
    assert trouble.told() == []


INTRUDER = """() => {
    const made = (name) => document.body.appendChild(document.createElement(name));
    const tries = [
        () => { made('script').text = 'window.__pwned=1'; },
        () => { made('script').src = 'https://example.com/x.js'; },
        () => { made('img').src = 'https://example.com/x.png'; },
        () => { made('img').setAttribute('onerror', 'window.__pwned=1'); },
        () => { made('p').insertAdjacentHTML('beforeend', '<img src=x onerror="window.__pwned=1">'); },
        () => { made('style').append('body { opacity: .5 }'); },
    ];
    for (const one of tries) try { one(); } catch {}
}"""


def test_a_script_that_got_in_all_the_same_would_not_run(opened, whole, trouble):
    page = opened(whole)
    stopped = []
    page.on("requestfailed", lambda request: stopped.append(request.failure))
    page.evaluate(INTRUDER)
    page.wait_for_timeout(300)
    assert page.evaluate("window.__pwned") is None
    assert stopped == ["csp"]  # the image, asked for and not sent
    assert page.evaluate("getComputedStyle(document.body).opacity") == "1"
    assert {told.partition(":")[0] for told in trouble.told()} == {"console", "request"}  # the policy says what it stopped


def test_signs_that_hide_or_turn_text_are_shown(opened, tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", 0, text="pay \u202e100\u202c \x00 \ud800 \U000e0041")])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 0))
    settled(page)
    assert "pay ⟨U+202E⟩100⟨U+202C⟩ ⟨U+0000⟩ ⟨U+D800⟩ ⟨U+E0041⟩" in page.locator(".prose").last.inner_text()


def test_a_megabyte_on_one_line_comes_in_parts(opened, tmp_path, trouble):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", 0, text="long " * 200_000)])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 0))
    settled(page)
    shown = len(page.locator("#trace").inner_text())
    assert shown < 50_000
    page.locator("#trace button", has_text="show more").click()
    assert len(page.locator("#trace").inner_text()) > shown + 25_000
    assert trouble.told() == []


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
