"""The reference answer of a published row, and whether a problem holds what its verifier needs. Before anything is paid for.

    from_solution("... is $\\\\boxed{\\\\frac12}$.")  -> "\\\\frac12"          NuminaMath, MATH
    from_gsm8k("... = 72 eggs\\n#### 1,072")       -> "1072"
    from_aime("016")                              -> "016"
    gold_fault(problem)                           -> None, or "gold.answer is missing or empty"
    says_several("f(x)=ax+b, where b is even")    -> True: flagged `meta.multipart`, for one reading is not enough

A row that gives no usable answer raises Dropped, whose reason is counted: no_box, several_boxes, too_long, no_mark,
not_an_integer; and unequal_to_itself, which `math_answer.readable` finds in a worker.
"""

import re
import string

from data_gen.records import Problem
from data_gen.verifiers import code_tests
from data_gen.verifiers.extract import boxed_answer, closed_boxes
from data_gen.verifiers.notation import spell, untexted
from data_gen.verifiers.parts import split
from data_gen.verifiers.statement import checker_for, rules

LONGEST = 200  # characters of a reference; a longer one is prose


class Dropped(ValueError):
    """The row has no reference answer; the message is the reason under which it is counted."""


def from_solution(solution: str) -> str:
    """Return the one boxed answer of a solution. Raises Dropped: no_box, several_boxes or too_long."""
    boxes = {" ".join(content.split()) for _, _, content in closed_boxes(solution)}
    answer = boxed_answer(solution)
    if answer is None:
        raise Dropped("no_box")
    if len(boxes) > 1:
        raise Dropped("several_boxes")
    return _short(answer)


def from_gsm8k(answer: str) -> str:
    """Return what follows the last "####", without thousands commas. Raises Dropped: no_mark."""
    _, mark, last = answer.rpartition("####")
    if not mark or not last.strip():
        raise Dropped("no_mark")
    return _short(re.sub(r"(?<=\d),(?=\d{3})", "", last.strip()))


def from_aime(answer: str | int) -> str:
    """Return an integer from 0 to 999 as it is written, leading zeros too. Raises Dropped: not_an_integer."""
    text = str(answer).strip()
    if not re.fullmatch(r"\d{1,3}", text):
        raise Dropped("not_an_integer")
    return text


def _short(answer: str) -> str:
    if len(answer) > LONGEST:
        raise Dropped("too_long")
    return answer


def says_several(answer: str) -> bool:
    """Return whether a reference says several things in prose, so that no comparison of parts is the whole of it."""
    spelt = spell(answer)
    prose = re.findall(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}", re.sub(r"\b(?:and|or)\b", " ", untexted(spelt)))
    return split(spelt).kind != "single" and len(prose) > 1


def flagged(problem: Problem) -> Problem:
    """Return the problem with what is doubtful about it: `meta.multipart` where its reference says several things in prose;
    `meta.statement_rules`, and the checker that follows from them, where a program's right output is one of several."""
    if problem.verifier == "code_tests" and (found := rules(problem.question)):
        named = {"checker": checker_for(problem.question)} if "tests" not in problem.gold else {}
        meta = problem.meta | {"statement_rules": found}
        return problem.model_copy(update={"gold": named | problem.gold, "meta": meta})
    if problem.verifier == "math_answer" and says_several(str(problem.gold["answer"])):
        return problem.model_copy(update={"meta": problem.meta | {"multipart": True}})
    return problem


def gold_fault(problem: Problem) -> str | None:
    """Return what is wrong with a problem's gold, or None."""
    gold = problem.gold
    if problem.verifier in ("math_answer", "choice"):
        answer = gold.get("answer")
        if not isinstance(answer, str | int | float) or not str(answer).strip():
            return "gold.answer is missing or empty"
        if len(str(answer)) > LONGEST:
            return "gold.answer is over 200 characters"
    if problem.verifier == "choice":
        choices = gold.get("choices")
        if not isinstance(choices, list) or len(choices) < 2:
            return "gold.choices is no list of two or more"
        letters = string.ascii_uppercase[: len(choices)]
        if str(gold["answer"]).strip().upper() not in list(letters):
            return f"gold.answer is no letter from A to {letters[-1]}"
    if problem.verifier == "code_tests":
        return code_tests.gold_fault(gold)
    return None
