"""The plots of a report: numbers stand where they belong, names of a run stay text, and one who sees no picture is told."""

import re
import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.reporting import plots
from eval.reporting.plots.losses import STRETCHES
from eval.reporting.plots.text import clean, extent, fit, wrapped
from tests.conftest import ROOT
from tests.plotted import (
    BINS,
    HOSTILE,
    KINDS,
    SVG,
    all_plots,
    cost,
    drawings,
    group,
    is_inert,
    many,
    marks,
    on_axis,
    place,
    score,
    span,
    stage,
    texts,
    ticks,
)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:9]))
def test_a_hostile_name_is_shown_as_text(name):
    for kind, svg in all_plots(name).items():
        for drawing in drawings(svg):
            shown = clean(name).replace("_", " ")[:4]
            assert any(shown in text.replace("_", " ") for text in texts(drawing)), kind


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), st.text("<>&\"'/=-!?[]; \n\\$on", max_size=40)))
def test_no_name_becomes_an_element_an_attribute_or_an_address(name):
    for svg in all_plots(name).values():
        is_inert(svg)
        assert svg.encode("utf-8").decode("utf-8") == svg
        assert len(svg.encode()) < 60_000


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8))
def test_points_and_the_ends_of_their_intervals_stand_where_the_axis_says(found):
    rows = [score(str(at), sorted(three)[1], [min(three), max(three)]) for at, three in enumerate(found)]
    rows.sort(key=lambda row: (-row["value"], row["model"]))
    for drawing in drawings(plots.score_plot(rows[::-1])):
        near = 0.004 * (ticks(drawing)[-1][0] - ticks(drawing)[0][0]) + 0.004
        points, intervals = marks(drawing, "point"), marks(drawing, "interval")
        assert [place(point)[1] for point in points] == sorted(place(point)[1] for point in points)
        for row, point, interval in zip(rows, points, intervals, strict=True):
            assert on_axis(drawing, place(point)[0]) == pytest.approx(row["value"], abs=near)
            assert [on_axis(drawing, x) for x in span(interval)] == pytest.approx(row["ci95"], abs=near)
            assert place(point)[1] == place(interval)[1]


def test_the_better_score_is_higher_and_ours_comes_first_of_equals():
    rows = [score("a", 0.2), score("theirs", 0.4, origin="published"), score("ours", 0.4), score("none", None)]
    for drawing in drawings(plots.score_plot(rows)):
        names = sorted(marks(drawing, "name"), key=lambda text: place(text)[1])
        assert [name.text for name in names] == ["ours", "theirs", "a", "none"]


def test_what_others_tell_differs_from_ours_by_shape_and_by_colour():
    rows = [score("a", 0.3), score("b", 0.2, origin="published"), score("c", 0.1, origin="independent")]
    for drawing in drawings(plots.score_plot(rows)):
        points = marks(drawing, "point")
        assert len({point.get("d") for point in points}) == 3
        assert sorted(point.get("fill").split(",")[0] for point in points) == ["var(--accent", "var(--paper", "var(--paper"]
        assert [name.get("font-weight") for name in marks(drawing, "name")] == ["600", None, None]


@pytest.mark.parametrize("ci95", [None, [None, 0.4], [0.1, float("nan")], [], [0.1], "0.1"])
def test_a_point_without_an_interval_is_drawn_without_one(ci95):
    for drawing in drawings(plots.score_plot([score(ci95=ci95)])):
        assert marks(drawing, "interval") == []
        assert len(marks(drawing, "point")) == 1
        assert "50.6 %" in texts(drawing)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "0.4"])
def test_a_score_that_is_no_number_reads_not_run(value):
    for drawing in drawings(plots.score_plot([score("a", 0.4), score("b", value)])):
        assert len(marks(drawing, "point")) == 1
        assert "not run" in texts(drawing)
    assert plots.score_plot([score("b", value)]) == ""


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("score_plot", [[]]),
        ("score_plot", [[score(value=None)]]),
        ("funnel_plot", [[]]),
        ("funnel_plot", [[stage(taken=0, kept=0)]]),
        ("funnel_plot", [[{"stage": "x", "in": None, "kept": None}]]),
        ("acceptance_plot", [[]]),
        ("acceptance_plot", [[group(value=None)]]),
        ("length_plot", [[], 10, "x"]),
        ("length_plot", [[{"low": 0, "high": 10, "count": 0}], None, "x"]),
        ("loss_plot", [{}]),
        ("loss_plot", [{"a": [], "b": [[1, float("nan")]]}]),
        ("cost_plot", [[]]),
        ("cost_plot", [[cost(planned=None, spent=None), cost(planned=float("nan"), spent=0.0)]]),
    ],
)
def test_where_there_is_nothing_to_draw_there_is_no_plot(name, arguments):
    assert getattr(plots, name)(*arguments) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_rows_stay_a_small_drawing_that_says_what_it_leaves_out(kind):
    is_inert(many()[kind])
    assert len(many()[kind].encode()) < 60_000
    if kind != "lengths":
        for drawing in drawings(many()[kind]):
            assert re.search(r"\b(170|182|194) more", " ".join(texts(drawing)))


