"""Whole classes of answers: real references rewritten and changed, hostile texts, options, loops, references of rows."""

import gzip
import json
import time

import pytest

from data_gen.records import Problem
from data_gen.verifiers import VERIFIERS, gold, repetition
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.finding import USUAL, Options
from data_gen.verifiers.pool import Grader
from data_gen.verifiers.rows import answer_of
from tests.conftest import SHARED
from tests.metamorphic import changed, same

EVALS = SHARED / "evals"
HOSTILE = [
    "9^{9^{9^{9^{9}}}}",
    "99999999!",
    "((10!)!)!",
    "\\sum_{n=1}^{10^{12}} n^{n}",
    "\\int_0^1 \\int_0^1 x^{x^{y^{x}}} dx dy",
    "\\binom{10^{9}}{5 \\cdot 10^{8}}",
    "2^{10^{12}} - 1",
    "(" * 1900,
    "\\frac{1}{" * 200 + "x" + "}" * 200,
    "\\sqrt{" * 300 + "2" + "}" * 300,
    "1," * 990,
    "__import__('os').system('touch executed')",
    "open('executed','w')",
    "exec(compile('import os','','exec'))",
    "10^{10^{10}}",
    "x" * 100_000,
]


def references() -> list[str]:
    found = []
    for name, field in (
        ("math500", "answer"),
        ("aime24", "expected_answer"),
        ("aime25", "expected_answer"),
        ("amc23", "answer"),
    ):
        for line in (EVALS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            found.append(str(json.loads(line)[field]).removesuffix(".0"))
    with gzip.open(EVALS / "olympiadbench.jsonl.gz", "rt", encoding="utf-8") as lines:
        found += [", ".join(json.loads(line)["final_answer"]) for line in lines]
    return found


@pytest.mark.skipif(not EVALS.is_dir(), reason="the benchmarks' rows are not here")
def test_rewritten_references_are_accepted_and_changed_ones_refused():
    golds = references()
    flagged = {answer for answer in golds if gold.says_several(answer)}
    cases = [(kind, answer, text) for answer in golds for kind, text in [("itself", answer), *same(answer).items()]]
    cases += [("changed", answer, text) for answer in golds if answer not in flagged for text in changed(answer)]
    with Grader(2) as grader:
        graded = grader.grade(
            Answer(str(n), 0, f"\\boxed{{{text}}}", "math_answer", {"answer": answer})
            for n, (_, answer, text) in enumerate(cases)
        )
        outcomes = [(kind, verdict.ok is True) for (kind, _, _), verdict in zip(cases, graded, strict=True)]

    def accepted(wanted: set[str]) -> float:
        chosen = [ok for kind, ok in outcomes if kind in wanted]
        return sum(chosen) / len(chosen)

    kinds = {kind for kind, _ in outcomes}
    assert len(golds) >= 1200
    assert len(flagged) / len(golds) <= 0.06
    assert accepted({"itself"}) == 1.0
    assert accepted(kinds - {"itself", "changed"}) >= 0.995
    assert 1 - accepted({"changed"}) >= 0.995


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: answer[:20])
def test_a_hostile_answer_gets_a_verdict_in_time_and_none_executes(answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Grader(workers=1) as grader:
        list(grader.grade([Answer("first", 0, "\\boxed{\\sqrt{4}}", "math_answer", {"answer": "2"})]))
        started = time.monotonic()
        hostile = Answer("h", 0, f"\\boxed{{{answer}}}", "math_answer", {"answer": "7"})
        verdicts = list(grader.grade([hostile, Answer("q", 0, "\\boxed{7}", "math_answer", {"answer": "7"})]))
    assert verdicts[0].ok is not True
    assert verdicts[1].ok
    assert time.monotonic() - started < 8
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_two_thousand_answers_with_one_in_a_hundred_hostile_lose_no_result():
    answers = []
    for n in range(2000):
        text = HOSTILE[n // 100 % len(HOSTILE)] if n % 100 == 50 else str(n)
        answers.append(Answer(f"q{n}", 0, f"\\boxed{{{text}}}", "math_answer", {"answer": str(n)}))
    with Grader(workers=2) as grader:
        verdicts = list(grader.grade(answers))
    assert [verdict.id for verdict in verdicts] == [answer.id for answer in answers]
    assert all((verdict.ok is True) == (n % 100 != 50) for n, verdict in enumerate(verdicts))


OPTIONS = {"answer": "B", "choices": ["4 m", "5 m", "6 m", "7 m"]}


@pytest.mark.parametrize(
    ("text", "choices", "expected"),
    [
        ("\\boxed{B}", None, True),
        ("\\boxed{(b)}", None, True),
        ("\\boxed{\\text{Option B}}", None, True),
        ("\\boxed{\\text{(b) 5 m}}", None, True),
        ("\\boxed{5 \\text{ m}}", None, True),
        ("\\boxed{C}", None, False),
        ("\\boxed{E}", None, False),
        ("\\boxed{6 m}", None, False),
        ("\\boxed{9}", None, False),
        ("\\boxed{A, B}", None, False),
        ("\\boxed{B \\text{ or } C}", None, False),
        ("The answer is B.", None, False),
        ("\\boxed{(B) 6 m}", None, None),
        ("\\boxed{B}", ["B", "A", "x", "y"], None),
        ("\\boxed{\\text{north}}", ["south", "north", "north"], None),
        ("\\boxed{\\text{North}}", ["south", "north", "east"], True),
    ],
)
def test_a_choice_is_its_letter_or_the_text_of_one_option_only(text, choices, expected):
    options = OPTIONS if choices is None else {"answer": "B", "choices": choices}
    assert VERIFIERS["choice"](text, options, USUAL).ok is expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Let us see. " * 3 + "Wait, let me check that once more. " * 30, True),
        ("So it is 4. " + "0" * 2000, True),
        ("\n".join(f"Step {n}: it follows. I will now check this result again." for n in range(40)), True),
        ("\n".join(f"n={n}: the sum is {n * (n + 1) // 2}." for n in range(200)), False),
        ("A short answer. " * 4, False),
        ("| " + "--- | " * 20 + "\n" + "\n".join(f"| {n} | {n * n} | {n**3} |" for n in range(60)), False),
    ],
)
def test_a_loop_is_found_and_a_list_is_none(text, found):
    assert bool(repetition.loops(text)) == found


