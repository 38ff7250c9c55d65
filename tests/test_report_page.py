"""The report as a page that may be published: nothing is loaded, nothing of the machine is in it, everybody can read it."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from eval.reporting import html_page
from eval.reporting.blocks import Table
from eval.reporting.html_page import TEMPLATES, cell
from eval.reporting.run_page import page
from eval.reporting.score_tables import published_table
from eval.reporting.summary.one_run import summarize
from tests.reported_run import edited, section, told, written_run

SECTIONS = ["scores", "differences", "funnel", "acceptance", "lengths", "verification", "loss", "costs", "environment"]
SECTIONS += ["not-run", "traces"]
EVIL = '</style></table><script>alert("x")</script><img src=x onerror=alert(1)>|{{ 7 * 7 }}'
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Parsed(HTMLParser):
    """The elements of a page: (name, attributes, the text inside, the names of those around it)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str], list[str]]] = []
        self._open: list[int] = []
        self.unclosed: list[str] = []
        self.feed(text)
        self.unclosed += [self.elements[at][0] for at in self._open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [], [self.elements[at][0] for at in self._open]))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [], [self.elements[at][0] for at in self._open]))

    def handle_endtag(self, tag):
        if not self._open or self.elements[self._open[-1]][0] != tag:
            self.unclosed.append(f"/{tag}")
        else:
            self._open.pop()

    def handle_data(self, data):
        for at in self._open:
            self.elements[at][2].append(data)

    def all(self, *names):
        return [element for element in self.elements if element[0] in names]


@pytest.fixture
def run(tmp_path):
    return written_run(tmp_path / "secret_home" / "run")


@pytest.fixture
def parsed(run):
    return Parsed(told(run)["index.html"])


def test_every_element_is_closed_where_it_was_opened(parsed):
    assert parsed.unclosed == []
    assert len(parsed.elements) > 200


def test_the_page_loads_nothing_and_runs_nothing(run):
    text = told(run)["index.html"]
    parsed = Parsed(text)
    assert parsed.all("script", "link", "img", "iframe", "object", "embed", "form", "base") == []
    for _, attributes, _, _ in parsed.elements:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "srcset", "background")}
        for name in ("href", "xlink:href"):
            assert re.match(r"#|https://|traces/index\.html$", attributes.get(name) or "#")
    assert not re.search(r"@import|url\(", text)
    policy = next(a["content"] for _, a, _, _ in parsed.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_no_path_of_this_machine_is_in_any_file(run):
    here = str(run.folder)
    edited(run, **{"train c": {"settings": {"training": {"model_name_or_path": f"{here}/models/Base-7B"}}}})
    edited(run, collect={"inputs": {f"{here}/problems.jsonl": "ab" * 32}, "settings": {"sources": {"file": {"path": here}}}})
    manifest = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps(manifest | {"not_run": {"mine": f"{here}/x: no such file"}}))
    scores = run.eval("base", "mine") / "scores.json"
    scores.write_text(json.dumps(json.loads(scores.read_text()) | {"weights": f"{here}/models/Base-7B"}))
    for name, text in told(run).items():
        assert "secret_home" not in text, name
        assert "Base-7B" in text, name


