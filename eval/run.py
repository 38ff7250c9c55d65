"""run: models answer benchmarks, through lm-eval, and are scored by the project's own verifiers.

    python -m eval.run --recipe=recipes/quickstart --run=runs/quickstart --model=base,base_few_shot,trained
    python -m eval.run --recipe=recipes/x --run=runs/x --model=trained --baseline=base        # and the paired difference
    python -m eval.run --recipe=recipes/x --run=runs/x --model=Qwen/QwQ-32B-Preview --base_url=http://127.0.0.1:8000/v1

Which models there are: `contender.py`. Without --base_url we serve the weights ourselves, each once for all of its
benchmarks and the regression set (`regression.py`), and only where an answer is missing. Every response is kept
(`measure.py` says where), and the same command resumes. A benchmark with more `samples` than before is asked the new ones
only; fewer are refused, as is any other edit that changes an answer. What cannot be run here, and what has answers missing,
stops nothing but itself; the exit status is then 1.
"""

from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError, UserError, command
from data_gen.config import dump
from data_gen.prompts import wording
from data_gen.recipe import find_recipe, load_recipe
from data_gen.run_folder import Run, errors_of
from data_gen.stage import Stage
from data_gen.verifiers import VERSION
from eval import compare, regression
from eval.benchmarks import check, samples_of
from eval.benchmarks.write import write
from eval.config import Benchmark, EvalConfig, load_eval
from eval.contender import Contender, contenders
from eval.measure import Job, measure, questions_of
from eval.metered import Asker
from eval.names import chosen, listed
from eval.not_run import Left, forget
from eval.resume import go_on
from eval.score import told
from eval.servers import Servers


def main(
    recipe: str,
    run: str,
    model: str | None = None,
    base_url: str | None = None,
    api_key_env: str | None = None,
    benchmarks: str | None = None,
    config: str | None = None,
    baseline: str | None = None,
    baseline_run: str | None = None,
    tokenizer: str | None = None,
    limit: int | None = None,
    allow_weak_sandbox: bool = False,
) -> None:
    """Evaluate models on the benchmarks and the regression set of the recipe's eval.yaml, and print what they scored.

    Models are base, base_few_shot, trained, trained-<config>, folders of weights, or names that base_url serves; if none is
    given base and trained, and base_few_shot where eval.yaml has few_shot_row. With baseline, that model is evaluated too,
    and the differences of the others from it are printed; with baseline_run it is only read there.
    """
    folder = find_recipe(recipe)
    eval_config = load_eval(folder)
    names = models_of(model, baseline, baseline_run, eval_config)
    recipe_, run_ = load_recipe(recipe), Run(Path(run))
    if baseline_run is not None and not Run(Path(baseline_run)).manifest.is_file():  # before anything is paid for
        raise UserError(f"--baseline_run={baseline_run}: no run there (no manifest.json)")
    wanted = chosen("benchmarks", benchmarks, [*eval_config.benchmarks, *eval_config.regression], f"{folder}/eval.yaml")
    asked = {name: eval_config.benchmarks[name] for name in wanted if name in eval_config.benchmarks}
    check(asked, folder)
    if warning := eval_config.equal_samples({name: samples_of(name, benchmark) for name, benchmark in asked.items()}):
        print(f"{folder}/eval.yaml: {warning}")
    models = contenders(",".join(names), base_url, eval_config, recipe_, run_, config)
    left = Left(run_)
    asked = {name: benchmark for name, benchmark in asked.items() if _written(run_, name, benchmark, folder, left)}
    with Servers(eval_config, run_, base_url, api_key_env) as servers:
        for one in models:
            for name, benchmark in asked.items():
                job = Job(one.name, name, one.protocol, samples_of(name, benchmark), limit, allow_weak_sandbox)
                with left.when_done(one.name, name):
                    evaluate(job, one.origin, eval_config, run_, servers)
            for name in sets_of(one, wanted, eval_config):
                with left.when_done(one.name, name):
                    regression.evaluate(one, name, eval_config, run_, servers.endpoint, limit, tokenizer)
    if baseline is not None:
        ours = [name for name in names if baseline_run is not None or name != baseline]
        print_differences(run_, ours, baseline, baseline_run, wanted, config, left)
    left.told()


