"""IFEval and MGSM in chat: asked through our client and journal, scored by lm-eval on the solution section alone.

    done, found = in_chat(Job("trained", "ifeval", protocol, samples=1, limit=None), run, asker.ask)
    done["samples"]["recipe_ifeval"][0]["prompt_level_strict_acc"]      -> True
    found["ifeval-1000"]                                  -> Graded("ifeval-1000", 0, False, "wrong", "It ...", ...)

Every response is kept in samples.jsonl and asked once. One that was cut off, refused, or never came to a solution is handed
to lm-eval as an empty text, which follows no instruction and holds no number.
"""

from collections.abc import Callable
from typing import Any

from data_gen.records import Failure, Row, Trace
from data_gen.run_folder import Run
from data_gen.verifiers.repetition import loops
from eval.asking import Ask, JournalledChat, journals
from eval.grading import Graded, Outcome
from eval.measure import Job
from eval.regression_sets import SETS
from eval.regression_tasks import count, solution, tasks_of, write_tasks


def in_chat(
    job: Job, run: Run, ask: Ask | None, on_load: Callable[[Row], None] | None = None
) -> tuple[dict[str, Any], dict[str, Graded]]:
    """Ask a set through our client and journal; without `ask` read what is there.

    Returns what lm-eval counted, and what became of each response by its id. `on_load` sees every response that is there
    already. Raises NotRun where the questions cannot be had, Unfinished when answers are missing.
    """
    asked, folder = SETS[job.benchmark], run.eval(job.model, job.benchmark)
    write_tasks(folder / "tasks")
    tasks = tasks_of(asked.tasks, folder / "tasks")
    found: dict[str, Graded] = {}
    with journals(folder, on_load) as kept:

        def grade(outcome: Outcome) -> list[Graded]:
            kept.finish()
            found.update({key[0]: answered(outcome(key)) for key in {*kept.samples, *kept.errors}})
            return list(found.values())

        done = count(JournalledChat(job.protocol, kept, ask, grade), tasks, asked.shots, job.limit)
    return done, found


def answered(outcome: Trace | Failure) -> Graded:
    """Return a response before lm-eval has scored it: its solution as `extracted`, empty where it has none."""
    tokens = outcome.usage.completion_tokens
    if isinstance(outcome, Failure):
        return Graded(outcome.id, 0, False, "no_answer", "", True, None, False, tokens)
    truncated = outcome.finish_reason == "length"
    text = "" if truncated else solution(outcome.text)
    reason = "truncated" if truncated else "wrong" if text else "no_answer"
    return Graded(outcome.id, 0, False, reason, text, False, None, loops(outcome.text) is not None, tokens)
