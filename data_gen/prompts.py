"""What is said to a model, and the one format that is trained on. Used by the teacher, the export and evaluation alike.

question(problem)                    -> "What is 1/4 + 1/4?\\n\\nPut the final answer inside \\\\boxed{}."
messages(system, shots, question)    -> [{"role": "system", ...}, {"role": "user", ...}, ...]
thought_solution("1/4 + ...", "It is \\\\boxed{1/2}.")   -> "<|begin_of_thought|>\\n\\n1/4 + ...\\n\\n<|end_of_thought|>..."
"""

import re
import string
from pathlib import Path

import yaml

from data_gen.cli import ConfigError
from data_gen.config import PACKAGE
from data_gen.recipe import Recipe
from data_gen.records import Problem

Message = dict[str, str]

BEGIN_THOUGHT, END_THOUGHT = "<|begin_of_thought|>", "<|end_of_thought|>"
BEGIN_SOLUTION, END_SOLUTION = "<|begin_of_solution|>", "<|end_of_solution|>"
TAGS = (BEGIN_THOUGHT, END_THOUGHT, BEGIN_SOLUTION, END_SOLUTION)

_SECTIONS = re.compile(
    rf"\A\s*{re.escape(BEGIN_THOUGHT)}(.*){re.escape(END_THOUGHT)}\s*"
    rf"{re.escape(BEGIN_SOLUTION)}(.*){re.escape(END_SOLUTION)}\s*\Z",
    re.DOTALL,
)


def question(problem: Problem) -> str:
    """Return what the user says: the question with how to answer it, by the problem's verifier."""
    if problem.verifier == "math_answer":
        return _template("question_math.txt").format(question=problem.question)
    if problem.verifier == "choice":
        choices = "\n".join(f"{a}. {c}" for a, c in zip(string.ascii_uppercase, problem.gold["choices"], strict=False))
        return _template("question_choice.txt").format(question=problem.question, choices=choices)
    if problem.verifier == "code_tests":
        name = problem.gold.get("fn_name") or problem.gold.get("entry_point")
        if name is None:
            return _template("question_code_stdin.txt").format(question=problem.question)
        return _template("question_code_call.txt").format(question=problem.question, name=name)
    return problem.question


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


def thought_solution(thought: str, solution: str) -> str:
    """Return the assistant's turn as it is trained on, exactly."""
    return (
        f"{BEGIN_THOUGHT}\n\n{thought.strip()}\n\n{END_THOUGHT}\n\n{BEGIN_SOLUTION}\n\n{solution.strip()}\n\n{END_SOLUTION}"
    )


def split_sections(text: str) -> tuple[str, str] | None:
    """Return (thought, solution) of a text with the four tags once and in order, else None."""
    match = _SECTIONS.match(text)
    if match is None or any(text.count(tag) != 1 for tag in TAGS):
        return None
    return match[1].strip(), match[2].strip()