def test_a_looping_trace_is_rejected_even_when_its_answer_is_right():
    looping = "I should check this once more, carefully. " * 50
    answer = Answer("q", 0, "\\boxed{7}", "math_answer", {"answer": "7"}, whole=looping + "\\boxed{7}")
    with Grader(workers=1) as grader:
        verdict = next(grader.grade([answer]))
    assert (verdict.ok, verdict.reason) == (False, "repetition")


@pytest.mark.parametrize("where", ["text", "reasoning"])
def test_thinking_that_loops_is_searched_for_wherever_the_endpoint_puts_it(where):
    looping = "I should check this once more, carefully. " * 50
    row = {"id": "q", "sample": 0, "text": "So \\boxed{7}.", "solution": "So \\boxed{7}."}
    row[where] = looping + str(row.get(where, ""))
    problem = Problem(id="q", source="x", domain="math", question="?", verifier="math_answer", gold={"answer": "7"})
    assert repetition.loops(answer_of(row, problem, Options()).whole or "")


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (gold.from_solution, "so $\\boxed{\\frac12}$.", "\\frac12"),
        (gold.from_solution, "$\\boxed{5}$, that is $\\boxed{5}$", "5"),
        (gold.from_solution, "no box", "no_box"),
        (gold.from_solution, "cut $\\boxed{5", "no_box"),
        (gold.from_solution, "$\\boxed{5}$ for b, $\\boxed{6}$ for c", "several_boxes"),
        (gold.from_solution, f"$\\boxed{{{'x+' * 150}1}}$", "too_long"),
        (gold.from_gsm8k, "48 + 1,024 = 1,072\n#### 1,072", "1072"),
        (gold.from_gsm8k, "it is 72", "no_mark"),
        (gold.from_aime, "016", "016"),
        (gold.from_aime, 204, "204"),
        (gold.from_aime, "1/2", "not_an_integer"),
    ],
)
def test_a_row_gives_its_reference_or_the_reason_why_not(read, text, expected):
    try:
        found = read(text)
    except gold.Dropped as dropped:
        found = str(dropped)
    assert found == expected


def test_a_reference_that_cannot_be_read_is_not_equal_to_itself():
    assert VERIFIERS["readable"]("\\frac{1}{2}", {}, USUAL).ok
    assert not VERIFIERS["readable"]("2 \\foo{ 3", {}, USUAL).ok


@pytest.mark.skipif(not (SHARED / "traces").is_dir(), reason="the real traces are not here")
def test_no_real_long_trace_is_taken_for_a_loop():
    folder = SHARED / "traces"
    traces = [
        row["message_thinking"]
        for name in ("r1_8b_5", "r1_hosted_5")
        for row in json.loads((folder / f"{name}.json").read_text())
    ]
    traces += [json.loads(line)["gemini_thinking_trajectory"] for line in (folder / "s1k_5.jsonl").read_text().splitlines()]
    with gzip.open(folder / "bbh_500x8.jsonl.gz", "rt") as lines:
        traces += [text for line in lines for text in json.loads(line)["responses"]]
    with gzip.open(folder / "qwen25math_100x8.jsonl.gz", "rt") as lines:
        traces += [text for line in lines for text in json.loads(line)["code"]]
    assert len(traces) > 4800
    assert [text[-200:] for text in map(str, traces) if repetition.loops(text)] == []
