"""Is a model's rewrite of a trace faithful? What it says must be the trace's own, in the one form that is trained on.

    fault(reply, "... so \\\\boxed{4}.", problem, min_kept=0.5)   -> None, or why the rewrite is not used:

    tags              the four tags do not stand in it once each, in order, with nothing around them
    empty_section     a section is empty
    code_block        the solution of a programming problem holds no fenced Python program, or several blocks
    code_changed      its program is not the trace's: fewer than `min_kept` of its lines stand in the trace
    answer_changed    the boxed answer is another than the trace's; or the trace had none, and what is boxed now stands
                      nowhere in it
    too_little_kept   fewer than `min_kept` of the trace's runs of three words stand in the rewrite

Words are compared without case and white space (`dedup.words`). The default of `min_kept`, .5, is our choice: a rewrite that
only moves text keeps nearly all, a summary keeps a few hundredths; no hosted rewriter was measured. Not covered: a rewrite
that keeps the text and adds a false step.
"""

import re

from data_gen.dedup import runs_of_words
from data_gen.records import Problem
from data_gen.sections import split_sections
from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.program import blocks

RUN = 3  # words
_SPACE = re.compile(r"\s+")


def fault(reply: str, trace: str, problem: Problem, min_kept: float) -> str | None:
    """Return why the rewrite `reply` of the whole text `trace` is not faithful, or None."""
    sections = split_sections(reply)
    if sections is None:
        return "tags"
    thought, solution = sections
    if not thought or not solution:
        return "empty_section"
    if problem.verifier == "code_tests" and (found := _code_fault(solution, trace, min_kept)):
        return found
    if problem.verifier in ("math_answer", "choice") and _answer_changed(solution, trace):
        return "answer_changed"
    if kept(trace, f"{thought}\n{solution}") < min_kept:
        return "too_little_kept"
    return None


def kept(trace: str, rewrite: str) -> float:
    """Return the share of the trace's runs of three words that stand in the rewrite, 0 to 1."""
    runs = runs_of_words(trace, RUN)
    return len(runs & runs_of_words(rewrite, RUN)) / len(runs)


def _code_fault(solution: str, trace: str, min_kept: float) -> str | None:
    programs = [block.source for block in blocks(solution)]
    if len(programs) != 1:
        return "code_block"
    said = {_SPACE.sub("", line) for line in trace.splitlines()}
    lines = [_SPACE.sub("", line) for line in programs[0].splitlines() if line.strip()]
    if not lines:
        return "code_block"
    return None if sum(line in said for line in lines) >= min_kept * len(lines) else "code_changed"


def _answer_changed(solution: str, trace: str) -> bool:
    before, after = boxed_answer(trace), boxed_answer(solution)
    if after is None:
        return True
    after = _SPACE.sub("", after)
    return after != _SPACE.sub("", before) if before is not None else after not in _SPACE.sub("", trace)
