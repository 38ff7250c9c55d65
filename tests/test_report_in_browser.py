"""The report of a run in Chromium, opened from disk: on a phone and on a desk, in light and in dark, for eye and ear."""

import re
import string
from itertools import combinations, pairwise, product

import pytest

from eval.reporting import runs_page
from eval.reporting.html_page import html
from eval.reporting.plots.text import extent
from eval.reporting.summary.several_runs import summarize_runs
from tests.plotted import HOSTILE, all_plots, many
from tests.reported_run import told, written_run

pytest_plugins = ("tests.browser",)
pytestmark = pytest.mark.slow

SHEET = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>body { margin: 1rem }</style>'
PHONE, DESK = 360, 1200
LEAST = 11  # pixels: what one reads on a phone without a magnifier
IDS = [
    "scores",
    "differences",
    "funnel",
    "acceptance",
    "lengths",
    "verification",
    "loss",
    "costs",
    "environment",
    "not-run",
    "traces",
]

# Of every text that is seen: what it says, its colour, and the first colour behind it that is not transparent.
COLOURS = """() => {
  const seen = [...document.querySelectorAll('body *')].filter(e => !e.closest('desc, title, style') && e.checkVisibility()
    && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/^rgba\\(.*, 0\\)$/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return seen.map(e => {
    const plotted = e.closest('svg') !== null;
    const colour = getComputedStyle(e)[plotted ? 'fill' : 'color'];
    return [e.textContent.trim().slice(0, 40), colour, ground(e), plotted ? 'plot' : e.tagName];
  });
}"""

# Of every plot: its box, those of its points that are seen, and of each label what it says, its size on the screen, its box.
LABELS = """() => [...document.querySelectorAll('svg.plot')].map(plot => {
  const box = e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] };
  const labels = [...plot.querySelectorAll('text')].filter(e => e.checkVisibility());
  const points = [...plot.querySelectorAll('.plot-point > *')].filter(e => e.checkVisibility());
  return {box: box(plot), points: points.map(box), labels: labels.map(e => ({text: e.textContent, box: box(e),
    size: parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a}))};
})"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the addresses of a report, of one of two runs, and of a sheet of plots of long and odd names."""
    folder = tmp_path_factory.mktemp("reported")
    run, other = written_run(folder / "run"), written_run(folder / "other", solved=4)
    assert "<svg" in told(run)["index.html"]
    (folder / "two_runs.html").write_text(html(runs_page.page(summarize_runs([run, other]))))
    plots = [*many().values(), *(svg for name in HOSTILE[:10] for svg in all_plots(name).values())]
    (folder / "crowded.html").write_text(f"<!doctype html>{SHEET}{''.join(plots)}", "utf-8")
    return {"report": (run.report / "index.html").as_uri()} | {
        name: (folder / f"{name}.html").as_uri() for name in ("two_runs", "crowded")
    }


@pytest.fixture
def report(pages):
    """Return the address of the report of one run."""
    return pages["report"]


@pytest.fixture(params=[PHONE, DESK])
def width(request):
    return request.param


@pytest.fixture
def opened(page, trouble, report, width):
    """Return the page with the report in it, everything unfolded."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report)
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    return page


@pytest.fixture(params=["report", "two_runs", "crowded"])
def drawn(page, pages, width, request):
    """Return each page that has plots."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(pages[request.param])
    return page


def test_the_report_asks_for_no_other_file_and_the_browser_has_no_complaint(opened, trouble):
    asked = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.reload()
    opened.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    assert [address.partition("?")[0].endswith("/report/index.html") for address in asked] == [True]
    assert trouble.told() == []


@pytest.mark.parametrize("narrower", [0, 40])
def test_no_page_ever_scrolls_sideways(drawn, width, narrower):
    drawn.set_viewport_size({"width": width - narrower, "height": 800})
    assert drawn.evaluate("() => document.documentElement.scrollWidth") <= width - narrower


def test_one_drawing_of_each_plot_is_seen_and_fits_the_page(opened, width):
    plots = opened.locator("svg.plot")
    assert plots.count() >= 6
    for at in range(plots.count()):
        shown = [plots.nth(at).locator(f".plot-{which}").is_visible() for which in ("narrow", "wide")]
        assert shown == [width == PHONE, width == DESK]
        box = plots.nth(at).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] > 30


