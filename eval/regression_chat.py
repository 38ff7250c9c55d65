"""IFEval and MGSM in chat: asked through our client and journal, scored by lm-eval on the solution section alone.

    done, found, tokens = in_chat(contender, "ifeval", config, run, servers.endpoint, limit=None)
    done["samples"]["recipe_ifeval"][0]["prompt_level_strict_acc"]      -> True
    found["ifeval-1000"]                                  -> Graded("ifeval-1000", 0, False, "wrong", "It ...", ...)

Every response is kept in samples.jsonl and asked once. One that was cut off, refused, or never came to a solution is handed
to lm-eval as an empty text, which follows no instruction and holds no number.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import uvloop

from data_gen.answers import Aside
from data_gen.chat import ask_all
from data_gen.config import Endpoint
from data_gen.journal import Journal
from data_gen.progress import bar
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest
from data_gen.run_folder import Run, errors_of
from data_gen.verifiers.repetition import loops
from eval.asking import Ask, JournalledChat, Journals, Record
from eval.config import EvalConfig
from eval.contender import Contender
from eval.grading import Graded, Outcome
from eval.regression_sets import SETS
from eval.regression_tasks import count, solution, write_tasks


def in_chat(
    one: Contender, name: str, config: EvalConfig, run: Run, endpoint: Callable[[str], Endpoint], limit: int | None
) -> tuple[dict[str, Any], dict[str, Graded], dict[str, int]]:
    """Ask a set through our client and journal. Returns what lm-eval counted, what became of each response by its id, and
    the tokens of all of them."""
    from lm_eval.tasks import TaskManager

    asked, folder = SETS[name], run.eval(one.name, name)
    write_tasks(folder / "tasks")
    manager = TaskManager(include_path=str(folder / "tasks"), include_defaults=False)
    tasks = list(manager.load(list(asked.tasks))["tasks"].values())
    path = folder / "samples.jsonl"
    found: dict[str, Graded] = {}
    tokens = {"prompt_tokens": 0, "completion_tokens": 0}
    with ExitStack() as stack:
        samples, errors, aside = Journal(path), Journal(errors_of(path)), Aside(folder / "samples.superseded.jsonl")
        for journal in (samples, errors, aside):
            stack.enter_context(journal)

        def grade(outcome: Outcome) -> list[Graded]:
            samples.finish()
            errors.finish()
            for key in {*samples, *errors}:
                response = outcome(key)
                found[key[0]] = answered(response)
                tokens["prompt_tokens"] += response.usage.prompt_tokens
                tokens["completion_tokens"] += response.usage.completion_tokens
            return list(found.values())

        ask = asking(lambda: endpoint(one.weights), config, f"{one.name} on {name}")
        model = JournalledChat(one.protocol, Journals(samples, errors, aside), ask, grade)
        done = count(model, tasks, asked.shots, limit, cache=None)
    return done, found, tokens


def asking(endpoint: Callable[[], Endpoint], config: EvalConfig, title: str) -> Ask:
    """Return what asks a model and records each outcome the moment it is there."""

    def ask(missing: list[ChatRequest], record: Record) -> None:
        if not missing:
            return
        with bar(len(missing), " answers", title) as progress:

            def came(outcome: Trace | Failure) -> None:
                record(outcome)
                progress.update(1)

            uvloop.run(ask_all(missing, [endpoint()], config.timeout_s, config.retries, came, keep_truncated=True))

    return ask


def answered(outcome: Trace | Failure) -> Graded:
    """Return a response before lm-eval has scored it: its solution as `extracted`, empty where it has none."""
    tokens = outcome.usage.completion_tokens
    if isinstance(outcome, Failure):
        return Graded(outcome.id, 0, False, "no_answer", "", True, None, False, tokens)
    truncated = outcome.finish_reason == "length"
    text = "" if truncated else solution(outcome.text)
    reason = "truncated" if truncated else "wrong" if text else "no_answer"
    return Graded(outcome.id, 0, False, reason, text, False, None, loops(outcome.text) is not None, tokens)
