"""Does a problem hold what its verifier needs? Asked by collect, before anything is paid for.

gold_fault(problem)   -> None, or "gold.answer is missing or empty"
"""

from data_gen.records import Problem


def gold_fault(problem: Problem) -> str | None:
    """Return what is wrong with a problem's gold, or None."""
    gold = problem.gold
    if problem.verifier in ("math_answer", "choice"):
        answer = gold.get("answer")
        if not isinstance(answer, str | int | float) or not str(answer).strip():
            return "gold.answer is missing or empty"
        if len(str(answer)) > 200:
            return "gold.answer is over 200 characters"
    if problem.verifier == "choice":
        choices = gold.get("choices")
        if not isinstance(choices, list) or len(choices) < 2:
            return "gold.choices is no list of two or more"
    if problem.verifier == "code_tests" and "tests" not in gold:
        inputs, outputs = gold.get("inputs"), gold.get("outputs")
        if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs) or not inputs:
            return "gold needs as many inputs as outputs, or tests"
    return None
