"""What each stage took, beside what it was planned to take: seconds, tokens, dollars.

    costs(manifest, lines, trainings)
    -> [{"stage": "generate", "seconds": {"planned": None, "spent": 165.5}, "dollars": {"planned": None, "spent": None},
         "prompt_tokens": {"planned": None, "spent": 306552}, "completion_tokens": {"planned": 192000, "spent": 27705},
         "bound": True, "tokens_per_second": 193.1, "says": "1,200 requests of at most 160 tokens"}, ...]

A stage that keeps `planned` in the manifest is taken at its word. Where none is kept, tokens are worked out from the run's
own settings: requests x max_tokens, which no answer can pass (`bound`), or, of benchmarks whose mean is published, x that
mean (`launch/eval_plan.py`). Of a training it is train.json, whose seconds are LLaMA-Factory's own, without the checks
before it. What nobody planned or measured is None.
"""

from typing import Any

from eval.regression_sets import SETS
from eval.reporting.reading.records import Line, Manifest, Planned, StageRecord, Training
from launch.eval_plan import MEAN_TOKENS

ASKED = {"label": "label", "generate": "teacher", "rewrite": "chat"}  # stages that ask a model, and where it is in settings
WHAT = ("seconds", "prompt_tokens", "completion_tokens", "dollars")


def costs(manifest: Manifest, lines: list[Line], trainings: dict[str, Training]) -> list[dict[str, Any]]:
    """Return a row for every stage that began, in the order in which they began."""
    return [_row(name, stage, manifest, lines, trainings) for name, stage in manifest.stages.items()]


def totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what all took: a sum of what is known, and how many stages are in none (`unpriced`: asked or trained, without a
    price)."""
    sums: dict[str, Any] = {}
    for what in WHAT:
        known = [row[what]["spent"] for row in rows if row[what]["spent"] is not None]
        sums[what] = sum(known) if known else None
    paying = [row for row in rows if row["completion_tokens"]["spent"] or row["stage"].startswith("train ")]
    sums["unpriced"] = [row["stage"] for row in paying if row["dollars"]["spent"] is None]
    return sums


def _row(
    name: str, stage: StageRecord, manifest: Manifest, lines: list[Line], trainings: dict[str, Training]
) -> dict[str, Any]:
    kind, _, rest = name.partition(" ")
    if kind == "train" and rest in trainings:
        return _trained(name, stage, trainings[rest])
    if stage.planned is not None:
        planned, says = stage.planned, _in_words(stage.planned)
    else:
        planned, says = _evaluation(name, stage, manifest) if kind == "eval" else _asked(name, stage, lines)
    used = stage.usage
    spent = {
        "seconds": stage.seconds,
        "prompt_tokens": used.prompt_tokens if used else None,
        "completion_tokens": used.completion_tokens if used else None,
        "dollars": stage.dollars,
    }
    return _both(name, planned, spent, stage.tokens_per_second, says)


def _both(name: str, planned: Planned, spent: dict[str, Any], rate: float | None, says: str) -> dict[str, Any]:
    both = {what: {"planned": getattr(planned, what), "spent": spent[what]} for what in WHAT}
    return {"stage": name, **both, "bound": planned.bound, "tokens_per_second": rate, "says": says}


def _trained(name: str, stage: StageRecord, training: Training) -> dict[str, Any]:
    planned, spent = training.planned or Planned(), training.spent or Planned()
    took = spent.seconds if spent.seconds is not None else training.seconds
    tokens = round(training.tokens * training.epochs) if training.tokens and training.epochs else None
    figures = {"seconds": took, "prompt_tokens": None, "completion_tokens": None, "dollars": spent.dollars}
    if figures["dollars"] is None:
        figures["dollars"] = stage.dollars
    says = [f"{tokens:,} tokens trained on" if tokens else ""]
    if planned.dollars is not None and planned.price_source:
        says.append(f"price: {planned.price_source}")
    row = _both(name, planned, figures, training.tokens_per_second, "; ".join(filter(None, says)))
    return row | {"trained_tokens": {"planned": planned.tokens, "spent": tokens}}


def _asked(name: str, stage: StageRecord, lines: list[Line]) -> tuple[Planned, str]:
    """Return what a stage that asks a model was to take at most: all that the stage before it kept, to max_tokens."""
    model = stage.part(ASKED.get(name, ""))
    kept = {line.stage: line.kept for line in lines}
    before = kept.get("generate") if name == "rewrite" else kept.get("label", kept.get("collect"))
    if name == "label":
        before = kept.get("collect")
    most, samples = model.get("max_tokens"), model.get("samples") or 1
    if not isinstance(most, int) or not isinstance(samples, int) or before is None:
        return Planned(), ""
    problems = before if stage.limit is None else min(before, stage.limit)
    return _tokens(problems * samples, most, bound=True)


def _in_words(planned: Planned) -> str:
    """Return a plan in words."""
    if not planned.requests:
        return ""
    bound = "at most" if planned.bound else "about"
    each = [
        f"{word} {tokens / planned.requests:,.0f} tokens {what} each"
        for word, tokens, what in ((bound, planned.completion_tokens, "written"), ("about", planned.prompt_tokens, "read"))
        if tokens is not None
    ]
    return ", ".join([f"{planned.requests:,} requests", *each])


def _evaluation(name: str, stage: StageRecord, manifest: Manifest) -> tuple[Planned, str]:
    """Return what an evaluation was to take: its questions and samples, to the published mean or to max_tokens."""
    benchmark = name.rpartition(" ")[2]
    known = manifest.benchmarks.get(benchmark, {})
    regression = SETS.get(benchmark)
    if regression is not None and not known and not regression.chat:
        prompts, each = regression.likelihoods, regression.prompt_tokens
        planned = Planned(requests=prompts, prompt_tokens=each and prompts * each, completion_tokens=0)
        return planned, f"{prompts:,} likelihoods, no completion"
    if regression is not None and not known:
        known = {"questions": regression.questions}
    questions, samples = known.get("questions"), stage.settings.get("samples")
    at_most = stage.part("sampling").get("max_tokens")
    if not (isinstance(questions, int) and isinstance(samples, int) and isinstance(at_most, int)):
        return Planned(), ""
    own = (known.get("settings") or {}).get("problems") is not None
    mean = None if own else MEAN_TOKENS.get(benchmark)
    asked = questions if stage.limit is None else min(questions, stage.limit)
    return _tokens(asked * samples, mean or at_most, bound=mean is None)


def _tokens(requests: int, each: int, bound: bool) -> tuple[Planned, str]:
    planned = Planned(requests=requests, completion_tokens=requests * each, bound=bound)
    return planned, _in_words(planned)
