"""Which traces the trace viewer shows of a run that is larger than its page: some of every group, drawn alike each time."""

import random
import tracemalloc

from data_gen.run_folder import Run
from eval.viewer import write
from eval.viewer.drawing import EACH, drawn
from eval.viewer.keys import Asked, Fate
from tests.viewed_files import content, listed
from tests.viewed_run import problem, put, trace


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