def test_no_label_of_a_plot_is_small_or_cut_off_at_its_edge(drawn):
    plots = drawn.evaluate(LABELS)
    assert plots
    for plot in plots:
        left, top, right, bottom = plot["box"]
        assert len(plot["labels"]) >= 2
        for label in plot["labels"]:
            assert label["size"] >= LEAST, label
            assert left - 1 <= label["box"][0] <= label["box"][2] <= right + 1, label
            assert top - 3 <= label["box"][1] <= label["box"][3] <= bottom + 3, label


def common(one, other):
    """Return how many pixels two boxes share across and down, the smaller of both."""
    return min(min(one[at + 2], other[at + 2]) - max(one[at], other[at]) for at in (0, 1))


def test_no_label_of_a_plot_covers_another_or_a_point(drawn):
    plots = drawn.evaluate(LABELS)
    assert plots
    for plot in plots:
        for one, other in combinations(plot["labels"], 2):
            assert common(one["box"], other["box"]) < 4, (one, other)  # a line's box is higher than its letters
        for label, point in product(plot["labels"], plot["points"]):
            assert common(label["box"], point) < 4, (label, point)


def luminance(colour):
    """Return the relative luminance of rgb(r, g, b): https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    found = opened.evaluate(COLOURS)
    kinds = {kind for *_, kind in found}
    assert {"H1", "H2", "P", "TD", "TH", "A", "plot"} <= kinds
    grounds = [luminance(ground) for *_, ground, kind in found if kind == "plot"]
    assert all((ground < 0.2) is (scheme == "dark") for ground in grounds)
    for text, colour, ground, kind in found:
        low, high = sorted([luminance(colour), luminance(ground)])
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, colour, ground, kind)


WIDTHS = """texts => {
  const draw = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  document.body.append(draw);
  return texts.map(([text, weight]) => {
    const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    drawn.setAttribute('style', `font: ${weight} 12px system-ui, sans-serif`);
    drawn.textContent = text;
    draw.append(drawn);
    return drawn.getComputedTextLength();
  });
}"""


def test_texts_are_no_wider_than_the_plots_take_them_to_be(page):
    names = [
        "Qwen2.5-32B-Instruct",
        "MMMMMMMM",
        "WWWW@@%%mmww",
        "illi.,;:|",
        "base_few_shot",
        "0123456789 [44.6, 56.6]",
        "<script>&$^",
    ]
    texts = [(name, weight) for name in [*names, string.printable.strip()] for weight in (400, 600)]
    page.set_content("<!doctype html>")
    for (text, weight), width in zip(texts, page.evaluate(WIDTHS, texts), strict=True):
        assert width <= extent(text, 12, bold=weight == 600), (text, weight)
        assert width >= 0.5 * extent(text, 12, bold=weight == 600), (text, weight)


def test_every_plot_has_a_name_and_a_description_for_those_who_do_not_see_it(opened):
    named = opened.get_by_role("img", name=re.compile(r"\w"))
    assert named.count() == opened.locator("svg.plot").count()
    assert opened.locator("svg.plot svg:not([aria-hidden=true])").count() == 0
    names = [opened.locator(f"#{one.get_attribute('aria-labelledby')}").text_content() for one in named.all()]
    assert "Accuracy on mine" in names
    told_by = [opened.locator(f"#{one.get_attribute('aria-describedby')}").text_content() for one in named.all()]
    assert all(re.search(r"\d", told) for told in told_by)
    assert any("trained, measured here: 60.0 % [10.0, 90.0], 10 problems x 1" in told for told in told_by)


def test_headings_come_in_order_and_every_section_is_reached_by_its_name(opened):
    levels = [
        int(name[1]) for name in opened.evaluate("() => [...document.querySelectorAll('h1,h2,h3,h4')].map(h => h.tagName)")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for name in IDS:
        assert opened.locator(f"#{name}").count() == 1
    ids = opened.evaluate("() => [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_pointer_that_rests_on_a_mark_is_told_its_numbers(page, report):
    page.goto(report)
    mark = page.locator("#scores svg.plot .plot-wide .plot-point > *").first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    centre = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    told = page.evaluate("([x, y]) => document.elementFromPoint(x, y).querySelector(':scope > title').textContent", centre)
    assert told.startswith("trained, measured here: 60.0 %")
