"""What the YAMLs of eval/tasks_regression/ need: their files where lm-eval finds the stock ones, and the solution alone.

    write_tasks(Path("runs/x/tasks"))       -> runs/x/tasks/{ifeval,mgsm_bn,mgsm_de,...}.yaml, 12 files
    solution("<|begin_of_thought|> ... <|begin_of_solution|>\\n\\nIt is 7.\\n\\n<|end_of_solution|>")    -> "It is 7."

The YAMLs include lm-eval's own, which lie wherever it is installed. Any model class of lm-eval can run what is written:

    python -m lm_eval run --include_path runs/x/tasks --tasks recipe_ifeval --model local-chat-completions ...

Questions are read by lm-eval, from the hub or its cache, as they are there on that day: no revision is pinned.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import lm_eval

from data_gen.journal import write_text
from data_gen.verifiers.extract import after_thinking
from eval.not_run import NotRun
from eval.regression_sets import LANGUAGES

TEMPLATES = Path(__file__).parent / "tasks_regression"
STOCK = Path(lm_eval.__file__).parent
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


def tasks_of(names: Sequence[str], folder: Path) -> list[Any]:
    """Return lm-eval's tasks of these names from the YAMLs in a folder, with their questions.

    Only that folder is indexed: all of lm-eval's is 13,000 files. Raises NotRun where the questions cannot be had.
    """
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(folder), include_defaults=False)
    try:
        return list(manager.load(list(names))["tasks"].values())
    except (OSError, datasets.exceptions.DatasetsError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # a full disk, say
        told = " ".join(str(error).split())[:200]
        raise NotRun(
            f"its questions cannot be read ({told}); they come from the hub: go online, or fill its cache"
        ) from error


def count(model: Any, tasks: list[Any], shots: int, limit: int | None, cache: Path | None = None) -> dict[str, Any]:
    """Let lm-eval ask and count. What a killed run was told is in `cache`, where it is given."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    done = simple_evaluate(
        model,
        tasks=tasks,
        task_manager=TaskManager(include_defaults=False),  # without it all of lm-eval is indexed, for 10 s
        num_fewshot=shots,
        limit=limit,
        bootstrap_iters=0,
        log_samples=True,
        use_cache=str(cache) if cache else None,
    )
    assert done is not None  # None only on ranks above 0
    found: dict[str, Any] = done
    return found
