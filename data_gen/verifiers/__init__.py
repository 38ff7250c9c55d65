"""Is an answer right? One implementation, used by data_gen and eval alike.

A verifier takes a text and a problem's gold and returns a Finding. `pool.Grader` runs them in workers that can be
killed; nothing else calls them.
"""

from collections.abc import Callable
from typing import Any

from data_gen.verifiers import choice, math_answer
from data_gen.verifiers.finding import Finding

Grade = Callable[[str, dict[str, Any], bool], Finding]

VERIFIERS: dict[str, Grade] = {
    "math_answer": math_answer.grade,
    "choice": choice.grade,
    "readable": lambda text, gold, exact: math_answer.readable(text),  # a check of references, named by no problem
    "none": lambda text, gold, exact: Finding(True, "correct", None, "source"),
}
VERSION = f"{math_answer.VERSION}+{choice.VERSION}+math-verify-0.9.0"
