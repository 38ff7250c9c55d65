"""What the report counts while it streams: shares and their intervals, lengths, levels; and that it holds no rows."""

import json
import random
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_gen.cli import UserError
from data_gen.run_folder import Run
from eval import stats
from eval.reporting.reading.records import Manifest, Training
from eval.reporting.reading.rows import ById, OutOfOrder, Seen, groups
from eval.reporting.summary.acceptance import Asked, Rated, acceptance, level, natural
from eval.reporting.summary.lengths import BINS, Lengths, completions
from eval.reporting.summary.losses import STRETCHES, losses, thinned
from eval.reporting.summary.mixture import mixture
from eval.reporting.summary.public import public
from eval.reporting.summary.shares import Shares
from tests.reported_run import lines


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=4), min_size=30, max_size=80))
@settings(max_examples=30, deadline=None)
def test_a_share_from_counts_is_the_share_from_the_samples_themselves(samples):
    counts = Shares()
    for one in samples:
        counts.add(sum(one), len(one))
    found = counts.result()
    value, low, high = stats.share(samples)
    assert (found["problems"], found["n"]) == (len(samples), sum(map(len, samples)))
    assert found["value"] == pytest.approx(value)
    assert found["ci95"] == pytest.approx([low, high], abs=1 / len(samples))  # other draws: a problem more or less


def test_one_answer_a_problem_and_problems_all_alike_have_wilsons_interval():
    single, alike = Shares(), Shares()
    for number in range(30):
        single.add(int(number < 13), 1)
        alike.add(4, 4)
    assert single.result()["ci95"] == pytest.approx(stats.wilson(13, 30), abs=1e-4)
    assert alike.result()["ci95"] == pytest.approx(stats.wilson(30, 30), abs=1e-4)


@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=200))
@settings(max_examples=50, deadline=None)
def test_bins_hold_every_length_once_and_quantiles_are_lengths_that_came(tokens):
    counts = Lengths()
    for length in tokens:
        counts.add(length)
    found = counts.told(cutoff=16384)
    assert found is not None
    bins = found["bins"]
    assert len(bins) <= BINS
    for one in bins:
        assert one["count"] == sum(one["low"] <= length < one["high"] for length in tokens)
    assert sum(one["count"] for one in bins) == found["n"] == len(tokens)
    assert all(left["high"] == right["low"] for left, right in pairwise(bins))
    assert sum(length <= found["p50"] for length in tokens) * 2 >= len(tokens)
    assert {found["p50"], found["p95"], found["max"]} <= set(tokens)


def test_lengths_that_nobody_told_are_counted_as_unknown(tmp_path):
    run = Run(tmp_path)
    told: list[dict[str, Any]] = [
        {"usage": {"completion_tokens": 7}},
        {"usage": {"completion_tokens": 0}},
        {"usage": None},
        {},
    ]
    lines(run.traces, [{"id": f"p{n}", "sample": 0, "text": "t", **one} for n, one in enumerate(told)])
    found = completions(run, Manifest(stages={}), [])
    assert found is not None
    assert (found["n"], found["unknown"], found["cutoff"], found["over"]) == (1, 3, None, None)


@pytest.mark.parametrize(
    ("problem", "label", "name"),
    [
        ({"difficulty": 3.0}, None, "3"),
        ({"difficulty": 4.75, "meta": {"difficulty_scale": "llm_1_10"}}, None, "llm_1_10 4"),
        ({"difficulty": 1799.0}, None, "1700"),
        ({"difficulty": None}, {"difficulty": 8.5, "scale": "llm_1_10"}, "llm_1_10 8"),
        ({"difficulty": 2.0}, {"difficulty": 8.5, "scale": "llm_1_10"}, "2"),  # the published one counts
        ({"difficulty": None}, None, "unknown"),
        ({"difficulty": float("nan")}, None, "unknown"),
        ({"difficulty": float("inf")}, None, "unknown"),
    ],
)
def test_a_difficulty_is_told_with_its_scale_in_whole_numbers(problem, label, name):
    assert level(Asked(id="p", **problem), label and Rated(id="p", **label)) == name


def test_difficulties_are_sorted_as_numbers_and_the_unknown_is_last():
    assert sorted(["unknown", "10", "9", "llm_1_10 4", "llm_1_10 10"], key=natural) == [
        "9",
        "10",
        "llm_1_10 4",
        "llm_1_10 10",
        "unknown",
    ]


class Key(Seen):
    """A row of which only the id is read."""


def test_rows_of_an_id_are_found_in_rising_order_and_none_where_there_is_none(tmp_path):
    lines(tmp_path / "x.jsonl", [{"id": one} for one in ("a", "c", "c", "e")])
    file = ById(tmp_path / "x.jsonl", Key)
    assert [len(file.of(one)) for one in ("a", "b", "c", "d", "e", "f")] == [1, 0, 2, 0, 1, 0]


