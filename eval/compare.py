"""compare: the difference of two models on the same problems, with an interval and a paired test.

    python -m eval.compare --run=runs/quickstart --model=trained --baseline=base
    python -m eval.compare --run=runs/x --model=trained --baseline=trained --baseline_run=runs/y --benchmark=math500 --json

    | model   | against | benchmark | difference [95 %]    | p      | problems | asked otherwise           |
    | trained | base    | heldout   | +50.0 [+35.0, +65.0] | <0.001 | 40       | max_tokens 16384, not 400 |

Reads the verdicts that eval.run wrote (runs/<run>/eval/<model>/<benchmark>/verdicts.jsonl) and asks no model. An answer that
is undecided counts as not right, as in the scores. What differs in how the two were asked is told, never corrected for.
"""

from collections.abc import Sequence
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

from data_gen.cli import UserError, command
from data_gen.manifest import KEPT_SINCE, flat, read_manifest
from data_gen.records import key, read_rows
from data_gen.run_folder import Run
from eval.names import listed
from eval.paired import Answers, paired
from eval.reporting.markdown import markdown_table
from eval.reporting.score_tables import comparison_cells
from eval.score import read_scores

WHO = ("weights", "origin")  # settings that say which model, not how it was asked
SHORT = 24  # longer values are prompts: named, not shown


class CutOff(UserError):
    """Verdicts of a grading that did not come to its end beside the score of an earlier one."""


def main(
    run: str,
    model: str,
    baseline: str,
    baseline_run: str | None = None,
    benchmark: str | None = None,
    config: str | None = None,
    json: bool = False,
) -> None:
    """Print the differences of models from a baseline on every benchmark that both answered, or on those named."""
    ours, theirs = Run(Path(run)), Run(Path(baseline_run or run))
    named = listed("benchmark", benchmark) if benchmark else None
    rows = []
    for name in listed("model", model):
        rows += differences(ours, trained_as(ours, name, config), theirs, trained_as(theirs, baseline, config), named)
    print(dumps(rows, indent=1) if json else table(rows))


