"""What is graded: one text, by which verifier, against what. `finding.py` is what comes back."""

from dataclasses import dataclass
from typing import Any

from data_gen.verifiers.finding import USUAL, Options


@dataclass(frozen=True)
class Answer:
    """One text to grade: which problem and sample it answers, by which verifier, against what.

    `whole` is the trace that is searched for loops, None where that is not asked.
    """

    id: str
    sample: int
    text: str
    verifier: str
    gold: dict[str, Any]
    options: Options = USUAL
    whole: str | None = None


def program_of(answer: Answer) -> str | None:
    """Return the problem that a program answers, None for other answers: programs are graded a problem at a time."""
    return answer.id if answer.verifier == "code_tests" else None
