"""The trace viewer's files: what became of every sample of a run, whole or not, and where it lies."""

import pytest

from data_gen.cli import UserError
from data_gen.run_folder import Run
from eval.viewer import page as page_module
from eval.viewer import write
from tests.viewed_files import listed, shards, traces_of
from tests.viewed_run import problem, put, rewritten, trace, verdict, whole_run


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


def test_the_list_says_where_every_trace_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "SHARD", 20)
    write(whole_run(tmp_path / "run"), tmp_path / "page")
    found_shards = shards(tmp_path / "page")
    assert len(found_shards) == 3
    for row in listed(tmp_path / "page"):
        one, sample, state, shard, at, place = row[0], row[1], row[2], row[11], row[12], row[13]
        shown = found_shards[shard]["problems"][at]
        assert (shown["id"], shown["traces"][place]["sample"], shown["traces"][place]["state"]) == (one, sample, state)