def models_of(model: str | None, baseline: str | None, baseline_run: str | None, config: EvalConfig) -> list[str]:
    """Return the models to evaluate: those named, or the recipe's, and the baseline where no other run has it."""
    if baseline is None:
        if baseline_run is not None:
            raise ConfigError(f"--baseline_run={baseline_run}: --baseline=… names the model of that run")
        theirs = "base,base_few_shot,trained" if config.few_shot_row else "base,trained"
        return listed("model", theirs if model is None else model)
    names = listed("model", "trained" if model is None else model)
    if baseline_run is None and names == [baseline]:
        raise ConfigError(
            f"--baseline={baseline}: the model itself; another is expected, or --baseline_run=… of another run"
        )
    return names if baseline_run is not None or baseline in names else [*names, baseline]


def sets_of(one: Contender, wanted: list[str], config: EvalConfig) -> list[str]:
    """Return the regression sets that a model is asked: none where its weights are those of another that is asked them."""
    names = [name for name in config.regression if name in wanted]
    if one.name == "base_few_shot" and names:
        print(f"eval      base_few_shot: not asked {', '.join(names)}: its weights are base's")
        return []
    return names


def print_differences(
    run: Run, models: list[str], baseline: str, baseline_run: str | None, wanted: list[str], config: str | None, left: Left
) -> None:
    """Print the paired differences from the baseline on what both answered, whatever else is missing."""
    theirs = Run(Path(baseline_run)) if baseline_run else run
    against, rows = compare.trained_as(theirs, baseline, config), []
    for name in models:
        ours = compare.trained_as(run, name, config)
        with left.passed_over():
            both = [benchmark for benchmark in compare.shared(run, ours, theirs, against) if benchmark in wanted]
            rows += compare.differences(run, ours, theirs, against, both) if both else []
    if rows:
        print(compare.table(rows))


def _written(run: Run, name: str, benchmark: Benchmark, folder: Path, left: Left) -> bool:
    """Write a benchmark's questions and return whether they are to be had: one that is not stops nothing but itself."""
    try:
        write(run, name, benchmark, folder)
    except ConfigError:
        raise
    except UserError as reason:
        left.record(name, reason)
        return False
    return True


def evaluate(job: Job, origin: Any, config: EvalConfig, run: Run, servers: Servers) -> None:
    """Run one model on one benchmark and write its scores. Raises Unfinished when answers are missing, NotRun where they
    could not be graded here."""
    folder = run.eval(job.model, job.benchmark)
    settings = {
        "weights": job.weights,
        "origin": origin,
        "sampling": dump(config.sampling),
        "seed": config.seed,
        "system_prompt": job.protocol.system,
        "shots": job.protocol.shots,
        "samples": job.samples,
        "wording": {name: text for name, text in wording().items() if name.startswith("question_")},
        "verifier_version": VERSION,
    }
    go_on(run, job, settings, VERSION)
    samples = folder / "samples.jsonl"
    outputs = [samples, errors_of(samples), folder / "verdicts.jsonl", folder / "scores.json"]
    with Stage(run, job.stage, settings, [questions_of(run, job.benchmark)], outputs, job.limit) as stage:
        if stage.finished:
            forget(run, job.model, job.benchmark)
            return
        asker = Asker(stage, config, lambda: servers.endpoint(job.weights), f"{job.model} on {job.benchmark}")
        result = measure(job, run, asker.ask, on_load=asker.load)
        asker.done()
        print(f"eval      {told(result)}")


if __name__ == "__main__":
    command(main)
