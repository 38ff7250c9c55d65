"""Is a model's rewrite of a trace faithful? What it says must be the trace's own, in the one form that is trained on.

    fault(reply, "... so \\\\boxed{4}.", problem, min_kept=0.5)   -> None, or why the rewrite is not used:

    tags              the four tags do not stand in it once each, in order, with nothing around them
    empty_section     a section is empty
    code_block        the solution of a programming problem holds no fenced Python program, or several blocks
    code_changed      its program is not the trace's (`same_program.py`)
    answer_changed    the boxed answer is not the trace's (`same_answer.py`)
    too_little_kept   fewer than `min_kept` of the trace's runs of three words stand in the rewrite

Words are compared without case and white space (`dedup.words`). The default of `min_kept`, .5, is our choice: a rewrite that
only moves text keeps nearly all, a summary keeps a few hundredths; no hosted rewriter was measured. Not covered: a rewrite
that keeps the text and adds a false step.
"""

from data_gen.dedup import runs_of_words
from data_gen.records import Problem
from data_gen.rewriters.same_answer import same_answer
from data_gen.rewriters.same_program import same_program
from data_gen.sections import split_sections
from data_gen.verifiers.extract import boxed_answer
from data_gen.verifiers.program import blocks

RUN = 3  # words


def fault(reply: str, trace: str, problem: Problem, min_kept: float, answering: str = "") -> str | None:
    """Return why the rewrite `reply` of the whole text `trace` is not faithful, or None.

    `answering` is what comes after the trace's thinking, where the two are parted: an answer is looked for only there.
    """
    sections = split_sections(reply)
    if sections is None:
        return "tags"
    thought, solution = sections
    if not thought or not solution:
        return "empty_section"
    if problem.verifier == "code_tests" and (found := _code_fault(solution, trace)):
        return found
    if problem.verifier in ("math_answer", "choice"):
        boxed, options = boxed_answer(solution), None
        if problem.verifier == "choice":
            options = [str(choice) for choice in problem.gold.get("choices") or []]
        if boxed is None or not same_answer(boxed, answering if answering.strip() else trace, options):
            return "answer_changed"
    if kept(trace, f"{thought}\n{solution}") < min_kept:
        return "too_little_kept"
    return None


def kept(trace: str, rewrite: str) -> float:
    """Return the share of the trace's runs of three words that stand in the rewrite, 0 to 1."""
    runs = runs_of_words(trace, RUN)
    return len(runs & runs_of_words(rewrite, RUN)) / len(runs)


def _code_fault(solution: str, trace: str) -> str | None:
    programs = [block.source for block in blocks(solution)]
    if len(programs) != 1 or not programs[0].strip():
        return "code_block"
    return None if same_program(programs[0], trace) else "code_changed"