def test_what_a_run_holds_is_text_and_never_markup(run):
    manifest = json.loads(run.manifest.read_text())
    manifest["environment"]["commit"] = EVIL
    manifest["benchmarks"][EVIL] = {}
    manifest["stages"] = {f"{name} {EVIL}" if name == "rewrite" else name: s for name, s in manifest["stages"].items()}
    run.manifest.write_text(json.dumps(manifest))
    for path in (run.problems, run.mixture):
        rows = [json.loads(line) | {"source": EVIL} for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    funnel = json.loads(run.funnel.read_text())
    run.funnel.write_text(json.dumps([line | {"reasons": {EVIL: 1}} for line in funnel]))
    files = told(run)
    parsed = Parsed(files["index.html"])
    assert parsed.unclosed == []
    assert parsed.all("script", "img") == []
    assert "alert(" in files["index.html"]
    assert "49" not in re.findall(r"onerror=alert\(1\)&gt;\|(\d+)", files["index.html"])
    assert not re.search(r"<(script|img|/style)", files["report.md"])


def test_every_line_of_a_markdown_table_has_as_many_cells_as_its_head(run):
    funnel = json.loads(run.funnel.read_text())
    run.funnel.write_text(json.dumps([line | {"reasons": {"a|b\nc": 1}} for line in funnel]))
    blocks = re.findall(r"(?:^\|.*\n?)+", told(run)["report.md"], re.MULTILINE)
    assert len(blocks) >= 12
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_the_anchors_that_others_link_to_are_there_once_and_all_of_the_menu_lead_somewhere(parsed):
    assert [attributes["id"] for _, attributes, _, _ in parsed.all("section")] == SECTIONS
    ids = [attributes["id"] for _, attributes, _, _ in parsed.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = [a["href"] for _, a, _, _ in parsed.all("a") if (a["href"] or "").startswith("#")]
    assert set(targets) == {f"#{one}" for one in SECTIONS} | {"#main"}
    assert {target[1:] for target in targets} <= set(ids)


def test_tables_have_a_caption_and_every_head_says_of_what(parsed):
    tables = parsed.all("table")
    assert len(tables) == len(parsed.all("caption")) >= 12
    for _, attributes, _, _ in parsed.all("th"):
        assert attributes["scope"] in ("col", "row")
    boxes = [a for _, a, _, _ in parsed.all("div") if a.get("role") == "region"]
    assert len(boxes) == len(tables)
    assert all(a.get("tabindex") == "0" and a["aria-label"] for a in boxes)  # a box that scrolls is reached by keyboard


def test_headings_come_in_order_and_the_page_says_its_language(parsed):
    levels = [int(name[1]) for name, *_ in parsed.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert parsed.all("html")[0][1]["lang"] == "en"
    assert "skip" in (parsed.all("a")[0][1]["class"] or "")
    assert len(parsed.all("main", "nav", "header", "footer")) == 4


def test_every_plot_stands_in_a_section_that_has_its_numbers_as_a_table(parsed):
    figures = [at for at, element in enumerate(parsed.elements) if element[0] == "figure"]
    for at in figures:
        section_at = max(n for n in range(at) if parsed.elements[n][0] == "section")
        ends = next((n for n in range(at, len(parsed.elements)) if parsed.elements[n][0] == "section"), len(parsed.elements))
        assert any(element[0] == "table" for element in parsed.elements[section_at:ends])


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_a_contrast_of_at_least_4_5_in_both_schemes():
    style = (TEMPLATES / "style.css").read_text()
    light, dark = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part)) for part in re.split("prefers-color-scheme: dark", style)
    )
    assert light.keys() == dark.keys() >= {"paper", "ink", "muted", "line", "accent", "accent2", "good", "bad"}
    for scheme in (light, dark):
        for text in ("ink", "muted", "accent", "accent2", "good", "bad"):
            for ground in ("paper", "panel"):
                low, high = sorted(luminance(scheme[name]) for name in (text, ground))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


def test_numbers_stand_to_the_right_also_beside_what_nobody_knows():
    rows = [
        ["1", "+4.3 [1, 2]", "unknown", "3 of 4 rows", ""],
        ["2", "$1.25", "at most 20", "4", ""],
        ["3", "<0.001", "7", "5", ""],
    ]
    assert Table("t", list("abcde"), rows).numeric == [False, True, True, False, False]


def test_an_address_becomes_a_link_and_other_text_does_not():
    assert cell("https://github.com/a/b") == '<a href="https://github.com/a/b">github.com … b</a>'
    assert cell("javascript:alert(1)") == "javascript:alert(1)"
    assert cell('https://x/"><script>') == '<a href="https://x/&#34;&gt;&lt;script&gt;">x … &#34;&gt;&lt;script&gt;</a>'


def test_the_traces_are_linked_where_there_are_some(run):
    summary = summarize(run)
    with_traces = html_page.html(page(summary | {"traces": {"traces": 12, "of": 40}}))
    assert '<a href="traces/index.html">Read 12 of 40 traces, with their verdicts</a>' in with_traces
    without = html_page.html(page(summary | {"traces": {"traces": 0, "of": 0}}))
    assert "traces/index.html" not in without
    assert "There are no traces to read" in without


def test_the_two_pages_tell_the_same_numbers(run):
    files = told(run)
    for heading in ("Scores", "Planned and spent", "Lengths"):
        for number in set(re.findall(r"\d[\d,.]{2,}", section(files["report.md"], heading))):
            assert number in files["index.html"], (heading, number)


def test_templates_are_no_larger_than_what_one_reads():
    assert sum(len(path.read_text().splitlines()) for path in Path(TEMPLATES).iterdir()) < 300


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        ("inside", "holds zero"),
        ("outside", "leaves zero out"),
        ("other problems", "none: other problems"),
        ("not run", "not run"),
    ],
)
def test_what_an_interval_allows_to_say_is_said_of_the_interval(says, shown):
    theirs = {"model": "m", "benchmark": "b", "metric": "accuracy", "value": 0.5, "ci95": None, "n": 9, "n_samples": None}
    theirs |= {"by": "x", "date": "2025-01-10", "origin": "published", "protocol": "p", "source": "https://host/a"}
    row = {"model": "trained", "ours": None, "theirs": theirs, "difference": None, "ci95": None, "says": says}
    table = published_table([row])
    assert dict(zip(table.header, table.rows[0], strict=True))["the interval"] == shown
