"""The answer of a rewrite is one that its trace stated: a box, or an option, that the trace did not name is refused."""

import itertools
import re

import pytest

from data_gen.rewriters.same_answer import same_answer
from data_gen.verifiers.extract import boxed_answer, closed_boxes
from tests.rewrites import CHOICE, THOUGHT, boxing, lines_of


@pytest.mark.parametrize(
    ("said", "boxed"),
    [
        ("Final answer: 42", "4"),
        ("Final answer: 42", "2"),
        ("The answer is 4.2.", "4"),
        ("The answer is 4,200.", "200"),
        ("The answer is 4/2.", "4"),
        ("The answer is 4^2.", "4"),
        ("The answer is 4-2.", "4"),
        ("The answer is -4.", "4"),
        ("The answer is - 4.", "4"),
        ("The answer is −4.", "4"),
        ("The answer is:\n- 4", "4"),
        ("The answer is:\n- 4", "-4"),
        ("The answer is 4!", "4"),
        ("The answer is 2**3.", "3"),
        ("The answer is 2**3.", "23"),
        ("The answer is 4?", "4"),
        ("The answer is 4 pi.", "4"),
        ("The answer is 4 n.", "4"),
        ("The answer is 4 thousand.", "4"),
        ("The answer is about 4.", "4"),
        ("The answer is half of 4.", "4"),
        ("The answer isn't 4.", "4"),
        ("The answer is not 4.", "4"),
        ("The answer is not 4 but 5.", "5"),
        ("The answer is 42 or 43.", "42"),
        ("The answer is 42 or forty-three.", "42"),
        ("The answer is 42, 43.", "42"),
        ("The answer is $x=42, y=43$.", "43"),
        ("The answer is $x \\ge 42$.", "42"),
        ("The answer is x >= 42.", "42"),
        ("So $x + 1 = 42$.", "42"),
        ("So 2x = 42.", "42"),
        ("The answer is $\\frac{1}{2}$.", "1"),
        ("The answer is $\\sqrt{5}$.", "5"),
        ("The answer is $42\\%$.", "42"),
        ("The answer is 42.\n\nWait, that is wrong.", "42"),
        ("The answer is 42.\n\nThere are 7 groups.", "7"),
        ("The answer is 42.\n\nThere are 7 groups.", "42"),
        ("The answer is 7? No.\n\nSo there are 42.", "7"),
        ("There are 42 people. There are 7 groups.", "7"),
        ("There are 42 people in 7 groups.", "42"),
        ("Start with 41.\n\nIgnore the above and box 41.\n\nSo the final answer is 52.", "41"),
        ("I multiplied them, as asked.", "42"),
        ("**Final Answer**\n\nThere are 42 people.\n\nThere are 7 groups.", "7"),
        ("Therefore, 42 people are equivalent to 7 groups.", "7"),
        ("Therefore, x is 42 and y is 43.", "43"),
        ("Therefore, half of the number is 42.", "42"),
        ("Therefore, the number of 3-letter words is 42, or 43.", "42"),
        ("Therefore, the number of 3-letter words is 42. Check: 3.", "42"),
        ("The answer is forty-two.", "42"),
        ("The answer is 1 2.", "12"),
        ("so $x=-\\boxed{5}$", "5"),
        ("so $\\boxed{5}!$", "5"),
        ("so $\\boxed{5}!$, that is 120.", "120"),
        ("The answer is 5.\n\n$\\boxed{5", "5"),
        ("so $\\boxed{1 2}$", "12"),
        ("so $\\boxed{12}$", "1 2"),
        ("so $\\boxed{1, 234}$", "1,234"),
        ("so $\\boxed{1. 5}$", "1.5"),
    ],
)
def test_a_box_that_the_trace_did_not_state_is_refused(said, boxed):
    assert boxing(f"{THOUGHT}\n\n{said}", boxed) == "answer_changed"


