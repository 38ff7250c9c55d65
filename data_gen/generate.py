"""generate: a teacher answers every problem, `samples` times. What was paid for is on disk before it is counted.

    python -m data_gen.generate --recipe=recipes/quickstart --run=runs/quickstart

Reads 01_problems.jsonl, appends 02_traces.jsonl (whole answers) and 02_traces.errors.jsonl (everything else). Stop it in
any way and run the same again: it asks only for what is missing. Failures that would be the same another time (cut at
max_tokens, refused, empty) are asked again with --retry_final only.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from data_gen.chat import ask_all
from data_gen.cli import Unfinished, command
from data_gen.config import LOCAL, ChatModel, Endpoint, dump
from data_gen.journal import Journal
from data_gen.local_server import serve
from data_gen.meter import Meter
from data_gen.progress import bar
from data_gen.prompts import messages, question, read_shots
from data_gen.recipe import Recipe, find_template, load_recipe
from data_gen.records import Failure, Problem, Trace, dumps, read_records
from data_gen.responses import ChatRequest, Sampling, seed_of
from data_gen.run_folder import Run, errors_of
from data_gen.stage import Stage

# Where and how fast we ask changes nothing in the answers, so these may be edited in the middle of a run.
NOT_IN_THE_ANSWER = {"endpoints", "serve", "timeout_s", "retries", "prices", "expect"}


def main(recipe: str, run: str, limit: int | None = None, retry_final: bool = False) -> None:
    """Ask the recipe's teacher; `limit` takes the first problems only, `retry_final` asks final failures once more."""
    config = load_recipe(recipe)
    folder = Run(Path(run))
    settings = {"seed": config.seed, "teacher": chat_settings(config.teacher, config)}
    outputs = [folder.traces, errors_of(folder.traces)]
    with Stage(folder, "generate", settings, [folder.problems], outputs, limit, retry_final) as stage:
        if stage.finished:
            return
        requests = list(islice(teacher_requests(config, folder), limit * config.teacher.samples if limit else None))
        wanted = {(request.id, request.sample): request for request in requests}
        meter = Meter(stage, config.teacher.prices, config.budget_usd)
        with (
            Journal(folder.traces, on_load=meter.load) as traces,
            Journal(errors_of(folder.traces), on_load=meter.load) as errors,
        ):
            meter.loaded()
            _set_aside(traces, wanted, folder)
            # A final failure counts for the very request that it answers: not after max_tokens or the question changed.
            known = [key for key in errors if key in wanted and errors.tag(key) == wanted[key].hash]
            final = {key for key in known if errors.read(key)["final"] and not retry_final}
            missing = [r for key, r in wanted.items() if key not in traces and key not in final]
            try:
                if missing:
                    _ask(missing, config, folder, traces, errors, meter)
            finally:
                meter.save()
                errors.discard([key for key in errors if key in traces])
                failed = Counter(errors.read(key)["error"] for key in errors if key in wanted)
                answered = sum(key in traces for key in wanted)
                if unasked := len(wanted) - answered - failed.total():
                    failed["not_asked"] = unasked
                stage.funnel(len(wanted), answered, dict(failed), "traces")
            traces.finish()
            errors.finish()
            last = next((f"{errors.read(k)['error']}: {errors.read(k)['detail'][:200]}" for k in errors if k in wanted), "")
            open_keys = [k for k in wanted if k not in traces and not (k in errors and errors.read(k)["final"])]
        if meter.over_budget:
            raise Unfinished(
                f"stopped at the budget: ${meter.dollars:.2f} of {config.budget_usd} spent, {len(open_keys)} requests "
                "not asked; raise budget_usd and run the same again to go on"
            )
        if open_keys:
            raise Unfinished(f"{len(open_keys)} of {len(wanted)} requests have no answer yet ({last}); run the same again")


def chat_settings(model: ChatModel, config: Recipe) -> dict[str, Any]:
    """Return what decides a model's answers, with templates by their text: the fingerprint of what was paid for."""
    settings = {key: value for key, value in dump(model).items() if key not in NOT_IN_THE_ANSWER}
    for key in ("system_prompt", "few_shot"):
        if settings[key] is not None:
            settings[key] = config.template(settings[key])
    return settings


def teacher_requests(config: Recipe, folder: Run) -> Iterator[ChatRequest]:
    """Yield a request for every problem and sample, in the order of the problems."""
    teacher = config.teacher
    system = config.template(teacher.system_prompt) if teacher.system_prompt else None
    shots = read_shots(find_template(teacher.few_shot, config.folder)) if teacher.few_shot else []
    sampling = Sampling(teacher.model, teacher.temperature, teacher.top_p, teacher.max_tokens)
    for problem in read_records(folder.problems, Problem):
        said = messages(system, shots, question(problem))
        for sample in range(teacher.samples):
            yield ChatRequest(problem.id, sample, said, seed_of(config.seed, problem.id, sample), sampling)


def _set_aside(traces: Journal, wanted: dict[tuple[str, int], ChatRequest], folder: Run) -> None:
    """Move traces whose question was edited since to 02_traces.superseded.jsonl: paid for, so not thrown away."""
    stale = [key for key in traces if key in wanted and traces.tag(key) != wanted[key].hash]
    if stale:
        path = folder.traces.with_name("02_traces.superseded.jsonl")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(dumps(traces.read(key)) + "\n" for key in stale)
        print(f"generate  {len(stale):,} traces of edited questions set aside in {path.name}; they are asked again")
        traces.discard(stale)


def _ask(missing: list[ChatRequest], config: Recipe, folder: Run, traces: Journal, errors: Journal, meter: Meter) -> None:
    with endpoints_of(config.teacher, folder.folder / "logs" / "teacher.log") as endpoints:
        meter.start()
        with bar(len(missing), " traces", "generate") as progress:
            failures = 0

            def record(outcome: Trace | Failure) -> None:
                nonlocal failures
                if isinstance(outcome, Trace):
                    traces.append(outcome.row())
                else:
                    errors.append(outcome.row())
                    failures += 1
                meter.count(outcome)
                spent = "" if meter.dollars is None else f", ${meter.dollars:.2f}"
                progress.set_postfix_str(f"{meter.new_tokens / meter.seconds:.0f} tokens/s, {failures} errors{spent}", False)
                progress.update(1)

            teacher = config.teacher
            asyncio.run(ask_all(missing, endpoints, teacher.timeout_s, teacher.retries, record, meter.may_start))


@contextlib.contextmanager
def endpoints_of(model: ChatModel, log: Path) -> Iterator[list[Endpoint]]:
    """Yield the model's endpoints; a `local` one is started first and stopped after."""
    with contextlib.ExitStack() as servers:
        ready = []
        for endpoint in model.endpoints:
            if endpoint.base_url == LOCAL:
                base_url = servers.enter_context(serve(model.model, model.serve, log))
                endpoint = endpoint.model_copy(update={"base_url": base_url})
            ready.append(endpoint)
        yield ready


if __name__ == "__main__":
    command(main)
