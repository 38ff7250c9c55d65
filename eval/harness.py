"""lm-eval at work: it asks and counts with one of our task YAMLs, and its own numbers are returned.

run_harness(model, Path("runs/x/benchmarks/math500.jsonl"), samples=4, limit=None)   -> {"accuracy": 0.824, "no_answer": ...}

The task is `recipe_<name of the file>` of eval/benchmarks/tasks, or `recipe_problems` for a benchmark of the recipe's own.
"""

import logging
from pathlib import Path
from typing import Any

from eval.asking import JournalledChat

TASKS = Path(__file__).parent / "benchmarks" / "tasks"


def run_harness(model: JournalledChat, questions: Path, samples: int, limit: int | None) -> dict[str, Any]:
    """Let lm-eval ask and count; return its own numbers, which must equal ours."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    name = f"recipe_{questions.stem}"
    if not (TASKS / f"{name}.yaml").is_file():
        name = "recipe_problems"
    metadata = {"path": str(questions), "limit": limit}
    manager = TaskManager(include_path=str(TASKS), include_defaults=False, metadata=metadata)
    task = manager.load([name])["tasks"][name]
    task.config.repeats = samples
    done = simple_evaluate(model, tasks=[task], task_manager=manager, bootstrap_iters=0, log_samples=False)
    assert done is not None  # None only on ranks above 0
    return {key.partition(",")[0]: value for key, value in done["results"][name].items() if isinstance(value, float)}
