"""What the YAMLs of eval/tasks_regression/ need: their files where lm-eval finds the stock ones, and the solution alone.

    write_tasks(Path("runs/x/tasks"))       -> runs/x/tasks/{ifeval,mgsm_bn,mgsm_de,...}.yaml, 12 files
    solution("<|begin_of_thought|> ... <|begin_of_solution|>\\n\\nIt is 7.\\n\\n<|end_of_solution|>")    -> "It is 7."

The YAMLs include lm-eval's own, which lie wherever it is installed. Any model class of lm-eval can run what is written:

    python -m lm_eval run --include_path runs/x/tasks --tasks recipe_ifeval --model local-chat-completions ...
"""

import hashlib
import logging
from pathlib import Path
from typing import Any

import datasets
import lm_eval

from data_gen.journal import write_text
from data_gen.verifiers.extract import after_thinking

TEMPLATES = Path(__file__).parent / "tasks_regression"
STOCK = Path(lm_eval.__file__).parent
LANGUAGES = "bn de en es fr ja ru sw te th zh".split()
Doc = dict[str, Any]


def write_tasks(folder: Path, templates: Path = TEMPLATES) -> None:
    """Write the task YAMLs with lm-eval's folder, and one for each language of MGSM, put in."""
    for path in sorted(templates.glob("*.yaml")):
        text = path.read_text(encoding="utf-8").replace("LM_EVAL/", f"{STOCK}/")
        for language in LANGUAGES if "_LANGUAGE" in text else [""]:
            name = f"{path.stem}_{language}.yaml" if language else path.name
            write_text(folder / name, text.replace("LANGUAGE", language))


def solution(text: str) -> str:
    """Return what a response says after its thinking: its solution section, or all of it where it did not think.

    Empty where the thinking never ended.
    """
    return (after_thinking(text) or "").strip()


def solutions(responses: list[list[str]], docs: list[Doc]) -> list[list[str]]:
    """Return the solutions of all responses; a filter of lm-eval."""
    return [[solution(text) for text in repeats] for repeats in responses]


def follows(doc: Doc, results: list[str]) -> dict[str, Any]:
    """Return the stock scores of IFEval for the solution of a response."""
    from lm_eval.tasks.ifeval.utils import process_results

    scores: dict[str, Any] = process_results(doc, [solution(results[0])])
    return scores


def keyed(docs: datasets.Dataset) -> datasets.Dataset:
    """Return IFEval's questions with ids, which our model class asks by."""
    return docs.map(lambda doc: {"id": f"ifeval-{doc['key']}"})


def hashed(docs: datasets.Dataset) -> datasets.Dataset:
    """Return MGSM's questions, which have no keys, with ids made of their texts."""
    return docs.map(lambda doc: {"id": f"mgsm-{hashlib.sha256(doc['question'].encode()).hexdigest()[:12]}"})


def count(model: Any, tasks: list[Any], shots: int, limit: int | None, cache: Path | None) -> dict[str, Any]:
    """Let lm-eval ask and count. What a killed run was told is in `cache`, where it is given."""
    from lm_eval import simple_evaluate

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    done = simple_evaluate(
        model,
        tasks=tasks,
        num_fewshot=shots,
        limit=limit,
        bootstrap_iters=0,
        log_samples=True,
        use_cache=str(cache) if cache else None,
    )
    assert done is not None  # None only on ranks above 0
    found: dict[str, Any] = done
    return found