def test_our_score_is_drawn_however_many_are_better():
    svg = plots.score_plot([*(score(str(at), 0.9, origin="published") for at in range(200)), score("ours", 0.1)])
    assert all("ours" in texts(drawing) for drawing in drawings(svg))


def test_the_same_numbers_give_the_same_bytes_in_another_process():
    code = "from tests.plotted import all_plots; print(ascii(all_plots()))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == ascii(all_plots())


def test_plots_of_one_page_share_no_id_and_each_is_named_and_described():
    found = [*all_plots().values(), *all_plots("another").values(), *many().values()]
    ids: list[str] = []
    for svg in found:
        root = ElementTree.fromstring(svg)
        known = {element.get("id", ""): element for element in root.iter() if element.get("id")}
        ids += known
        assert root.get("role") == "img"
        assert known[root.get("aria-labelledby", "")].text
        assert known[root.get("aria-describedby", "")].text
    assert len(ids) == len(set(ids)) == 3 * len(found)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("scores", ["trained, measured here: 50.6 % [44.6, 56.6], 263 problems x 1"]),
        ("funnel", ["trained: 363 of 1,200 trained kept; dropped: trained 837"]),
        ("acceptance", ["30.0 % [20.0, 40.0] before rewriting, then 60.0 % [50.0, 70.0] of 1,200 answers accepted"]),
        ("lengths", ["45 from 0 to 600. Most in 200 to 300: 20. Cutoff 450: 1 in bars that begin there or after it"]),
        ("loss", ["29 steps, loss 1 at step 1, 0.0345 at step 29, lowest 0.0345 at step 29", "left out: other 1"]),
        ("costs", ["trained: 166 trained, planned 193 trained", "spent: not told, planned 193 s"]),
    ],
)
def test_the_description_says_the_numbers_in_words(kind, told):
    (description,) = [
        "".join(element.itertext()) for element in ElementTree.fromstring(all_plots()[kind]).iter(f"{SVG}desc")
    ]
    assert all(words in description for words in told)


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_is_one_that_the_page_rules(kind):
    for svg in (all_plots()[kind], many()[kind]):
        for drawing in drawings(svg):
            colours = {e.get(side) for e in drawing.iter() for side in ("fill", "stroke")} - {None, "none"}
            assert colours
            assert all(
                re.fullmatch(r"var\(--(paper|ink|muted|line|accent2?|bad),#[0-9a-f]{3,6}\)", colour) for colour in colours
            )


def test_the_funnel_is_drawn_to_scale_and_what_was_dropped_goes_on_where_the_kept_ends():
    lines = [stage("collect", 600, 300, contaminated=243, duplicate=57), stage("verify", 1200, 363, wrong=836, no_answer=1)]
    for drawing in drawings(plots.funnel_plot(lines)):
        kept = [span(line) for line in marks(drawing, "kept")]
        dropped = [span(line) for line in marks(drawing, "dropped")]
        assert kept[0][1] / kept[1][1] == pytest.approx(300 / 363, rel=1e-3)
        chain = [kept[0], *dropped[:2]], [kept[1], *dropped[2:]]
        assert all(before[1] == pytest.approx(after[0], abs=0.05) for row in chain for before, after in pairwise(row))
        assert dropped[1][1] / dropped[3][1] == pytest.approx(0.5, rel=1e-3)
        assert dropped[0][1] - dropped[0][0] > dropped[1][1] - dropped[1][0]  # the most frequent reason first
        assert "wrong 836 · no answer 1" in texts(drawing)


def test_what_was_before_a_rewriting_is_hollow_and_in_its_own_place():
    for drawing in drawings(plots.acceptance_plot([group(before={"value": 0.25, "ci95": [0.2, 0.3]})])):
        hollow, filled = marks(drawing, "point")
        assert hollow.get("d") != filled.get("d")
        assert on_axis(drawing, place(hollow)[0]) == pytest.approx(0.25, abs=0.005)
        assert on_axis(drawing, place(filled)[0]) == pytest.approx(0.6, abs=0.005)
        assert place(hollow)[1] < place(filled)[1]
        assert {"25.0 % [20.0, 30.0]", "60.0 % [50.0, 70.0]"} <= set(texts(drawing))


