"""Is an answer right? One implementation, used by data_gen and eval alike.

A verifier takes a text and a problem's gold and returns a Finding. `pool.Grader` runs them in workers that can be
killed; nothing else calls them.
"""

from collections.abc import Callable
from typing import Any

from data_gen.verifiers import choice, code_tests, math_answer
from data_gen.verifiers.finding import Finding, Options

Grade = Callable[[str, dict[str, Any], Options], Finding]

VERIFIERS: dict[str, Grade] = {
    "math_answer": lambda text, gold, options: math_answer.grade(text, gold, options.exact),
    "choice": lambda text, gold, options: choice.grade(text, gold, options.exact),
    "code_tests": code_tests.grade,
    "readable": lambda text, gold, options: math_answer.readable(text),  # a check of references, named by no problem
    "none": lambda text, gold, options: Finding(True, "correct", None, "source"),
}
VERSION = f"{math_answer.VERSION}+{choice.VERSION}+{code_tests.VERSION}+math-verify-0.9.0"
