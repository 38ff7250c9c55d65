"""run: models answer benchmarks, through lm-eval, and are scored by the project's own verifiers.

    python -m eval.run --recipe=recipes/quickstart --run=runs/quickstart --model=base,base_few_shot,trained
    python -m eval.run --recipe=recipes/x --run=runs/x --model=Qwen/QwQ-32B-Preview --base_url=http://127.0.0.1:8000/v1

`base` is eval.yaml's base model; `base_few_shot` the same with the teacher's prompt and examples, to tell format from
skill; `trained` is the run's model; any other name is a model that --base_url serves. Without --base_url we serve the
weights ourselves, each once. Every response is kept (samples.jsonl, .errors.jsonl, verdicts.jsonl, scores.json under
runs/<run>/eval/<model>/<benchmark>/), and the same command resumes.
"""

import contextlib
import datetime
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from data_gen.cli import ConfigError, UserError, command
from data_gen.config import LOCAL, Endpoint, dump
from data_gen.journal import Journal, write_rows, write_text
from data_gen.local_server import serve
from data_gen.prompts import read_shots, student_system
from data_gen.recipe import Recipe, find_recipe, find_template, load_recipe
from data_gen.records import Problem, Verdict, key, read_records
from data_gen.responses import Sampling
from data_gen.run_folder import Run, errors_of
from data_gen.stage import Stage, read_manifest
from data_gen.verifiers import VERSION
from data_gen.verifiers.pool import Grader
from data_gen.yaml_schema import parse
from eval.asking import JournalledChat, Protocol
from eval.benchmarks.write import write
from eval.config import Benchmark, EvalConfig, FromDataset, load_eval
from eval.score import grade, scores

TASKS = Path(__file__).parent / "benchmarks" / "tasks"


def main(
    recipe: str,
    run: str,
    model: str | None = None,
    base_url: str | None = None,
    api_key_env: str | None = None,
    benchmarks: str | None = None,
    config: str | None = None,
    limit: int | None = None,
) -> None:
    """Evaluate models (comma-separated; without --model base and trained) on the recipe's benchmarks, or those named."""
    folder = find_recipe(recipe)
    eval_config = load_eval(folder)
    model = model or ("base,base_few_shot,trained" if eval_config.few_shot_row else "base,trained")
    recipe_ = load_recipe(recipe)
    run_ = Run(Path(run))
    wanted = chosen(benchmarks, eval_config)
    contenders = [contender(name, base_url, eval_config, recipe_, run_, config) for name in model.split(",")]
    for name, benchmark in wanted.items():
        write(run_, name, benchmark, folder)
    with Servers(eval_config, run_, base_url, api_key_env) as servers:
        for one in contenders:
            for name, benchmark in wanted.items():
                evaluate(one, name, benchmark, eval_config, run_, servers, limit)


def chosen(benchmarks: str | None, config: EvalConfig) -> dict[str, Benchmark]:
    """Return the benchmarks to run. Raises ConfigError when one is not in eval.yaml."""
    names = benchmarks.split(",") if benchmarks else list(config.benchmarks)
    unknown = [name for name in names if name not in config.benchmarks]
    if unknown:
        raise ConfigError(f"--benchmarks: {', '.join(unknown)}: not in eval.yaml, which has {', '.join(config.benchmarks)}")
    return {name: config.benchmarks[name] for name in names}


@dataclass(frozen=True)
class Contender:
    """A model as it is evaluated: its name in the report, its weights, what it is told, and what they were made from."""

    name: str
    weights: str
    protocol: Protocol
    origin: Any


def contender(
    name: str, base_url: str | None, config: EvalConfig, recipe: Recipe, run: Run, training: str | None
) -> Contender:
    """Return the model called `name`. Raises ConfigError for a name that neither is known nor has a --base_url."""
    system, shots, origin = _system_prompt(config, recipe), [], None
    if name == "trained":
        training = training or recipe.training_config
        weights = str(run.model(training))
        trained = read_manifest(run)["stages"].get(f"train {training}", {})
        if training != recipe.training_config:
            name = f"trained-{training}"
        if not base_url and not (trained.get("finished") and (run.model(training) / "train.json").is_file()):
            raise UserError(f"{weights}: not trained yet; `make train` first")
        origin = trained.get("settings")
        exported = read_manifest(run)["stages"].get("export", {}).get("settings", {})
        if exported and exported["student"]["system_prompt"] != student_system(recipe):
            raise ConfigError(
                f"{run.folder} was trained with another student.system_prompt than {recipe.folder}/data.yaml names now; "
                "put it back, or start another run with RUN=new"
            )
    elif name in ("base", "base_few_shot"):
        weights = config.base
        if name == "base_few_shot":
            teacher = recipe.teacher
            system = recipe.template(teacher.system_prompt) if teacher.system_prompt else None
            shots = read_shots(find_template(teacher.few_shot, recipe.folder)) if teacher.few_shot else []
    elif base_url or Path(name).is_dir():
        weights = name
    else:
        raise ConfigError(f"--model={name}: base, base_few_shot or trained is expected, or a name that --base_url serves")
    sampling = Sampling(weights, config.sampling.temperature, config.sampling.top_p, config.sampling.max_tokens)
    return Contender(name.replace("/", "--"), weights, Protocol(sampling, config.seed, system, shots), origin)