def differences(ours: Run, model: str, theirs: Run, baseline: str, benchmarks: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return the rows of one model on the benchmarks named, or on those that both answered. Raises UserError."""
    return [row(ours, model, theirs, baseline, at) for at in benchmarks or shared(ours, model, theirs, baseline)]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table for a terminal."""
    return markdown_table(*comparison_cells(rows))


def shared(ours: Run, model: str, theirs: Run, baseline: str) -> list[str]:
    """Return the benchmarks that both models answered. Raises UserError where there is none."""
    both = sorted(set(_benchmarks(ours, model)) & set(_benchmarks(theirs, baseline)))
    if not both:
        raise UserError(
            f"no benchmark that both answered: {model} has {_named(_benchmarks(ours, model))} in {ours.folder}, "
            f"{baseline} has {_named(_benchmarks(theirs, baseline))} in {theirs.folder}; `make eval MODEL=name` asks"
        )
    return both


def within(run: Run) -> list[dict[str, Any]]:
    """Return a run's own comparisons: each model that it trained against base and base_few_shot, where both answered. Where
    they were asked other questions (a base of before an edit), its `problems` is 0 and it has no difference. A line is
    printed of what is being graded, which is left out."""
    models = sorted({path.parent.parent.name for path in (run.folder / "eval").glob("*/*/scores.json")})
    trained = [name for name in models if name.split("-")[0] == "trained"]
    pairs = [(name, base) for name in trained for base in ("base", "base_few_shot") if base in models]
    rows = []
    for name, base in pairs:
        for benchmark in sorted(set(_benchmarks(run, name)) & set(_benchmarks(run, base))):
            try:
                common = answers(run, name, benchmark).keys() & answers(run, base, benchmark).keys()
            except CutOff as reason:
                print(f"compare   {name} and {base} on {benchmark} are left out: {reason}")
                continue
            if common:
                rows.append(row(run, name, run, base, benchmark))
            else:
                rows.append({"model": name, "baseline": base, "benchmark": benchmark, "problems": 0})
    return rows


def row(ours: Run, model: str, theirs: Run, baseline: str, benchmark: str) -> dict[str, Any]:
    """Return one comparison as it stands in summary.json: values and bounds are fractions."""
    difference = paired(answers(ours, model, benchmark), answers(theirs, baseline, benchmark))
    facts = asdict(difference) | {"ci95": [round(bound, 4) for bound in difference.ci95]}
    facts |= {name: round(facts[name], 4) for name in ("ours", "theirs", "value")}
    return {
        "model": model,
        "baseline": baseline,
        "baseline_run": theirs.name if theirs.folder.resolve() != ours.folder.resolve() else None,
        "benchmark": benchmark,
        **facts,
        "asked_otherwise": asked_otherwise(protocol(ours, model, benchmark), protocol(theirs, baseline, benchmark)),
    }


def answers(run: Run, model: str, benchmark: str) -> Answers:
    """Return, by problem, whether each sample was right. Raises UserError where it was not scored, CutOff where
    not all of what its score counts has a verdict."""
    folder = run.eval(_folder(model), benchmark)
    verdicts = folder / "verdicts.jsonl"
    for path in (verdicts, folder / "scores.json"):  # without a score the verdicts are not all there
        if not path.is_file():
            raise UserError(f"{path}: no such file; `make eval MODEL={model}` makes it")
    right, anew = {}, f"delete it: `make eval MODEL={model}` makes it anew and asks nobody"
    for verdict in read_rows(verdicts):
        if not {"id", "ok"} <= verdict.keys():
            raise UserError(f"{verdicts}: a row without id or ok is no verdict; {anew}")
        right[key(verdict)] = verdict["ok"] is True  # a killed grading leaves some twice
    scored = read_scores(folder / "scores.json")
    if len(right) != scored["n"] * scored["n_samples"]:
        told = f"{len(right):,} verdicts, and a score of {scored['n']:,} x {scored['n_samples']}"
        raise CutOff(f"{verdicts}: {told}: a grading was cut off; {anew}")
    found: dict[str, list[bool]] = {}
    for (one, _), ok in right.items():
        found.setdefault(one, []).append(ok)
    return found


def protocol(run: Run, model: str, benchmark: str) -> dict[str, Any]:
    """Return how a model was asked, by dotted key, as the run's manifest has it, and the hash of the questions."""
    record = read_manifest(run)["stages"].get(f"eval {_folder(model)} {benchmark}", {})
    settings = {key: value for key, value in record.get("settings", {}).items() if key not in WHO}
    return flat(settings | {"questions": record.get("inputs")})


def asked_otherwise(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Return a phrase for everything that differs: 'max_tokens 16384, not 400', 'another system_prompt'."""
    phrases = []
    for setting in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(setting), theirs.get(setting)
        kind, _, named = setting.partition(".")
        if kind in KEPT_SINCE and None in (mine, other):
            continue  # one of the two is older than the record of it
        if mine != other and kind == "wording":
            phrases.append(f"another {named}")
        elif mine != other:
            name = "set of questions" if setting.startswith("questions") else setting.removeprefix("sampling.")
            short = all(isinstance(value, int | float | str) and len(str(value)) <= SHORT for value in (mine, other))
            phrases.append(f"{name} {mine}, not {other}" if short else f"another {name}")
    return phrases


def _benchmarks(run: Run, model: str) -> list[str]:
    return sorted(path.parent.name for path in (run.folder / "eval" / _folder(model)).glob("*/scores.json"))


def trained_as(run: Run, model: str, config: str | None) -> str:
    """Return the name under which eval.run keeps a model: the recipe's own configuration has no name of its own."""
    known = model == "trained" and config and (run.folder / "eval" / f"trained-{config}").is_dir()
    return f"trained-{config}" if known else model


def _folder(model: str) -> str:
    """Return a model's folder under eval/: a hub name has its slash replaced there."""
    return model.replace("/", "--")


def _named(benchmarks: list[str]) -> str:
    return ", ".join(benchmarks) or "none"


if __name__ == "__main__":
    command(main)
