"""The regression set: did training on long thoughts cost what the model could do before? MMLU, ARC-C, IFEval, MGSM.

    python -m eval.regression --recipe=recipes/sky_t1_preview --run=runs/x --model=trained [--tasks=mmlu,ifeval] [--limit=20]
    python -m eval.regression --recipe=... --run=runs/x --model=Qwen/QwQ-32B-Preview --base_url=http://127.0.0.1:8000/v1

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

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp

from data_gen.cli import ConfigError, Unfinished, UserError, command
from data_gen.config import Endpoint, dump
from data_gen.journal import write_rows, write_text
from data_gen.recipe import find_recipe, load_recipe
from data_gen.records import Row, Verdict
from data_gen.run_folder import Run
from data_gen.stage import Stage
from eval.config import EvalConfig, load_eval
from eval.contender import Contender, contender
from eval.grading import Asked, Graded
from eval.likelihood import TRIES, completions, stock_tasks
from eval.not_run import NotRun
from eval.regression_chat import in_chat
from eval.regression_sets import SETS, ready
from eval.regression_tasks import count
from eval.score import scores
from eval.servers import Servers
from eval.stats import wilson

VERSION = "regression-1"


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

    Raises NotRun where a package or its data is missing, Unfinished when answers are missing.
    """
    ready(name)
    asked, folder = SETS[name], run.eval(one.name, name)
    settings = {
        "weights": one.weights,
        "origin": one.origin,
        "sampling": dump(config.sampling) if asked.chat else None,
        "seed": config.seed,
        "system_prompt": one.protocol.system if asked.chat else None,
        "shots": one.protocol.shots if asked.chat else asked.shots,
        "samples": 1,
        "verifier_version": VERSION,
    }
    with Stage(run, f"eval {one.name} {name}", settings, [], [folder / "scores.json"], limit) as stage:
        if stage.finished:
            return
        if asked.chat:
            done, found, stage.record["usage"] = in_chat(one, name, config, run, endpoint, limit)
        else:
            where = endpoint(one.weights)
            model, found = completions(where, one.weights, config.timeout_s, tokenizer), {}
            try:
                done = count(model, stock_tasks(name), asked.shots, limit, folder / "likelihoods")
            except (aiohttp.ClientError, TimeoutError) as error:
                told = f"{where.base_url} failed {TRIES} times ({type(error).__name__}: {str(error)[:200]})"
                raise Unfinished(f"{told}; what was answered is kept, run the same again") from error
        graded = list(verdicts(done["samples"], asked.metric, found))
        result = scored(one, name, config, done, graded)
        write_rows(folder / "verdicts.jsonl", sorted(map(_row, graded), key=lambda row: row["id"]))
        write_text(folder / "scores.json", json.dumps(result, indent=1) + "\n")
        value, (low, high) = result["results"][0]["value"], result["results"][0]["ci95"]
        print(f"eval      {one.name} on {name}: {value:.1%} [{low:.1%}, {high:.1%}] of {result['n']} problems")


def verdicts(samples: dict[str, list[Row]], metric: str, found: dict[str, Graded]) -> Iterator[Graded]:
    """Yield a verdict for each of lm-eval's samples: right is what the metric calls so."""
    for task, rows in samples.items():
        for row in rows:
            one = row["doc"].get("id") if found else None
            known = found[one] if one else Graded(f"{task}-{row['doc_id']}", 0, False, "wrong", None, False, None, False, 0)
            right = bool(row[metric])
            yield known._replace(ok=right, reason="correct" if right else known.reason)


def _row(graded: Graded) -> Row:
    about = graded._asdict() | {"extracted": None, "tier": "lm-eval", "verifier_version": VERSION}
    return Verdict(**about).row()


def scored(one: Contender, name: str, config: EvalConfig, done: dict[str, Any], graded: list[Graded]) -> dict[str, Any]:
    """Return what scores.json holds. Metrics beside the first have Wilson's interval over what they count: IFEval's
    instructions, of which a prompt has several, are not independent, and their interval is a little narrow."""
    asked = SETS[name]
    numbers = scores({v.id: Asked("none", (0, 0), {}) for v in graded}, graded, None)
    flat = [row for rows in done["samples"].values() for row in rows]
    for metric in asked.more:
        values = [value for row in flat for value in (row[metric] if isinstance(row[metric], list) else [row[metric]])]
        low, high = wilson(sum(values), len(values))
        value = {"value": round(sum(values) / len(values), 4), "ci95": [round(low, 4), round(high, 4)]}
        numbers["results"].append({"metric": metric, **value})
    return {
        "model": one.name,
        "benchmark": name,
        **numbers,
        "harness": {"tasks": sorted(done["samples"]), "versions": done["versions"], "shots": asked.shots},
        "weights": one.weights,
        "sampling": {key: value for key, value in asdict(one.protocol.sampling).items() if key != "model"}
        if asked.chat
        else None,
        "seed": config.seed,
        "verifier_version": VERSION,
        "date": datetime.date.today().isoformat(),
    }


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
    """Evaluate models (comma-separated) on the regression set, or on the tasks named. A served model is loaded once."""
    names = tasks.split(",") if tasks else list(SETS)
    if unknown := [name for name in names if name not in SETS]:
        raise ConfigError(f"--tasks: {', '.join(unknown)}: there are {', '.join(SETS)}")
    eval_config, recipe_, run_ = load_eval(find_recipe(recipe)), load_recipe(recipe), Run(Path(run))
    contenders = [contender(name, base_url, eval_config, recipe_, run_, config) for name in model.split(",")]
    missing: list[str] = []
    with Servers(eval_config, run_, base_url, api_key_env) as servers:
        for one in contenders:
            for name in names:
                try:
                    evaluate(one, name, eval_config, run_, servers.endpoint, limit, tokenizer)
                except NotRun as reason:
                    missing.append(name)
                    print(f"eval      {one.name} on {name}: not run: {reason}")
    if missing:
        raise UserError(
            f"not run: {', '.join(dict.fromkeys(missing))}; the lines above say why, the others have their scores"
        )


if __name__ == "__main__":
    command(main)
