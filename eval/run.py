"""run: models answer benchmarks, through lm-eval, and are scored by the project's own verifiers.

    python -m eval.run --recipe=recipes/quickstart --run=runs/quickstart --model=base,base_few_shot,trained
    python -m eval.run --recipe=recipes/x --run=runs/x --model=Qwen/QwQ-32B-Preview --base_url=http://127.0.0.1:8000/v1

Which models there are: `contender.py`. Without --base_url we serve the weights ourselves, each once, and only where an
answer is missing. Every response is kept (`measure.py` says where), and the same command resumes. A benchmark with more
`samples` than before is asked the new ones only; fewer are refused, as is any other edit that changes an answer.
"""

import itertools
from pathlib import Path
from typing import Any

import uvloop

from data_gen.chat import ask_all
from data_gen.cli import ConfigError, UserError, command
from data_gen.config import dump
from data_gen.meter import Meter
from data_gen.progress import bar
from data_gen.recipe import find_recipe, load_recipe
from data_gen.records import Failure, Trace
from data_gen.responses import ChatRequest
from data_gen.run_folder import Run, errors_of
from data_gen.stage import Stage, changed_keys, edit_manifest
from data_gen.verifiers import VERSION
from eval.asking import Record
from eval.benchmarks import check, samples_of
from eval.benchmarks.write import write
from eval.config import Benchmark, EvalConfig, load_eval
from eval.contender import contender
from eval.measure import Job, measure, questions_of
from eval.not_run import NotRun
from eval.score import SHARES
from eval.servers import Servers


def main(
    recipe: str,
    run: str,
    model: str | None = None,
    base_url: str | None = None,
    api_key_env: str | None = None,
    benchmarks: str | None = None,
    config: str | None = None,
    limit: int | None = None,
    allow_weak_sandbox: bool = False,
) -> None:
    """Evaluate models (comma-separated; without --model base and trained) on the recipe's benchmarks, or those named."""
    folder = find_recipe(recipe)
    eval_config = load_eval(folder)
    model = model or ("base,base_few_shot,trained" if eval_config.few_shot_row else "base,trained")
    recipe_ = load_recipe(recipe)
    run_ = Run(Path(run))
    wanted = chosen(benchmarks, eval_config)
    check(wanted, folder)
    names = [name.strip() for name in model.split(",")]
    contenders = [contender(name, base_url, eval_config, recipe_, run_, config) for name in dict.fromkeys(names)]
    missing = [name for name, benchmark in wanted.items() if not _written(run_, name, benchmark, folder)]
    with Servers(eval_config, run_, base_url, api_key_env) as servers:
        for one, name in itertools.product(contenders, [name for name in wanted if name not in missing]):
            samples = samples_of(name, wanted[name])
            job = Job(one.name, name, one.protocol, samples, limit, allow_weak_sandbox)
            try:
                evaluate(job, one.origin, eval_config, run_, servers)
            except NotRun as reason:
                missing.append(name)
                print(f"eval      {one.name} on {name}: not run: {reason}")
    if missing:
        raise UserError(
            f"not run: {', '.join(dict.fromkeys(missing))}; the lines above say why, the others have their scores"
        )


def _written(run: Run, name: str, benchmark: Benchmark, folder: Path) -> bool:
    """Write a benchmark's questions and return whether they are to be had: one that is not stops nothing but itself."""
    try:
        write(run, name, benchmark, folder)
    except ConfigError:
        raise
    except UserError as reason:
        print(f"eval      {name}: not run: {reason}")
        return False
    return True


def chosen(benchmarks: str | None, config: EvalConfig) -> dict[str, Benchmark]:
    """Return the benchmarks to run. Raises ConfigError when one is not in eval.yaml."""
    names = benchmarks.split(",") if benchmarks else list(config.benchmarks)
    unknown = [name for name in names if name not in config.benchmarks]
    if unknown:
        raise ConfigError(f"--benchmarks: {', '.join(unknown)}: not in eval.yaml, which has {', '.join(config.benchmarks)}")
    return {name: config.benchmarks[name] for name in names}


def evaluate(job: Job, origin: Any, config: EvalConfig, run: Run, servers: Servers) -> None:
    """Run one model on one benchmark and write its scores. Raises Unfinished when answers are missing."""
    folder = run.eval(job.model, job.benchmark)
    settings = {
        "weights": job.weights,
        "origin": origin,
        "sampling": dump(config.sampling),
        "seed": config.seed,
        "system_prompt": job.protocol.system,
        "shots": job.protocol.shots,
        "samples": job.samples,
        "verifier_version": VERSION,
    }
    _go_on(run, job, settings)
    samples_path = folder / "samples.jsonl"
    outputs = [samples_path, errors_of(samples_path), folder / "scores.json"]
    with Stage(run, job.stage, settings, [questions_of(run, job.benchmark)], outputs, job.limit) as stage:
        if stage.finished:
            return
        meter = Meter(stage, config.prices, None)

        def ask(missing: list[ChatRequest], record: Record) -> None:
            endpoint = servers.endpoint(job.weights)
            meter.loaded()
            meter.start()
            with bar(len(missing), " answers", f"{job.model} on {job.benchmark}") as progress:

                def came(outcome: Trace | Failure) -> None:
                    record(outcome)
                    meter.count(outcome)
                    progress.set_postfix_str(meter.told(), False)
                    progress.update(1)

                try:
                    uvloop.run(ask_all(missing, [endpoint], config.timeout_s, config.retries, came, keep_truncated=True))
                finally:
                    meter.save()

        result = measure(job, run, ask, on_load=meter.load)
        if "usage" not in stage.record:  # nothing was asked
            meter.loaded()
            meter.save()
        print(f"eval      {told(result)}")


def told(result: dict[str, Any]) -> str:
    """Return the line about a result: "base on aime24: 16.7% [7.3%, 33.6%] of 30 problems x 64; truncated 1.2%"."""
    accuracy = result["results"][0]
    low, high = accuracy["ci95"]
    value = f"{accuracy['value']:.1%} [{low:.1%}, {high:.1%}]"
    shares = ", ".join(f"{name.replace('_', ' ')} {result[name]:.1%}" for name in SHARES if result[name])
    line = f"{result['model']} on {result['benchmark']}: {value} of {result['n']} problems x {result['n_samples']}"
    return f"{line}; {shares}" if shares else line


def _go_on(run: Run, job: Job, settings: dict[str, Any]) -> None:
    """Let a stage go on of which only `samples` was raised, as one with a larger limit does: the answers there are stay. One
    without a score is graded by the verifiers of today. Raises ConfigError where a score is an older verifier's."""
    with edit_manifest(run) as manifest:
        before = manifest["stages"].get(job.stage)
        if before is None:
            return
        told, graded_by = before["settings"], before["settings"].get("verifier_version")
        if not before["finished"]:
            told["verifier_version"] = graded_by = VERSION
        more = {"samples": job.samples} if told.get("samples", 0) < job.samples else {}
        if changed_keys(told | more | {"verifier_version": VERSION}, settings):
            return  # other edits too: the stage tells which
        if graded_by != VERSION:
            raise ConfigError(
                f"{job.model} on {job.benchmark} was scored by {graded_by}, not by {VERSION} as now: `make score` grades "
                "the kept responses anew and asks nobody"
            )
        if more:
            told["samples"] = job.samples
            before["finished"] = False


if __name__ == "__main__":
    command(main)
