"""LaTeX in the trace viewer: which formulas are found, and what no formula becomes."""

import re
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.viewer.formulas import ATTRIBUTES, ELEMENTS, found, tree
from tests.viewed_run import HOSTILE


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("so \\(x^2\\) is \\[y\\]", ["$x^2", "$$y"]),
        ("costs $5 and $6", []),
        ("is $5$ or \\$5$", ["$5"]),
        ("a $ b $ c", []),
        ("`$x$` and $y$", ["$y"]),
        ("```python\n$x$\n```\n$y$", ["$y"]),
        ("~~~\n$x$", []),
        ("``quoted'' $x$ ``again''", ["$x"]),
        ("$$a\n\nb$$", ["$$a\n\nb"]),
        ("\\begin{align*}a&=b\\end{align*}", ["$$\\begin{align*}a&=b\\end{align*}"]),
        ("The answer is \\boxed{\\frac{1}{2}}.", ["$\\boxed{\\frac{1}{2}}"]),
        ("open \\( never closed", []),
    ],
)
def test_formulas_are_found_where_a_reader_sees_them(text, formulas):
    assert list(found(text)) == formulas


@pytest.mark.parametrize(
    "formula",
    [
        "$\\frac{1",
        "$\\overarc{AB}",
        "$$\\begin{array}{r@{}l}a&b\\end{array}",
        "$" + "{" * 60 + "x" + "}" * 60,
        "$" + "x" * 5000,
        "$\\left(" * 50,
        "$x^",
        "$\\newcommand{\\a}{xx}\\a",
        "$\\def\\a{xx}\\a",
    ],
)
def test_what_does_not_convert_is_left_as_its_source(formula):
    assert tree(formula) is None


def nodes(made):
    yield made
    for part in made[1:]:
        if isinstance(part, list):
            yield from nodes(part)


@settings(deadline=None)
@given(st.lists(st.sampled_from(HOSTILE["tex"]), min_size=1, max_size=12).map("".join))
def test_a_formula_holds_known_elements_and_attributes_alone(latex):
    made = tree("$" + latex)
    for node in nodes(made) if made else []:
        assert node[0] in ELEMENTS
        for part in node[1:]:
            if isinstance(part, dict):
                assert part.keys() <= ATTRIBUTES
                assert not any(set(value) & set(":/()<>;\"'") for value in part.values())
                assert not any(re.match(r"-|[0-9]{3}", value) for value in part.values())  # over other text, out of sight


@pytest.mark.parametrize(
    "opening", ["\\(", "\\[", "$$", "$", "`", "``", "```\n", "\\boxed{", "\\boxed{{", "\\begin{align}", "~~~"]
)
def test_text_full_of_openings_is_read_in_linear_time(opening, cpu_time):
    short, long = (cpu_time(lambda n=n: Counter(found((opening + "a") * n))) for n in (20_000, 80_000))
    assert long < 12 * short + 0.05  # 4 times the text; 16 times were quadratic


@pytest.fixture
def cpu_time():
    """Return a function that tells the least CPU time of three calls."""

    def timed(call):
        times = []
        for _ in range(3):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
        return min(times)

    return timed