def _system_prompt(config: EvalConfig, recipe: Recipe) -> str | None:
    if isinstance(config.system_prompt, FromDataset):
        raise ConfigError(f"{recipe.folder}/eval.yaml: system_prompt.from_dataset cannot be read yet")
    if config.system_prompt in (None, "student"):
        return student_system(recipe) if config.system_prompt else None
    return recipe.template(config.system_prompt)


class Servers:
    """Endpoints of models: one that the user gave, or a vLLM of ours, started when first needed, one at a time."""

    def __init__(self, config: EvalConfig, run: Run, base_url: str | None, api_key_env: str | None) -> None:
        self._config, self._run = config, run
        self._serving: str | None = None
        given = {"base_url": base_url or LOCAL, "api_key_env": api_key_env, "concurrency": config.concurrency}
        self._endpoint = parse(given, Endpoint, "options")
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def endpoint(self, weights: str) -> Endpoint:
        """Return where `weights` are served."""
        if self._endpoint.base_url != LOCAL:
            return self._endpoint
        if self._serving != weights:
            self._stack.close()
            log = self._run.folder / "logs" / "eval.log"
            self._url = self._stack.enter_context(serve(weights, self._config.serve, log))
            self._serving = weights
        return self._endpoint.model_copy(update={"base_url": self._url})


def evaluate(
    one: Contender, name: str, benchmark: Benchmark, config: EvalConfig, run: Run, servers: Servers, limit: int | None
) -> None:
    """Run one model on one benchmark and write its scores. Raises Unfinished when answers are missing."""
    folder = run.eval(one.name, name)
    questions = run.benchmarks / f"{name}.jsonl"
    settings = {
        "weights": one.weights,
        "origin": one.origin,
        "sampling": dump(config.sampling),
        "seed": config.seed,
        "system_prompt": one.protocol.system,
        "shots": one.protocol.shots,
        "samples": benchmark.samples,
        "verifier_version": VERSION,
    }
    samples_path = folder / "samples.jsonl"
    outputs = [samples_path, errors_of(samples_path), folder / "scores.json"]
    with Stage(run, f"eval {one.name} {name}", settings, [questions], outputs, limit) as stage:
        if stage.finished:
            return
        problems = {problem.id: problem for problem in read_records(questions, Problem)}
        verdicts: list[Verdict] = []
        with (
            Journal(samples_path) as samples,
            Journal(errors_of(samples_path)) as errors,
            Grader(os.cpu_count() or 1) as grader,
        ):

            def graded(problem: Problem, outcome: Any) -> Verdict:
                verdicts.append(grade(grader, problem, outcome))
                return verdicts[-1]

            model = JournalledChat(
                one.protocol,
                [servers.endpoint(one.weights)],
                config.timeout_s,
                config.retries,
                samples,
                errors,
                graded,
                f"{one.name} on {name}",
            )
            harness = run_harness(model, questions, benchmark.samples, limit)
            samples.finish()
            errors.finish()
            traces = [
                samples.read((verdict.id, verdict.sample)) for verdict in verdicts if (verdict.id, verdict.sample) in samples
            ]
        texts = {key(trace): trace["text"] for trace in traces}
        write_rows(folder / "verdicts.jsonl", sorted((verdict.row() for verdict in verdicts), key=key))
        numbers = scores(problems, verdicts, texts)
        if abs(numbers["results"][0]["value"] - harness["accuracy"]) > 1e-4:
            raise UserError(
                f"lm-eval counts an accuracy of {harness['accuracy']}, we count {numbers['results'][0]['value']}"
            )
        result = {
            "model": one.name,
            "benchmark": name,
            **numbers,
            "harness": harness,
            "weights": one.weights,
            "sampling": dump(config.sampling),
            "completion_tokens": sum(trace["usage"]["completion_tokens"] for trace in traces),
            "date": datetime.date.today().isoformat(),
        }
        write_text(folder / "scores.json", json.dumps(result, indent=1) + "\n")
        stage.record["usage"] = {
            kind: sum(trace["usage"][kind] for trace in traces) for kind in ("prompt_tokens", "completion_tokens")
        }
        accuracy = result["results"][0]
        low, high = accuracy["ci95"]
        print(f"eval      {one.name} on {name}: {accuracy['value']:.1%} [{low:.1%}, {high:.1%}] of {result['n']} problems")


def run_harness(model: JournalledChat, questions: Path, samples: int, limit: int | None) -> dict[str, Any]:
    """Let lm-eval ask and score; return its own numbers, which must equal ours."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    metadata = {"path": str(questions), "limit": limit}
    manager = TaskManager(include_path=str(TASKS), include_defaults=False, metadata=metadata)
    task = manager.load(["recipe_problems"])["tasks"]["recipe_problems"]
    task.config.repeats = samples
    done = simple_evaluate(model, tasks=[task], task_manager=manager, bootstrap_iters=0, log_samples=False)
    assert done is not None  # None only on ranks above 0
    numbers = done["results"]["recipe_problems"]
    return {name.partition(",")[0]: value for name, value in numbers.items() if isinstance(value, float)}


if __name__ == "__main__":
    command(main)
