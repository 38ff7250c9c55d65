"""What was not run: stages, benchmarks without a score, published models that nobody evaluated here. With why, where it is
known.

    not_run(run, manifest, scores, comparison, published)
    -> [{"what": "trained on math500", "kind": "benchmark", "why": "not asked yet; no reason is recorded",
         "then": "make eval RECIPE=sky_t1_preview RUN=mine BENCHMARKS=math500", "benchmark": "math500", "model": "trained"}]

The benchmarks are those in the manifest, and those of the recipe's eval.yaml as it is now with its regression set, where a
recipe of the run's name is there. `base_few_shot` is asked no regression set: its weights are the base's. Reasons are those
that the manifest keeps (`not_run`, of a stage or of the run).
"""

import shlex
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.run_folder import Run
from data_gen.stage import ORDER
from eval.config import EvalConfig, load_eval
from eval.published import PublishedScores
from eval.regression_sets import SETS
from eval.reporting.reading.records import Manifest, Scores
from eval.reporting.summary.scores import recipe_name

Rows = list[dict[str, Any]]

MODELS = ("base", "trained")
FEW_SHOT = "base_few_shot"
OPTIONAL = ("label",)  # stages that a recipe may do without


def not_run(run: Run, manifest: Manifest, scores: list[Scores], comparison: Rows, published: PublishedScores) -> Rows:
    """Return a row for everything that this report cannot tell because nobody ran it."""
    config = recipe_eval(run)
    return [
        *_stages(run, manifest),
        *_benchmarks(run, manifest, scores, config),
        *_comparisons(run, scores, comparison),
        *_models(run, scores, published, config),
    ]


def recipe_eval(run: Run) -> EvalConfig | None:
    """Return the eval.yaml of the run's recipe as it is now, None where there is none that can be read."""
    folder = recipe_folder(run)
    if folder is None:
        return None
    try:
        return load_eval(folder)
    except UserError:  # somebody is editing it: what the manifest has is told all the same
        return None


def recipe_folder(run: Run) -> Path | None:
    """Return the folder of the run's recipe, None where none of that name has an eval.yaml."""
    name = recipe_name(run)
    return next((path.parent for path in sorted(Path("recipes").glob("**/eval.yaml")) if path.parent.name == name), None)


def _make(run: Run, target: str, **options: str) -> str:
    """Return the line that runs a target of this run."""
    folder = recipe_folder(run)
    recipe = folder.relative_to("recipes").as_posix() if folder else recipe_name(run)
    named = {"RECIPE": recipe, "RUN": run.name, **options}
    return " ".join([f"make {target}", *(f"{name}={shlex.quote(value)}" for name, value in named.items())])


def _line(kind: str, what: str, why: str, then: str = "", **more: str) -> dict[str, Any]:
    return {"kind": kind, "what": what, "why": why, "then": then, **more}


def _stages(run: Run, manifest: Manifest) -> list[dict[str, Any]]:
    stages, lines = manifest.stages, []
    adopted = "adopt" in (stages["mix"].settings if "mix" in stages else {})
    wanted = ("mix", "export") if adopted else ORDER
    for name in wanted:
        if name not in stages and name not in OPTIONAL:
            lines.append(_line("stage", name, "has not run", _make(run, "data")))
    for name, stage in stages.items():
        if not stage.finished and not name.startswith("eval "):
            target = "train" if name.startswith("train ") else "merge" if name.startswith("merge ") else "data"
            lines.append(_line("stage", name, "is not finished", _make(run, target)))
    if not any(name.startswith("train ") for name in stages):
        lines.append(_line("stage", "training", "has not run", _make(run, "train")))
    return lines


def _benchmarks(run: Run, manifest: Manifest, scores: list[Scores], config: EvalConfig | None) -> list[dict[str, Any]]:
    recipes = [*config.benchmarks, *config.regression] if config else []
    names = list(dict.fromkeys([*recipes, *manifest.benchmarks]))
    shots = (FEW_SHOT,) if config and config.few_shot_row else ()
    models = list(dict.fromkeys([*MODELS[:1], *shots, *MODELS[1:], *(one.model for one in scores)]))
    scored = {(one.model, one.benchmark) for one in scores}
    begun = [name for name in manifest.stages if name.startswith("eval ")]
    told = [what.rpartition(" ")[2] for what in (*begun, *manifest.not_run)]
    names += [name for name in dict.fromkeys(told) if name not in names]
    asked_once = {one.benchmark for one in scores} - set(manifest.benchmarks) - set(recipes)
    lines = []
    for benchmark in names:
        for model in models:
            stage = manifest.stages.get(f"eval {model} {benchmark}")
            if (model, benchmark) in scored or (benchmark in asked_once and stage is None):
                continue
            if model == FEW_SHOT and benchmark in SETS and stage is None:
                continue
            recorded = stage.not_run if stage else None
            recorded = recorded or manifest.not_run.get(f"{model} {benchmark}") or manifest.not_run.get(benchmark)
            why = recorded or ("begun and not finished" if stage else "not asked yet; no reason is recorded")
            then = _make(run, "eval", BENCHMARKS=benchmark)
            lines.append(_line("benchmark", f"{model} on {benchmark}", why, then, benchmark=benchmark, model=model))
    return lines


def _comparisons(run: Run, scores: list[Scores], comparison: Rows) -> Rows:
    """Return the pairs that both have a score and no difference: `eval/compare.py` leaves out what is not graded whole."""
    scored = {(one.model, one.benchmark) for one in scores}
    there = {(row["model"], row["baseline"], row["benchmark"]) for row in comparison}
    lines = []
    for model, benchmark in sorted(scored):
        for base in (MODELS[0], FEW_SHOT):
            both = model.split("-")[0] == "trained" and (base, benchmark) in scored
            if both and (model, base, benchmark) not in there:
                why = "verdicts and score are not of the same answers: a grading was cut off"
                then = _make(run, "score", BENCHMARKS=benchmark)
                lines.append(_line("difference", f"{model} against {base} on {benchmark}", why, then))
    return lines


def _models(run: Run, scores: list[Scores], published: PublishedScores, config: EvalConfig | None) -> list[dict[str, Any]]:
    """Return the models whose scores others published beside this recipe's, and that this run did not ask."""
    name, asked = recipe_name(run), {Path(one.weights or one.model).name for one in scores}
    asked |= {one.model.rpartition("--")[2] for one in scores}
    base = config.base if config else None
    models = [model for group in published.stand_beside if name in group.recipes for model in group.models]
    if base is not None and any(score.model == base for score in published.scores):
        models.insert(0, base)
    lines = []
    for model in dict.fromkeys(models):
        served = "/" in model  # a name without a slash was never released
        if model.rpartition("/")[2] not in asked and not (model == base and "base" in {one.model for one in scores}):
            why = "published figures only; not asked here" if served else "never released; published figures only"
            lines.append(_line("published model", model, why, _make(run, "eval", MODEL=model) if served else ""))
    return lines
