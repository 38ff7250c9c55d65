"""mix: which verified answers are trained on.

    python -m data_gen.mix --recipe=recipes/quickstart --run=runs/quickstart [--config=quickstart]

Reads problems, rewritten traces and verdicts; keeps what was decided right (everything whole, where the recipe switches
verification off); picks `per_question` samples a question; checks duplicates and contamination once more; drops rows over
the cutoff, measured on the whole rendered row with the student's own template; draws the quotas, seeded. Writes
05_mixture.jsonl: the row's text and where it comes from, row for row what export writes.
"""

import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import UserError, command
from data_gen.config import dump
from data_gen.dedup import Duplicates, load_contamination
from data_gen.journal import write_rows
from data_gen.prompts import question, student_system
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Problem, Row, Verdict, graded_hash, key, read_records, read_rows
from data_gen.run_folder import Run
from data_gen.sections import thought_solution
from data_gen.sharegpt import sharegpt_row
from data_gen.stage import Stage


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
        problems = {problem.id: problem for problem in read_records(folder.problems, Problem)}
        verdicts = {(v.id, v.sample): v for v in read_records(folder.verdicts, Verdict)}
        dropped: Counter[str] = Counter()
        rows, total = _accepted(folder, recipe_, problems, verdicts, dropped)
        rows = _unique(rows, folder, recipe_, problems, dropped)
        rows = _within_cutoff(rows, recipe_, training, dropped)
        rows = _quotas(rows, recipe_, dropped)[:limit]
        if limit is not None and (over := total - dropped.total() - len(rows)):
            dropped["limit"] = over
        write_rows(folder.mixture, sorted(rows, key=key))
        stage.record["tokens"] = sum(row["tokens"] or 0 for row in rows)
        stage.funnel(total, len(rows), dict(dropped), "rows")


def _accepted(
    folder: Run,
    recipe: Recipe,
    problems: dict[str, Problem],
    verdicts: dict[tuple[str, int], Verdict],
    dropped: "Counter[str]",
) -> tuple[list[Row], int]:
    """Return the picked rows of each question, and how many traces there were."""
    by_question: dict[str, list[Row]] = defaultdict(list)
    total = 0
    for trace in read_rows(folder.rewritten):
        total += 1
        verdict = verdicts.get(key(trace))
        about = graded_hash(trace, problems.get(trace["id"]), recipe.verify.math)
        if verdict is None or verdict.graded != about:
            raise UserError(f"{folder.verdicts}: no verdict on the present text of {key(trace)}; run verify again")
        by_question[trace["id"]].append(_row(trace, problems[trace["id"]], verdict))
    picked: list[Row] = []
    for question_id, rows in by_question.items():
        for row in rows:
            row["pass_rate"] = round(sum(r["ok"] is True for r in rows) / len(rows), 4)
        accepted = [row for row in rows if row["ok"] is True or not recipe.verify.enabled]
        if len(accepted) < len(rows):
            dropped.update(row["reason"] for row in rows if row["ok"] is not True)
        rng = random.Random(f"{recipe.seed}/{question_id}")
        best = _pick(accepted, recipe.mix.pick, rng)[: recipe.mix.per_question]
        dropped["not_picked"] += len(accepted) - len(best)
        picked += best
    return picked, total


def _row(trace: Row, problem: Problem, verdict: Verdict) -> Row:
    return {
        "id": trace["id"],
        "sample": trace["sample"],
        "source": problem.source,
        "domain": problem.domain,
        "license": problem.license,
        "teacher": trace.get("model"),
        "rewriter": trace.get("rewriter"),
        "ok": verdict.ok,
        "reason": verdict.reason,
        "tier": verdict.tier,
        "tokens": None,
        "user": question(problem),
        "assistant": thought_solution(trace["thought"], trace["solution"]),
    }


def _pick(rows: list[Row], how: str, rng: random.Random) -> list[Row]:
    """Return the rows of one question, the wanted ones first. Length is that of the answer in characters."""
    rows = sorted(rows, key=lambda row: row["sample"])
    if how == "random":
        rng.shuffle(rows)
        return rows
    return sorted(rows, key=lambda row: len(row["assistant"]), reverse=how == "longest")


def _unique(
    rows: list[Row], folder: Run, recipe: Recipe, problems: dict[str, Problem], dropped: "Counter[str]"
) -> list[Row]:
    """Check once more that no question comes twice or stands in a benchmark, whatever made the files before."""
    contamination = load_contamination(folder, recipe.decontaminate)
    duplicates = Duplicates(recipe.dedup.exact, None)
    first: dict[str, tuple[str, str] | None] = {}
    kept = []
    for row in sorted(rows, key=key):
        problem = problems[row["id"]]
        if row["id"] not in first:
            first[row["id"]] = duplicates.of(problem)
        found = first[row["id"]]
        if found:
            dropped[found[0]] += 1
        elif contamination.of(problem.question):
            dropped["contaminated"] += 1
        else:
            kept.append(row)
    return kept


def _within_cutoff(
    rows: list[Row], recipe: Recipe, training: train_env.Training | None, dropped: "Counter[str]"
) -> list[Row]:
    """Count the tokens of every rendered row and drop those over the cutoff: LLaMA-Factory would cut them silently."""
    if training is None:
        print("mix: lengths not checked: no such training YAML in llamafactory_configs/")
        return rows
    if not train_env.PYTHON.is_file():
        print("mix: lengths not checked: .venv-train is missing (`make setup` makes it)")
        return rows
    system = student_system(recipe)
    lengths = train_env.lengths(training, [sharegpt_row(system, row["user"], row["assistant"]) for row in rows])
    cutoff = recipe.mix.max_tokens or training.cutoff_len
    kept = []
    for row, tokens in zip(rows, lengths, strict=True):
        row["tokens"] = tokens
        if tokens > cutoff:
            dropped["over_cutoff"] += 1
        else:
            kept.append(row)
    return kept


def _quotas(rows: list[Row], recipe: Recipe, dropped: "Counter[str]") -> list[Row]:
    """Draw the rows of each quota, seeded; print what falls short of one."""
    if recipe.mix.quotas is None:
        return rows
    drawn: list[Row] = []
    for name, quota in recipe.mix.quotas.items():
        pool = [row for row in rows if row["domain"] in name.split("+")]
        random.Random(f"{recipe.seed}/{name}").shuffle(pool)
        drawn += pool[:quota]
        if len(pool) < quota:
            print(f"mix: {name}: {len(pool):,} rows, {quota - len(pool):,} short of the quota of {quota:,}")
    dropped["over_quota"] += len(rows) - len(drawn)
    return drawn


if __name__ == "__main__":
    command(main)
