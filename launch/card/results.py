"""The results on a model's card: what this run measured on these weights, and on the base that they were trained from.

    results(Run(Path("runs/x")), "quickstart", options)
    | benchmark | model | metric | value [95 %] | problems x samples | truncated | sampling | date | origin |
    | heldout | **this model** | accuracy | 43.0 % [37.1, 49.0] | 263 x 1 | 0.4 % | temperature 0, ... | ... | measured |

A score of other weights, of an earlier training, or of an evaluation that is not finished is left out; a benchmark of the
recipe without a score says "not run".
"""

from pathlib import Path

from data_gen.card import table
from data_gen.manifest import read_manifest
from data_gen.run_folder import Run
from eval import report
from eval.reporting.wording import percent
from launch.card.header import Json

THIS = "**this model**"
NOTE = (
    "`base` is the model before this training, asked in the same way; `base_few_shot` had examples instead of the system "
    "prompt. `accuracy_last_number` takes the last number of an answer, boxed or not. An answer that was cut off counts as "
    "wrong."
)


def results(run: Run, config: str, options: Json) -> str:
    """Return the table of what was evaluated in this run, on these weights and on the base that they were trained from."""
    manifest = read_manifest(run)
    stages = manifest["stages"]
    rows, asked = [], set()
    for row in report.results(run):
        record = stages.get(f"eval {row['model']} {row['benchmark']}", {})
        model = _evaluated(record, config, options, stages[f"train {config}"]["settings"])
        if model is None:
            continue
        sampling = record["settings"]["sampling"]
        asked.add((row["benchmark"], model == THIS))
        how = f"temperature {sampling['temperature']:g}, at most {sampling['max_tokens']:,} tokens"
        number = f"{row['n']:,} x {row['n_samples']}"
        cut = f"{100 * row['truncated']:.1f} %"
        shown = row["model"] if model != THIS else THIS
        rows.append((row["benchmark"], shown, row["metric"], percent(row), number, cut, how, row["date"], row["origin"]))
    for benchmark in sorted(manifest.get("benchmarks", {})):
        if (benchmark, True) not in asked:
            rows.append((benchmark, THIS, "accuracy", "not run", "", "", "", "", ""))
    if not rows:
        return "Not run: no benchmark was evaluated with this model."
    head = ("benchmark", "model", "metric", "value [95 %]", "problems x samples", "truncated", "sampling", "date", "origin")
    text = table(head, sorted(rows))
    return f"{text}\n\n{NOTE}" if asked else text


def _evaluated(record: Json, config: str, options: Json, settings: Json) -> str | None:
    """Return whose answers an evaluation holds: this model's, its base's, or None: another's, or of an earlier training."""
    asked = record.get("settings", {})
    if not record.get("finished"):
        return None
    if asked["origin"] == settings and Path(asked["weights"]).name in (config, f"{config}-merged"):
        return THIS
    return "base" if asked["origin"] is None and asked["weights"] == options["model_name_or_path"] else None