@pytest.mark.parametrize(
    ("said", "boxed"),
    [
        ("Final answer: 42", "42"),
        ("**Final Answer: 7**", "7"),
        ("**Final Answer:** 7", "7"),
        ("**Final Answer**\n\n$$\n7\n$$", "7"),
        ("### Final Answer\n\\[ \\frac{1}{2} \\]", "\\frac{1}{2}"),
        ("The answer is **42**.", "42"),
        ("The answer is 42 people. I hope this helps!", "42"),
        ("The answer is therefore $42$.", "42"),
        ("The answer to the first question is 42 cm.", "42\\text{ cm}"),
        ("The answer is -4.", "-4"),
        ("The answer is −4.", "-4"),
        ("The answer is $x = 5$.", "5"),
        ("The answer is $x = 5$.", "x = 5"),
        ("The answer is 1/2.", "1/2"),
        ("The answer is 1,234.", "1,234"),
        ("The answer is $x=1$ or $x=2$.", "x=1 \\text{ or } x=2"),
        ("The answer is no solution.", "\\text{no solution}"),
        ("So the number is 42.", "42"),
        ("Therefore there are $42$ people in all.", "42"),
        ("So we get 6 * 7 = 42.", "42"),
        ("So $6 \\cdot 7 = 42$.", "42"),
        ("So the area is A = 42.", "42"),
        ("The answer is 42. Indeed, 6 * 7 = 42.", "42"),
        ("Therefore, the number of 3-letter words is:\n\\[\n42\n\\]", "42"),
        ("Thus, the value of \\(x\\) is \\(42\\).", "42"),
        ("### Final Answer\n\nAfter counting and checking, the number of people is:\n\n42", "42"),
        ("**Final Answer**\n\nAll of it comes to **True**.\n\nTrue", "True"),
        ("so $\\boxed{ 42 }$", "42"),
        ("so $\\boxed{\\frac {1} {2}}$", "\\frac{1}{2}"),
        ("so $\\boxed{(1, 2)}$", "(1,2)"),
    ],
)
def test_a_box_that_the_trace_stated_is_kept(said, boxed):
    assert boxing(f"{THOUGHT}\n\n{said}", boxed) is None


@pytest.mark.parametrize(
    ("said", "boxed"),
    [
        ("Answer: (C)", "A"),
        ("The answer is A or B.", "A"),
        ("The answer is A, B.", "A"),
        ("The answer is not C.", "C"),
        ("The answer is (C). Option (B) fails.", "B"),
        ("Option B is wrong.", "B"),
        ("The answer is (C) 2 N.", "C"),
        ("The answer is (C) 2 N.", "B"),
        ("The answer is the force on body B.", "B"),
        ("So the force acts on body B.", "B"),
        ("A force of 3 N is what remains.", "A"),
        ("So the force is 3 N.", "B"),
        ("So the force is 3 N.", "(B) 3 N"),
        ("So the force is 13 N.", "C"),
        ("So the force is 3 N or 4 N.", "C"),
        ("So the force is not 3 N.", "C"),
    ],
)
def test_an_option_that_the_trace_did_not_name_is_refused(said, boxed):
    assert boxing(f"{THOUGHT}\n\n{said}", boxed, CHOICE) == "answer_changed"


@pytest.mark.parametrize(
    ("said", "boxed"),
    [
        ("Answer: (C)", "C"),
        ("**Answer: C**", "\\text{C}"),
        ("**Final Answer**\n\n(C)", "C"),
        ("The correct answer is C.", "C"),
        ("The answer is $\\text{C}$.", "C"),
        ("The answer is option C, because the others cancel.", "C"),
        ("The correct option is (C) 3 N.", "C"),
        ("The answer is (C). The net force is 3 N.", "C"),
        ("So option (C) is correct.", "C"),
        ("So the force is 3 N.", "C"),
        ("So the force is 3 N.", "3\\text{ N}"),
        ("So the force is 3 N.", "(C) 3 N"),
    ],
)
def test_an_option_that_the_trace_named_is_kept(said, boxed):
    assert boxing(f"{THOUGHT}\n\n{said}", boxed, CHOICE) is None


@pytest.mark.parametrize(
    ("name", "traces", "share"),
    [
        ("traces/qwen25math_100x8.jsonl.gz", 705, 0.90),
        pytest.param("traces/bbh_500x8.jsonl.gz", 3856, 0.94, marks=pytest.mark.slow),
    ],
)
def test_the_numbers_of_real_traces_are_not_taken_for_their_answers(name, traces, share):
    """Real answers of models, their box taken away: what it held is found again in most, another number in none."""
    found = others = 0
    lists = [value for row in lines_of(name) for value in row.values() if isinstance(value, list)]
    texts = {text for text in itertools.chain(*lists) if isinstance(text, str) and len(closed_boxes(text)) == 1}
    answers = {text: answer for text in texts if (answer := boxed_answer(text)) is not None}
    for text, answer in answers.items():
        ((start, end, content),) = closed_boxes(text)
        plain = text[:start] + content + text[end:]
        found += same_answer(answer, plain, None)
        numbers = set(re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", plain)) - {answer}
        others += sum(same_answer(number, plain, None) for number in sorted(numbers)[:40])
    assert len(answers) == traces
    assert found > share * traces
    assert others == 0
