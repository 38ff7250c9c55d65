"""The trace viewer's files: which traces are shown, what the data files hold, and what no text can do to them."""

import json
import random
import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_gen.cli import UserError
from data_gen.run_folder import Run
from eval.viewer import page as page_module
from eval.viewer import write
from eval.viewer.drawing import EACH, drawn
from eval.viewer.keys import Asked, Fate, Keys
from eval.viewer.page import TEMPLATES
from tests.viewed_run import problem, put, rewritten, trace, verdict, whole_run

SCRIPTS = sorted(TEMPLATES.glob("*.js"))


def content(path):
    """Return what a data file hands to the page, read as the browser does: one call with a name and one string of JSON."""
    strict, call, end = path.read_text("ascii").split("\n")
    assert (strict, end) == ('"use strict";', "")
    called = re.fullmatch(r"viewer\.take\((.*)\);", call)
    assert called is not None
    name, text = json.loads(f"[{called[1]}]")
    assert name == path.stem
    return json.loads(text)


def listed(folder):
    return content(folder / "data/list.js")["rows"]


def shards(folder):
    return [content(path) for path in sorted(folder.glob("data/shard-*.js"), key=lambda path: int(path.stem[6:]))]


def traces_of(folder):
    """Return every trace of the page by (id, sample)."""
    problems = [problem for shard in shards(folder) for problem in shard["problems"]]
    return {(problem["id"], shown["sample"]): shown for problem in problems for shown in problem["traces"]}


def test_a_run_without_traces_gets_no_page(tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")])
    assert write(run, tmp_path / "page") == {"traces": 0, "of": 0}
    assert not (tmp_path / "page").exists()


def test_a_page_of_before_does_not_stay_when_the_traces_are_gone(tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", 0)])
    write(run, tmp_path / "page")
    run.traces.unlink()
    write(run, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_every_sample_is_shown_with_what_became_of_it(tmp_path):
    run = whole_run(tmp_path / "run")
    assert write(run, tmp_path / "page") == {"traces": 8, "of": 8}
    states = {
        key: (shown["state"], shown["reason"], shown["mixture"]) for key, shown in traces_of(tmp_path / "page").items()
    }
    assert states == {
        ("a", 0): ("right", "correct", "in the mixture"),
        ("a", 1): ("right", "correct", "another sample was taken"),
        ("a", 2): ("wrong", "wrong", "not accepted"),
        ("a", 3): ("failed", "length", "not accepted"),
        ("b", 0): ("undecided", "infra", "not accepted"),
        ("b", 1): ("dropped", "malformed", "not accepted"),
        ("b", 2): ("ungraded", "not graded", "not accepted"),
        ("c", 0): ("right", "correct", "over_cutoff"),
    }


def test_the_failing_test_of_a_program_and_what_a_failure_gave_are_told(tmp_path):
    write(whole_run(tmp_path / "run"), tmp_path / "page")
    shown = traces_of(tmp_path / "page")
    assert shown["a", 2]["detail"] == "test 2: for 3 expected 4, got 5"
    assert ["tests passed", "1"] in shown["a", 2]["verdict"]
    assert shown["a", 3]["raw"] == "cut off in the mid"
    assert ["error", "length"] in shown["a", 3]["verdict"]


def test_an_error_of_a_sample_that_came_later_after_all_is_not_shown(tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a")], traces=[trace("a", 0)], failures=[{"id": "a", "sample": 0, "error": "timeout"}])
    write(run, tmp_path / "page")
    assert [shown["state"] for shown in traces_of(tmp_path / "page").values()] == ["ungraded"]


def test_right_answers_of_a_run_that_verifies_nothing_are_not_called_rejected(tmp_path):
    run = whole_run(tmp_path / "run")
    run.verdicts.unlink()
    write(run, tmp_path / "page")
    shown = traces_of(tmp_path / "page")
    assert {shown["a", 1]["state"], shown["a", 2]["state"]} == {"ungraded"}
    assert (shown["a", 0]["mixture"], shown["a", 1]["mixture"]) == ("in the mixture", "another sample was taken")


@pytest.mark.parametrize("difficulty", [10**400, float("nan"), float("-inf"), True, "7", [7]])
def test_a_difficulty_that_is_no_number_is_shown_as_unknown(tmp_path, difficulty):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("a", difficulty=difficulty)], traces=[trace("a", 0)])
    write(run, tmp_path / "page")
    assert shards(tmp_path / "page")[0]["problems"][0]["difficulty"] is None


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


def test_files_in_the_order_of_arrival_give_the_same_page(tmp_path):
    run = whole_run(tmp_path / "run")
    write(run, tmp_path / "sorted")
    for path in run.data.glob("*.jsonl"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(reversed(lines)), "utf-8")
    write(run, tmp_path / "shuffled")
    for path in (tmp_path / "sorted").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "shuffled" / path.relative_to(tmp_path / "sorted")).read_bytes(), path


def test_a_line_that_is_still_being_written_is_left_out(tmp_path):
    run = whole_run(tmp_path / "run")
    with run.traces.open("a", encoding="utf-8") as file:
        file.write('{"id": "c", "sample": 1, "te')
    assert write(run, tmp_path / "page")["of"] == 8


def test_a_row_that_is_none_is_named(tmp_path):
    run = whole_run(tmp_path / "run")
    with run.traces.open("a", encoding="utf-8") as file:
        file.write('{"sample": 1}\n')
    with pytest.raises(UserError, match=r"02_traces.jsonl: row 8 has no id"):
        write(run, tmp_path / "page")


def asked(count, rare=()):
    """Yield problems of four samples each, nearly all alike."""
    for index in range(count):
        fates = [Fate(sample, "wrong", "wrong") for sample in range(4)]
        if index in rare:
            fates[1] = Fate(1, "wrong", "compile")
        yield Asked(f"p{index:06}", "numina" if index % 50 else "apps", fates)


def test_every_group_is_represented_however_rare():
    drawing = drawn(asked(20_000, rare={12_345}), most=400)
    assert "p012345" in drawing.problems
    assert sum(int(one[1:]) % 50 == 0 for one in drawing.problems) >= EACH
    assert (drawing.groups, drawing.left_out) == (3, 0)


def test_problems_are_kept_whole_and_the_page_no_larger_than_asked():
    drawing = drawn(asked(1000), most=402)
    assert (drawing.traces, len(drawing.problems), drawing.of) == (400, 100, 4000)


def test_the_drawing_is_the_same_in_whatever_order_problems_come():
    problems = list(asked(3000, rare={5, 77}))
    shuffled = random.Random(0).sample(problems, len(problems))
    assert drawn(problems, 200) == drawn(shuffled, 200)


def test_a_problem_of_more_samples_than_the_page_holds_is_told_of():
    large = Asked("large", "numina", [Fate(sample, "right", "correct") for sample in range(50)])
    drawing = drawn([large, *asked(30)], most=20)
    assert "large" not in drawing.problems
    assert "1 of 3 groups did not fit" in drawing.told()


def test_the_page_says_that_it_is_a_part(tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem(f"p{n}") for n in range(40)], traces=[trace(f"p{n}", 0) for n in range(40)])
    assert write(run, tmp_path / "page", most=10) == {"traces": 10, "of": 40}
    assert content(tmp_path / "page/data/list.js")["told"].startswith("10 of 40 traces, ")
    assert len(listed(tmp_path / "page")) == 10


