"""Texts that would stop the trace viewer, hide in it or draw over its verdicts, and data files that are torn."""

import pytest

from data_gen.run_folder import Run
from eval.viewer import write
from tests.viewed_run import address, problem, put, rewritten, says, settled, trace, verdict

pytest_plugins = ("tests.browser", "tests.viewed_page")
pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000
HEAVY = {
    "formulas": " ".join(f"\\(x_{{{n}}}\\)" for n in range(100_000)),
    "large formulas": ("\\(" + "x^2+" * 900 + "x\\) ") * 100,
    "braces": "\\boxed{" + "{" * MEGABYTE,
    "boxes": "\\boxed{\\boxed{a" * 50_000,
    "openings": "\\( \\[ $$ $a " * 50_000,
    "stars": "**a *b " * 100_000,
    "lists": "- a\n" * 200_000,
    "tables": "| a " * 100_000 + "\n|-|\n" + "| a " * 100_000,
    "rows": "a|b\n-|-\n" * 100_000,
    "fences": "```\na\n" * 100_000,
    "one fence": "`" * MEGABYTE,
    "rules": "- " * 200_000 + "x",
    "code": "```python\n" + "'a' 1 def " * 100_000,
    "quotes": "> a\n" * 200_000,
    "marks": "\u0301" * MEGABYTE,
    "unseen": "\u202e" * MEGABYTE,
}


@pytest.mark.parametrize("kind", HEAVY)
def test_a_heavy_text_opens_in_a_moment(opened, tmp_path, trouble, kind):
    run, text = Run(tmp_path / "run"), HEAVY[kind]
    put(
        run,
        problems=[problem("a", question=text)],
        traces=[trace("a", 0, text=text)],
        rewrites=[rewritten("a", 0, text, text)],
        verdicts=[verdict("a", 0, False, "wrong", extracted=text, detail=text)],
    )
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page")
    page.set_default_timeout(20_000)  # a twentieth of it is usual; what backtracks does not end at all
    for view in ("", "rewriting"):
        opened(tmp_path / "page", address("a", 0, view=view))
        settled(page)
        page.locator("#trace button").last.evaluate("button => button.click()")
        assert page.evaluate("1 + 1") == 2
    assert trouble.told() == []


def test_samples_beside_each_other_come_a_few_at_a_time(opened, tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", sample) for sample in range(500)])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", address("a", 100, view="samples"))
    settled(page)
    assert page.locator(".column").count() == 8
    says(page, ".column:first-child h3", "sample 100")
    page.locator(".columns button", has_text="492 samples are left").click()
    assert page.locator(".column").count() == 16


def test_of_thousands_of_values_a_filter_offers_some(opened, tmp_path):
    run, ids = Run(tmp_path / "run"), [f"p{n}" for n in range(2000)]
    put(run, problems=[problem(one, source=one) for one in ids], traces=[trace(one, 0) for one in ids])
    write(run, tmp_path / "page")
    page = opened(tmp_path / "page", "#source=p1999")
    assert 200 <= page.locator("#filters details[data-name=source] label").count() <= 201
    assert "1,799 more values" in page.locator("#filters").inner_text()
    says(page, "#count", "1 of 2,000")


COVERING = r"\smash{\substack{r\\r\\r\\r\\r\\r\\r}}"  # short: long formulas have a box of their own


@pytest.mark.parametrize("text", ["\\(" + COVERING + "\\)", "x" + "\u0301" * 3000, "\\(\\rule{99em}{99em}\\)"])
def test_nothing_is_drawn_over_the_verdict(opened, tmp_path, text, page):
    run = Run(tmp_path / "run")
    answer = text.removeprefix("\\(").removesuffix("\\)")
    put(
        run,
        problems=[problem("a", question=text, gold={"answer": answer})],
        traces=[trace("a", 0, text=text)],
        verdicts=[verdict("a", 0, False, "wrong", extracted=answer, tier=text[:200])],
    )
    write(run, tmp_path / "page")
    page.set_viewport_size({"width": 1200, "height": 9000})
    opened(tmp_path / "page", address("a", 0))
    settled(page)
    covered = page.evaluate(
        """() => [...document.querySelectorAll('#trace .badge, #trace h3, #trace h2, #trace .label')].filter((node) => {
            const box = node.getBoundingClientRect();
            const seen = document.elementFromPoint(box.x + 4, box.y + box.height / 2);
            return !node.contains(seen) && !seen?.contains(node);
        }).map((node) => node.textContent)"""
    )
    assert covered == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wr\u200bong", "wr⟨U+200B⟩ong"),
        ("wr\u200dong", "wr⟨U+200D⟩ong"),
        ("1\u200c0", "1⟨U+200C⟩0"),
        ("r\u00adight", "r⟨U+00AD⟩ight"),
        ("a\u034fb", "a⟨U+034F⟩b"),
        ("\u3164", "⟨U+3164⟩"),
        ("x\U000e0101\U000e01ef", "x⟨U+E0101⟩⟨U+E01EF⟩"),
        ("x\ufe00\ufe0f", "x⟨U+FE00⟩⟨U+FE0F⟩"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian joins no letters there
        ("a\tb\r\nc", "a\tb\nc"),
    ],
)
def test_what_is_not_seen_is_written_out(opened, whole, text, told):
    assert opened(whole).evaluate("text => viewer.visible(text)", text) == told


ADDRESSES = [
    "#view=<script>&sort=evil&page=-1&min=abc&max=-",
    "#page=1e9&state=__proto__&reason=constructor",
    "#open=[&view=samples",
    "#open=%5B%22a%22%2C0%5D&view=beside&raw=no&sort=javascript:1",
    "#%E0%A4%A&&==&q",
    "#page=999999999",
    "#q=" + "(" * 20_000,
    "#" + "&".join(f"source=s{n}" for n in range(3000)),
]


@pytest.mark.parametrize("at", ADDRESSES, ids=range(len(ADDRESSES)))
def test_no_address_breaks_the_page(opened, whole, trouble, at):
    page = opened(whole, at)
    assert page.locator("#search select").input_value() == ""
    assert page.locator("body.beside").count() == 0
    page.locator("#filters a", has_text="clear all").evaluate("link => link.click()")
    says(page, "#count", "8 of 8")
    assert trouble.told() == []


def test_who_searches_and_who_opens_a_trace_both_get_the_file(opened, whole):
    page = opened(whole)
    both = "Promise.all([viewer.shard(0), viewer.shard(0)]).then(([one, other]) => one === other && one.problems.length)"
    assert page.evaluate(both) == 3


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text(path.read_text()[:-100])])
def test_a_data_file_that_is_missing_or_torn_is_told(opened, whole, spoil):
    spoil(whole / "data/shard-0.js")
    page = opened(whole, address("a", 0))
    says(page, "#trace .verdict", "data/shard-0.js is missing or torn")


def test_a_list_that_is_torn_is_told(whole, page):
    (whole / "data/list.js").write_text("viewer.take(")
    page.goto((whole / "index.html").as_uri())
    says(page, "#told", "data/list.js is missing or torn")
