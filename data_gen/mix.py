"""mix: which verified answers are trained on.

    python -m data_gen.mix --recipe=recipes/quickstart --run=runs/quickstart [--config=quickstart]

Picks the accepted answers of each question (candidates.py); drops rows over the cutoff, measured on the whole rendered row
with the student's own template; draws the quotas, seeded. Writes 05_mixture.jsonl: the row's text and where it comes from,
row for row what export writes, sorted by (id, sample). No text is held: candidates wait in a file beside it.
"""

import hashlib
import heapq
import json
import statistics
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.candidates import candidates
from data_gen.cli import command
from data_gen.config import dump
from data_gen.journal import write_rows
from data_gen.manifest import file_hash
from data_gen.progress import bar
from data_gen.prompts import student_system
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Row, read_rows
from data_gen.run_folder import Run
from data_gen.stage import Stage
from data_gen.tally import Tally


def main(recipe: str, run: str, config: str | None = None, limit: int | None = None) -> None:
    """Mix the run's verified rows; `config` names the training YAML whose tokenizer, template and cutoff count."""
    recipe_ = load_recipe(recipe)
    folder = Run(Path(run))
    training = train_env.read_training(config or recipe_.training_config)
    settings: dict[str, Any] = {
        "seed": recipe_.seed,
        "mix": dump(recipe_.mix),
        "verify": {"enabled": recipe_.verify.enabled},
        "student": {"system_prompt": student_system(recipe_)},
        "training": training.measures if training else None,
    }
    inputs = [folder.problems, folder.rewritten, folder.verdicts]
    with Stage(folder, "mix", settings, inputs, [folder.mixture], limit) as stage:
        if stage.finished:
            return
        tally = Tally()
        waiting = folder.data / ".05_mixture.candidates.jsonl"
        with bar(None, " rows", "mix") as progress:
            write_rows(waiting, _told(candidates(folder, recipe_, tally), progress))
        lengths = measured(recipe_, training, waiting)
        drawn = draw(recipe_, waiting, lengths, training, tally, limit)
        write_rows(folder.mixture, _rows(waiting, lengths, drawn, tally))
        waiting.unlink()
        stage.record["sha256"] = file_hash(folder.mixture)
        stage.record |= {"tokens": sum(lengths[place] for place in drawn) if lengths else None, "lengths": audit(lengths)}
        stage.funnel(tally.total, tally.kept, tally.reasons, "rows", tally.by_source)


def _told(rows: Iterator[Row], progress: Any) -> Iterator[Row]:
    for row in rows:
        progress.update(1)
        yield row


def measured(recipe: Recipe, training: train_env.Training | None, rows: Path) -> "array[int] | None":
    """Return the tokens of every candidate, whole and rendered as it is trained on, or None where nobody can tell."""
    if training is None:
        print("mix: lengths not checked: no such training YAML in llamafactory_configs/")
        return None
    if not train_env.PYTHON.is_file():
        print("mix: lengths not checked: .venv-train is missing (`make setup` makes it)")
        return None
    if not rows.stat().st_size:
        return array("I")
    counted = rows.with_name(".05_mixture.lengths")
    train_env.count_lengths(training, student_system(recipe), rows, counted)
    with counted.open(encoding="utf-8") as lines:
        lengths = array("I", map(int, lines))
    counted.unlink()
    return lengths


def draw(
    recipe: Recipe,
    rows: Path,
    lengths: "array[int] | None",
    training: train_env.Training | None,
    tally: Tally,
    limit: int | None,
) -> list[int]:
    """Return the places of the candidates that make the mixture, ascending: those within the cutoff, of each quota a
    random share. LLaMA-Factory would cut longer rows silently."""
    cutoff = recipe.mix.max_tokens or (training.cutoff_len if training else 0)
    quotas = recipe.mix.quotas
    pools: dict[str, list[tuple[int, int, str]]] = {name: [] for name in quotas or {"": 0}}
    for place, row in enumerate(read_rows(rows)):
        if lengths is not None and lengths[place] > cutoff:
            tally.drop("over_cutoff", row["source"])
            continue
        name = next((name for name in pools if not quotas or row["domain"] in name.split("+")), None)
        if name is None:
            tally.drop("over_quota", row["source"])
            continue
        # The rows of a quota are those whose hashes are smallest: as good as a shuffle, and it holds no more than the quota.
        order = int.from_bytes(hashlib.sha256(json.dumps([recipe.seed, row["id"], row["sample"]]).encode()).digest()[:8])
        entry = (-order, place, row["source"])
        if not quotas or len(pools[name]) < quotas[name]:
            heapq.heappush(pools[name], entry)
        elif quotas[name]:
            tally.drop("over_quota", heapq.heappushpop(pools[name], entry)[2])
        else:
            tally.drop("over_quota", row["source"])
    for name, quota in (quotas or {}).items():
        if (short := quota - len(pools[name])) > 0:
            print(f"mix: {name}: {len(pools[name]):,} rows, {short:,} short of the quota of {quota:,}")
    drawn = sorted((place, source) for pool in pools.values() for _, place, source in pool)
    for _, source in drawn[limit:] if limit is not None else []:
        tally.drop("limit", source)
    return [place for place, _ in islice(drawn, limit)]


def _rows(rows: Path, lengths: "array[int] | None", drawn: list[int], tally: Tally) -> Iterator[Row]:
    """Yield the drawn candidates with their tokens."""
    places = iter(drawn)
    wanted = next(places, None)
    for place, row in enumerate(read_rows(rows)):
        if place == wanted:
            row["tokens"] = lengths[place] if lengths is not None else None
            tally.keep(row["source"])
            yield row
            wanted = next(places, None)


def audit(lengths: "array[int] | None") -> dict[str, Any] | None:
    """Return how long the candidates are, in tokens: mean, quantiles, and a histogram by powers of two."""
    if not lengths:
        return None
    cuts = statistics.quantiles(lengths, n=100, method="inclusive") if len(lengths) > 1 else list(lengths) * 99
    histogram = Counter(1 << (length - 1).bit_length() for length in lengths)  # up to so many tokens
    return {
        "n": len(lengths),
        "mean": round(statistics.fmean(lengths), 1),
        "p50": cuts[49],
        "p95": cuts[94],
        "max": max(lengths),
        "histogram": {str(top): histogram[top] for top in sorted(histogram)},
    }


if __name__ == "__main__":
    command(main)
