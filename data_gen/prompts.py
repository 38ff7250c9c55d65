"""What is said to a model. Used by the teacher, the export and evaluation alike.

question(problem)                    -> "What is 1/4 + 1/4?\\n\\nPut the final answer inside \\\\boxed{}."
messages(system, shots, question)    -> [{"role": "system", ...}, {"role": "user", ...}, ...]
"""

import functools
import hashlib
import string
from pathlib import Path

import yaml

from data_gen.cli import ConfigError
from data_gen.config import PACKAGE
from data_gen.recipe import Recipe
from data_gen.records import Problem

Message = dict[str, str]
WORDING = ("question_", "rewrite_user")  # templates that no YAML names


def question(problem: Problem) -> str:
    """Return what the user says: the question with how to answer it, by the problem's verifier."""
    if problem.verifier == "math_answer":
        return _template("question_math.txt").format(question=problem.question)
    if problem.verifier == "choice":
        choices = "\n".join(f"{a}. {c}" for a, c in zip(string.ascii_uppercase, problem.gold["choices"], strict=False))
        return _template("question_choice.txt").format(question=problem.question, choices=choices)
    if problem.verifier == "code_tests":
        name = problem.gold.get("fn_name") or problem.gold.get("entry_point")
        starter = str(problem.meta.get("starter_code") or "").strip("\n")
        asked = f"{problem.question}\n\n```python\n{starter}\n```" if starter else problem.question
        if name is None:
            return _template("question_code_stdin.txt").format(question=asked)
        return _template("question_code_call.txt").format(question=asked, name=name)
    return problem.question


def rewriting_question(asked: str, response: str) -> str:
    """Return what a rewriting model is told: the question as it was asked, and the whole response.

    The lines around both bear a mark that neither can hold, because it is a hash of the two: nothing that a response says
    ends the response. The same texts always give the same mark, so that a request's hash stays the same.
    """
    mark = hashlib.sha256(f"{len(asked)}\n{asked}{response}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return _template("rewrite_user.txt").format(question=asked, response=response, mark=mark)


def wording() -> dict[str, str]:
    """Return a short hash of every template that words what is said beside a recipe's own: where one is edited, other
    answers are asked for."""
    names = sorted(path.name for path in (PACKAGE / "templates").glob("*.txt") if path.name.startswith(WORDING))
    return {name: hashlib.sha256(_template(name).encode()).hexdigest()[:12] for name in names}


@functools.cache
def _template(name: str) -> str:
    return (PACKAGE / "templates" / name).read_text(encoding="utf-8").rstrip("\n")


def read_shots(path: Path) -> list[Message]:
    """Return the few-shot turns of a template file: a YAML list of {user, assistant}. Raises ConfigError."""
    try:
        shots = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(shots, list) or not all(_is_shot(shot) for shot in shots):
        raise ConfigError(f"{path}: a list of examples, each with `user` and `assistant`, is expected")
    return [{"role": role, "content": shot[role].strip()} for shot in shots for role in ("user", "assistant")]


def _is_shot(shot: object) -> bool:
    """Return whether an entry is {user: text, assistant: text}."""
    if not isinstance(shot, dict) or set(shot) != {"user", "assistant"}:
        return False
    return all(isinstance(text, str) for text in shot.values())


def messages(system: str | None, shots: list[Message], user: str) -> list[Message]:
    """Return the conversation up to the model's turn."""
    first = [{"role": "system", "content": system}] if system is not None else []
    return [*first, *shots, {"role": "user", "content": user}]


def student_system(recipe: Recipe) -> str:
    """Return the system prompt of every training row."""
    return recipe.template(recipe.student.system_prompt)