def test_the_list_says_where_every_trace_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "SHARD", 20)
    write(whole_run(tmp_path / "run"), tmp_path / "page")
    found_shards = shards(tmp_path / "page")
    assert len(found_shards) == 3
    for row in listed(tmp_path / "page"):
        one, sample, state, shard, at, place = row[0], row[1], row[2], row[11], row[12], row[13]
        shown = found_shards[shard]["problems"][at]
        assert (shown["id"], shown["traces"][place]["sample"], shown["traces"][place]["state"]) == (one, sample, state)


def test_memory_does_not_grow_with_the_run(tmp_path):
    peaks = []
    for count in (1500, 6000):
        run = Run(tmp_path / str(count))
        put(
            run,
            problems=(problem(f"p{n:05}") for n in range(count)),
            traces=(trace(f"p{n:05}", 0, text="word " * 400) for n in range(count)),
        )
        tracemalloc.start()
        write(run, tmp_path / "page", most=100)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
    assert sum(path.stat().st_size for path in (tmp_path / "page").rglob("*.js")) < 400_000


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


def test_keys_know_a_problem_again_whose_id_no_database_holds_as_text(tmp_path):
    run = Run(tmp_path / "run")
    put(run, problems=[problem("\ud800\x00")], traces=[trace("\ud800\x00", 0)])
    with Keys(run) as keys:
        assert [asked.id for asked in keys.problems()] == ["\ud800\x00"]
        assert keys.lines("\ud800\x00").keys() == {("problem", -1), ("trace", 0)}


def test_raw_text_that_is_thought_and_solution_is_stored_once(tmp_path):
    run = Run(tmp_path / "run")
    put(
        run,
        problems=[problem("a")],
        traces=[trace("a", 0, text="one\n\ntwo"), trace("a", 1, text="other words")],
        rewrites=[rewritten("a", 0, "one", "two"), rewritten("a", 1, "one", "two")],
        verdicts=[verdict("a", 0, True), verdict("a", 1, True)],
    )
    write(run, tmp_path / "page")
    assert [shown["raw"] for shown in traces_of(tmp_path / "page").values()] == [None, "other words"]
