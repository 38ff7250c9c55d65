"""The program of a rewrite is the last one of its trace, laid out at most: a repaired or shortened one is refused."""

import pytest

from data_gen.rewriters.fidelity import fault
from data_gen.rewriters.same_program import same_program
from data_gen.sections import thought_solution
from tests.conftest import fenced
from tests.rewrites import CODE, lines_of


def test_a_line_left_out_of_a_real_program_is_noticed():
    candidates = [each for row in lines_of("code/livecodebench_labelled.jsonl.gz") for each in row["candidates"]]
    programs = [next(text for text in each.values() if isinstance(text, str) and "\n" in text) for each in candidates[:150]]
    for number, program in enumerate(programs):
        lines = program.rstrip("\n").split("\n")
        told = [index for index, line in enumerate(lines) if line.strip() and not line.strip().startswith(("#", '"', "'"))]
        gone = told[number % len(told)]
        shorter = "\n".join(lines[:gone] + lines[gone + 1 :])
        for trace in (f"So the program is\n\n{program}\n\nIt ends.", fenced(program)):
            assert same_program(program, trace), program
            assert not same_program(shorter, trace), lines[gone]


SUM = "n = int(input())\ns = 0\nfor i in range(n):\n    s += i\n    print(s)"
DONE = "def solve(n):\n    return n * n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SUM, SUM.replace("    print", "print")),
        (SUM, SUM.replace("range(n)", "range(1, n + 1)")),
        (SUM, SUM.replace("s += i", "s += i * i")),
        (SUM, "n = int(input())\nfor i in range(n):\n    s = 0\n    print(s)\n    s += i"),
        (SUM, SUM.replace("    print(s)", "    pass")),
        (SUM, SUM.removesuffix("\n    print(s)")),
        (SUM.replace("s = 0\n", "s = 0\nn = 5\n"), SUM),
        (SUM.replace("    print(s)", "    if s:\n        s = s\n    else:\n        print(s)"), SUM),
        (SUM + "\n    if s:  # some\n        n = 1", SUM + "\n    n = 1"),
        ("x = [\n    n[0],\n    n[1],\n]", "x = [\n    n[0],\n]"),
        ("print('a b')", "print('a  b')"),
    ],
)
@pytest.mark.parametrize("how", ["fenced", "unfenced"])
def test_a_program_that_was_repaired_is_refused(before, after, how):
    written = fenced(before) if how == "fenced" else f"So the program is\n\n{before}\n"
    trace = f"I read n and sum everything below it.\n\n{written}"
    assert fault(thought_solution("It sums.", fenced(after)), trace, CODE, 0.0) == "code_changed"
    assert fault(thought_solution("It sums.", fenced(before)), trace, CODE, 0.0) is None


@pytest.mark.parametrize(
    ("said", "program"),
    [
        (fenced(SUM), SUM.replace("    ", "\t").replace("s = 0", "s=0  # the sum")),
        (fenced("# sums\n" + SUM), SUM),
        (fenced(f'"""Sums."""\n{SUM}'), SUM),
        (fenced(SUM.replace("+=", "-=")) + "Now it adds.\n" + fenced(SUM), SUM),
        (f"{fenced(SUM)}Output:\n```\n3\n```\n", SUM),
        (f"{fenced(DONE)}For example:\n{fenced('print(solve(3))')}", DONE),
        (f"{fenced(SUM.replace('+=', '-='))}Now it adds:\n\n{SUM}\n", SUM),
        (f"So the program is\n\n{SUM}\n\nIt prints every sum.", SUM),
        (f"So the program is\n\n    {SUM.replace(chr(10), chr(10) + '    ')}\n", SUM),
        (f"So the program is\n\n{SUM.replace('    ', '')}\n", SUM),
        (SUM.replace("s = 0", "Then I begin at nothing:\n\ns = 0").replace("for", "# loop\nfor"), SUM),
        (f"First try:\n\n{SUM.replace('+=', '-=')}\n\nNo, it adds:\n\n{SUM}\n", SUM),
        (f"```python\n{SUM}\n", SUM),
        (f"{fenced('print(1')}It was cut.", "print(1"),
    ],
)
def test_a_program_that_was_only_laid_out_is_kept(said, program):
    assert fault(thought_solution("It sums.", fenced(program)), f"I sum.\n\n{said}", CODE, 0.0) is None


@pytest.mark.parametrize("how", ["fenced", "unfenced"])
def test_a_draft_that_the_trace_replaced_is_not_its_program(how):
    drafts = [SUM.replace("+=", "-="), SUM]
    said = "\n\nNo, it adds:\n\n".join(fenced(draft) if how == "fenced" else draft for draft in drafts)
    assert fault(thought_solution("It sums.", fenced(drafts[0])), f"I sum.\n\n{said}", CODE, 0.0) == "code_changed"


def test_a_long_sum_is_compared_without_recursion():
    program = f"print({' + '.join(['1'] * 900)})"
    assert fault(thought_solution("It sums.", fenced(program)), f"I sum.\n\n{fenced(program)}", CODE, 0.0) is None
