"""What no text of a run can do to the trace viewer's files: be lost or changed, become markup, grow without end."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_gen.run_folder import Run
from eval.viewer import write
from eval.viewer.keys import Keys
from eval.viewer.page import TEMPLATES
from tests.viewed_files import listed, shards
from tests.viewed_run import problem, put, trace, verdict

SCRIPTS = sorted(TEMPLATES.glob("*.js"))


@settings(deadline=None)  # each writes a page
@given(
    st.text(st.characters(categories=None), max_size=60),
    st.sampled_from(["question", "text", "id", "model", "source", "answer"]),
)
def test_any_text_comes_back_as_it_was_and_the_file_stays_plain_ascii(tmp_path_factory, text, where):
    folder = tmp_path_factory.mktemp("hostile")
    run, one = Run(folder / "run"), "a"
    rows = {"problems": [problem("a")], "traces": [trace("a", 0)]}
    match where:
        case "question" | "source":
            rows["problems"][0][where] = text
        case "answer":
            rows["problems"][0]["gold"] = {"answer": text}
        case "id":
            one = rows["problems"][0]["id"] = rows["traces"][0]["id"] = text
        case _:
            rows["traces"][0][where] = text
    put(run, **rows)
    write(run, folder / "page")
    (shown,) = shards(folder / "page")[0]["problems"]
    told = {"question": shown["question"], "source": shown["source"], "id": shown["id"], "answer": shown["answer"]}
    told |= {"text": shown["traces"][0]["raw"], "model": dict(shown["traces"][0]["facts"]).get("model", "")}
    assert told[where] == text
    assert listed(folder / "page")[0][0] == one
    for path in (folder / "page/data").iterdir():
        data = path.read_bytes()
        assert data.isascii()
        assert b"<" not in data
        assert data.count(b"\n") == 2


def test_names_without_end_are_cut_and_stay_different(tmp_path):
    run, long = Run(tmp_path / "run"), "n" * 1_000_000
    ids = [long + "a", long + "b"]
    put(
        run,
        problems=[problem(one, source=one, domain=one) for one in ids],
        traces=[trace(one, sample) for one in ids for sample in range(20)],
        verdicts=[verdict(one, sample, False, one, tier=one) for one in ids for sample in range(20)],
    )
    write(run, tmp_path / "page")
    assert len({(row[0], row[3], row[4], row[7], row[8]) for row in listed(tmp_path / "page")}) == 2
    assert (tmp_path / "page/data/list.js").stat().st_size < 200_000


def test_keys_know_a_problem_again_whose_id_no_database_holds_as_text(tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("\ud800\x00")], traces=[trace("\ud800\x00", 0)])
    with Keys(run) as keys:
        assert [asked.id for asked in keys.problems()] == ["\ud800\x00"]
        assert keys.lines("\ud800\x00").keys() == {("problem", -1), ("trace", 0)}


def test_the_name_of_a_run_is_escaped_in_the_page(tmp_path):
    run = Run(tmp_path / "<img src=x onerror=alert(1)>")
    put(run, problems=[problem("a")], traces=[trace("a", 0)])
    write(run, tmp_path / "page")
    html = (tmp_path / "page/index.html").read_text("utf-8")
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_the_page_allows_no_script_style_or_load_but_its_own_files():
    html = (TEMPLATES / "index.html").read_text("utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert {name: rule for name, rule in rules.items() if name.endswith("-src") and name != "default-src"} == {
        "script-src": "'self'",
        "style-src": "'self'",
    }
    assert rules["require-trusted-types-for"] == "'script'"
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script>|https?:", html)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_out_of_text(script):
    sinks = r"(inner|outer|set|AdjacentH)(HTML|TML)|document\.write|\beval\b|\bFunction\(|srcdoc|DOMParser|fetch\(|import\("
    assert not re.search(sinks, script.read_text("utf-8"))