def test_costs_of_one_unit_share_a_scale_and_what_went_over_the_plan_is_seen():
    rows = [cost("a", 100, 50), cost("b", 100, 200), cost("c", None, 4, "$"), cost("d", 8, None, "$")]
    for drawing in drawings(plots.cost_plot(rows)):
        whole = span(marks(drawing, "over")[0])[1]
        spent = [span(line)[1] / whole for line in marks(drawing, "spent")]
        planned = [place(point)[0] / whole for point in marks(drawing, "point")]
        assert spent == pytest.approx([0.25, 0.5, 0.5], abs=1e-3)
        assert planned == pytest.approx([0.5, 0.5, 1.0], abs=1e-3)
        assert span(marks(drawing, "over")[0])[0] == pytest.approx(whole / 2, abs=0.1)
        assert {"50 s", "200 s", "4 $", "planned 8 $", "spent: not told"} <= set(texts(drawing))


def left_edge(bar):
    return float(bar.get("d").removeprefix("M").partition(",")[0])


def test_the_cutoff_stands_between_the_bars_and_those_after_it_are_hollow():
    for drawing in drawings(plots.length_plot(BINS, 400, "tokens")):
        inside, beyond = marks(drawing, "bar"), marks(drawing, "beyond")
        (line,) = marks(drawing, "cutoff")
        assert (len(inside), len(beyond)) == (4, 2)
        assert [left_edge(bar) for bar in [*inside, *beyond]] == sorted(left_edge(bar) for bar in [*inside, *beyond])
        assert left_edge(inside[-1]) < place(line)[0] == pytest.approx(left_edge(beyond[0]), abs=0.6)
        assert "cutoff 400" in texts(drawing)


@pytest.mark.parametrize(("cutoff", "told"), [(16384, ["cutoff 16,384 →"]), (None, [])])
def test_a_cutoff_far_from_all_bars_is_told_and_leaves_them_their_room(cutoff, told):
    for drawing in drawings(plots.length_plot(BINS, cutoff, "tokens")):
        assert marks(drawing, "cutoff") == marks(drawing, "beyond") == []
        assert [text for text in texts(drawing) if text.startswith("cutoff")] == told
        assert left_edge(marks(drawing, "bar")[-1]) > 150


def test_a_loss_of_a_million_steps_is_thinned_keeps_its_spike_and_says_so():
    steps = [[step, 2.0 + (step % 7) / 10] for step in range(1_000_000)]
    steps[654_321][1] = 9.0
    svg = plots.loss_plot({"a": steps})
    assert len(svg) < 60_000
    for drawing in drawings(svg):
        (curve,) = marks(drawing, "curve")
        points = [tuple(map(float, point.split(","))) for point in re.findall(r"[ML]([^ML]+)", curve.get("d"))]
        assert len(points) <= 2 * STRETCHES + 2
        spike = min(points, key=lambda point: point[1])
        assert spike[0] / points[-1][0] == pytest.approx(0.654, abs=0.002)
        assert "1,000,000 steps" in " ".join(texts(drawing))


def test_a_lower_loss_stands_lower_and_several_curves_are_named_and_differ_by_dashes():
    svg = plots.loss_plot({"low": [[1, 1.0], [9, 0.2]], "high": [[1, 2.0], [9, 1.9]], "near": [[1, 2.0], [9, 1.899]]})
    for drawing in drawings(svg):
        ends = [float(curve.get("d").rpartition(",")[2]) for curve in marks(drawing, "curve")]
        assert ends[0] > ends[1]
        assert len({curve.get("stroke-dasharray") for curve in marks(drawing, "curve")}) == 3
        labels = {label.text: place(label)[1] for label in marks(drawing, "name")}
        assert set(labels) == {"low", "high", "near"}
        assert labels["low"] > labels["high"]
        assert abs(labels["high"] - labels["near"]) >= 12  # a line of text


@given(st.text(max_size=200), st.floats(30, 400), st.booleans())
def test_a_cut_text_is_no_wider_than_its_room(text, pixels, bold):
    cut = fit(text, pixels, 12, bold)
    assert extent(cut, 12, bold) <= pixels
    assert cut == clean(text) or cut.endswith("…")


@given(st.lists(st.text("ab c", min_size=1, max_size=12), max_size=12), st.integers(1, 3))
def test_wrapped_text_keeps_its_lines(parts, most):
    lines = wrapped(parts, 100, 12, most)
    assert len(lines) <= most
    assert all(extent(line, 12) <= 100 for line in lines)