@pytest.mark.parametrize("ids", ["ba", "aba", "abb a".replace(" ", "")])
def test_a_file_out_of_order_is_told(ids, tmp_path):
    lines(tmp_path / "x.jsonl", [{"id": one} for one in ids])
    with pytest.raises(OutOfOrder):
        list(groups(tmp_path / "x.jsonl", Key))


def test_rows_of_an_early_id_at_the_end_of_a_file_are_not_overlooked(tmp_path):
    run = Run(tmp_path)
    lines(run.problems, [{"id": "a"}])
    lines(run.verdicts, [{"id": "b", "ok": True}, {"id": "a", "ok": True}])
    assert acceptance(run, None)["not_counted"]


def test_a_broken_row_is_told_with_its_number(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"id": "a"}\n{"id": 3}\n')
    with pytest.raises(UserError, match=r"x\.jsonl: row 2"):
        list(groups(tmp_path / "x.jsonl", Key))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/me/models/Qwen2.5-7B", "…/Qwen2.5-7B"),
        ("not run: /data/a/b.jsonl: no such file", "not run: …/b.jsonl: no such file"),
        ("~/models/x/y", "…/y"),
        ("https://github.com/a/b/blob/main/c.md", "https://github.com/a/b/blob/main/c.md"),
        ("runs/models/SmolLM2", "runs/models/SmolLM2"),
        ("Qwen/Qwen2.5-32B-Instruct", "Qwen/Qwen2.5-32B-Instruct"),
        ("a thought and/or a solution, 1/2/3", "a thought and/or a solution, 1/2/3"),
    ],
)
def test_of_a_path_of_this_machine_only_the_last_part_is_published(text, expected):
    assert public({text: [text]}) == {expected: [expected]}


def test_a_long_training_is_thinned_and_keeps_its_ends_and_its_spike():
    logged = [(float(step), 9.0 if step == 3333 else 1.0) for step in range(1, 5001)]
    kept = losses({"c": Training(losses=logged)})["c"]
    assert kept["logged"] == 5000
    assert len(kept["losses"]) <= 2 * STRETCHES + 2
    assert (kept["losses"][0][0], kept["losses"][-1][0]) == (1, 5000)
    assert [3333, 9.0] in kept["losses"]


@given(st.integers(1, 3000), st.integers(0, 1000), st.sampled_from([20, 80, STRETCHES]))
@settings(max_examples=50, deadline=None)
def test_thinning_keeps_both_ends_the_extremes_and_the_order(steps, seed, stretches):
    points = [(float(step), random.Random(seed + step).uniform(-5, 5)) for step in range(steps)]
    kept = thinned(points, stretches)
    assert len(kept) <= 2 * stretches + 2
    assert kept == sorted(kept, key=lambda point: point[0])
    assert set(kept) <= set(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    for extreme in (min, max):
        assert extreme(loss for _, loss in kept) == extreme(loss for _, loss in points)


def counted(run: Run) -> int:
    """Return the bytes that were held at most while a run's data was counted."""
    tracemalloc.start()
    found, lengths = mixture(run)
    acceptance(run, found)
    completions(run, Manifest(stages={}), [])
    assert lengths.told(None) is not None
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


def test_ten_times_the_rows_are_counted_in_the_same_memory(tmp_path):
    """Of 2,000 bytes a row; what is held is a count for each of 64 lengths, 3 levels and a few shares."""
    text, held = "x" * 2000, []
    for rows in (400, 4000):
        run = Run(tmp_path / f"{rows}")
        run.data.mkdir(parents=True)
        with run.problems.open("w") as problems, run.traces.open("w") as traces, run.mixture.open("w") as mixed:
            with run.verdicts.open("w") as verdicts, run.verdicts_before.open("w") as before:
                for number in range(rows):
                    one = {"id": f"p-{number:06}", "sample": 0}
                    kind = {"source": "s", "domain": "math", "difficulty": number % 3}
                    problems.write(json.dumps({**one, **kind, "question": text}) + "\n")
                    tokens = {"completion_tokens": 100 + number % 64}
                    traces.write(json.dumps({**one, "text": text, "usage": tokens}) + "\n")
                    verdict = {"ok": bool(number % 2), "reason": "wrong", "tier": "number", "extracted": text}
                    for file in (verdicts, before):
                        file.write(json.dumps({**one, **verdict}) + "\n")
                    row = {"tier": "number", "ok": True, "tokens": 100 + number % 64, "user": text, "assistant": text}
                    mixed.write(json.dumps({**one, **kind, **row}) + "\n")
        held.append(counted(run))
    assert held[1] < held[0] + 200_000  # of 3,600 rows more, 43 MB of text in five files
