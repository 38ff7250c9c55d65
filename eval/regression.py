"""The regression set: did training on long thoughts cost what the model could do before? MMLU, ARC-C, IFEval, MGSM.

    regression: [mmlu, arc_challenge, ifeval, mgsm]      # in eval.yaml: asked by `make eval`, after the benchmarks
    python -m eval.regression --recipe=recipes/x --run=runs/x --model=trained [--tasks=mmlu,ifeval] [--limit=20]     # alone

    eval      trained on ifeval: 75.6% [71.8%, 79.0%] of 541 problems x 1; truncated 1.2%

| name | lm-eval's tasks | asked | right is |
|---|---|---|---|
| mmlu | stock `mmlu`, 57 subjects, 5-shot | likelihoods, /v1/completions | acc |
| arc_challenge | stock, 0-shot | likelihoods, /v1/completions | acc; acc_norm beside it |
| ifeval | tasks_regression/ifeval.yaml, which includes the stock one | chat | prompt_level_strict_acc |
| mgsm | tasks_regression/mgsm.yaml, likewise, 11 languages | chat | exact_match of the last number |

Writes runs/<run>/eval/<model>/<name>/{verdicts.jsonl, scores.json}, and samples.jsonl of chat or the cache of likelihoods,
as eval.run does, so that report and compare read them. Chat is asked with eval.yaml's system prompt and sampling; a response
that was cut off or never came to a solution is wrong. Not covered: more than one sample of a question.
"""

from collections.abc import Callable
from pathlib import Path

from data_gen.cli import command
from data_gen.config import Endpoint, dump
from data_gen.recipe import find_recipe, load_recipe
from data_gen.run_folder import Run, errors_of
from data_gen.stage import Stage
from eval.config import EvalConfig, load_eval
from eval.contender import Contender, contenders
from eval.likelihood import CACHE, by_likelihood
from eval.measure import Job
from eval.metered import Asker
from eval.names import chosen
from eval.not_run import Left, forget
from eval.regression_chat import in_chat
from eval.regression_score import VERSION, score
from eval.regression_sets import SETS, ready
from eval.resume import go_on
from eval.score import told
from eval.servers import Servers


def evaluate(
    one: Contender,
    name: str,
    config: EvalConfig,
    run: Run,
    endpoint: Callable[[str], Endpoint],
    limit: int | None = None,
    tokenizer: str | None = None,
) -> None:
    """Run one model on one set and write its scores. `endpoint` says where weights are served; it is called only when an
    answer is missing. `tokenizer` is a folder or hub name, where `weights` is neither.

    Raises NotRun where a package, data or the server's likelihoods are missing, Unfinished when answers are missing.
    """
    asked, job = SETS[name], Job(one.name, name, one.protocol, 1, limit)
    folder = run.eval(job.model, job.benchmark)
    settings = {
        "weights": one.weights,
        "origin": one.origin,
        "sampling": dump(config.sampling) if asked.chat else None,
        "seed": config.seed,
        "system_prompt": one.protocol.system if asked.chat else None,
        "shots": one.protocol.shots if asked.chat else asked.shots,
        "samples": 1,
        "tokenizer": None if asked.chat else tokenizer,
        "verifier_version": VERSION,
    }
    go_on(run, job, settings, VERSION)
    samples = folder / "samples.jsonl"
    kept = [samples, errors_of(samples)] if asked.chat else [folder / CACHE]
    with Stage(run, job.stage, settings, [], [*kept, folder / "verdicts.jsonl", folder / "scores.json"], limit) as stage:
        if stage.finished:
            forget(run, job.model, job.benchmark)
            return
        ready(name)
        if asked.chat:
            asker = Asker(stage, config, lambda: endpoint(one.weights), f"{one.name} on {name}")
            done, found = in_chat(job, run, asker.ask, asker.load)
            asker.done()
        else:
            done, found = by_likelihood(job, folder, endpoint, config.timeout_s, tokenizer), {}
        print(f"eval      {told(score(job, run, done, found))}")


def main(
    recipe: str,
    run: str,
    model: str = "base,trained",
    base_url: str | None = None,
    api_key_env: str | None = None,
    tasks: str | None = None,
    config: str | None = None,
    tokenizer: str | None = None,
    limit: int | None = None,
) -> None:
    """Evaluate models on the regression set alone, whatever eval.yaml says of it. A served model is loaded once.

    Models are base, trained, trained-<config>, folders of weights, or names that base_url serves.
    """
    names = chosen("tasks", tasks, SETS, "the regression set")
    eval_config, recipe_, run_ = load_eval(find_recipe(recipe)), load_recipe(recipe), Run(Path(run))
    models = contenders(model, base_url, eval_config, recipe_, run_, config)
    left = Left(run_)
    with Servers(eval_config, run_, base_url, api_key_env) as servers:
        for one in models:
            for name in names:
                with left.when_done(one.name, name):
                    evaluate(one, name, eval_config, run_, servers.endpoint, limit, tokenizer)
    left.told()


if __name__ == "__main__":
    command(main)
