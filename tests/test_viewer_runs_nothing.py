"""No text of a model runs, loads, hides or floods in the trace viewer, and a script that got in would not run either."""

from typing import Any

import pytest

from data_gen.run_folder import Run
from eval.viewer import write
from tests.viewed_run import HOSTILE, address, problem, put, rewritten, settled, trace, verdict

pytest_plugins = ("tests.browser", "tests.viewed_page")
pytestmark = pytest.mark.slow


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
