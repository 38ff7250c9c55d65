"""lm-eval's side: our tasks are found by their names, and grade the answers of any model of lm-eval."""

import pytest

from eval.benchmarks import BENCHMARKS
from eval.benchmarks.write import write
from eval.config import Benchmark
from eval.harness import TASKS
from tests.benchmark_copies import FIXTURES


def test_every_benchmark_is_a_task_of_its_own_name():
    from lm_eval.tasks import TaskManager

    there = TaskManager(include_path=str(TASKS), include_defaults=False).all_subtasks
    assert set(there) == {f"recipe_{name}" for name in BENCHMARKS} | {"recipe_problems"}


@pytest.mark.parametrize(("text", "accuracy", "no_answer"), [("It is \\boxed{70}.", 1.0, 0.0), ("It is 70.", 0.0, 1.0)])
def test_the_plain_texts_of_another_model_are_graded_by_our_verifier(tmp_path, text, accuracy, no_answer):
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    from data_gen.run_folder import Run

    says = {"generate_until": lambda self, requests, **_: [text for _ in requests]}
    parrot = type("Parrot", (LM,), says | dict.fromkeys(("loglikelihood", "loglikelihood_rolling")))()
    write(Run(tmp_path), "aime25", Benchmark(path=str(FIXTURES / "aime25")), FIXTURES)
    manager = TaskManager(include_path=str(TASKS), include_defaults=False, metadata={"run": str(tmp_path)})
    done = simple_evaluate(parrot, tasks=["recipe_aime25"], task_manager=manager, bootstrap_iters=0)
    numbers = done["results"]["recipe_aime25"]
    assert (numbers["accuracy,all_samples"], numbers["no_answer,all_samples"]) == (accuracy, no_answer)
