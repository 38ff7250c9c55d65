"""The page of several runs beside each other, out of their summary.json alone."""

from typing import Any

from eval.reporting.blocks import Fact, Fold, Page, Part, Section, Table, Text, figures
from eval.reporting.plots import score_plot
from eval.reporting.score_tables import BOXES_IGNORED, COMPARISON_NOTE, SCORES_NOTE
from eval.reporting.wording import UNKNOWN, count, duration, money, percent, points, probability

Summary = dict[str, Any]
SHOWN = 4  # runs that have a place on the first screen


def page(summary: Summary) -> Page:
    """Return the page of a comparison."""
    names = [one["run"] for one in summary["runs"]]
    warnings = [
        f"{one['run']} is not finished: {', '.join(one['unfinished'])}." for one in summary["runs"] if one["unfinished"]
    ]
    return Page(
        title=" and ".join(names) if len(names) == 2 else ", ".join(names),
        kicker="Runs beside each other",
        lead=f"{len(names)} runs; every other one is held against {names[0]}, model by model, on the problems of both.",
        facts=_facts(summary),
        warnings=warnings,
        sections=[
            Section("scores", "Scores", _scores(summary)),
            Section("differences", "Paired differences", [_differences(summary)]),
            Section("funnel", "From problems to rows", _funnels(summary, names)),
            Section("settings", "What was set otherwise", [_settings(summary, names)]),
            Section("costs", "What they took", _costs(summary, names)),
            Section("environment", "Where and with what", [_environment(summary)]),
        ],
        foot="Made by `python -m eval.report --runs=…` from the files of these runs; the same numbers are in summary.json.",
    )


def _facts(summary: Summary) -> list[Fact]:
    facts = []
    for one in summary["runs"][:SHOWN]:
        mine = [r for r in summary["results"] if r["run"] == one["run"] and r["metric"] == "accuracy"]
        shown = next((row for row in mine if row["model"].split("-")[0] == "trained"), mine[0] if mine else None)
        took = summary["totals"][one["run"]]
        price = "no price" if took["dollars"] is None else money(took["dollars"])
        rows = f" on {' and '.join(map(count, one['rows']))} rows" if one["rows"] else ""
        trained = one["trained"] or "nothing is trained yet"
        details = [f"{trained[:1].upper()}{trained[1:]}{rows}", f"all stages took {duration(took['seconds'])}; {price}"]
        if shown is None:
            facts.append(Fact(one["run"], "not run", ["no model was evaluated yet", *details]))
            continue
        low, high = shown["ci95"]
        said = f"accuracy on {shown['benchmark']}: {shown['model']}; 95 % interval {100 * low:.1f} to {100 * high:.1f}"
        same = (one["run"], shown["model"], shown["benchmark"])
        for row in summary["differences"]:
            if (row["run"], row["model"], row["benchmark"]) == same and row["problems"]:
                details.insert(0, f"{points(row['value'], row['ci95'])} points against {row['baseline_run']}")
        facts.append(Fact(one["run"], f"{100 * shown['value']:.1f} %", [said, *details]))
    return facts


def _scores(summary: Summary) -> list[Part]:
    benchmarks = dict.fromkeys(row["benchmark"] for row in summary["results"])
    if not benchmarks:
        return [Text("Not run: no model of these runs was evaluated yet (`make eval`).")]
    parts: list[Part] = []
    for benchmark in benchmarks:
        rows = [row for row in summary["results"] if (row["benchmark"], row["metric"]) == (benchmark, "accuracy")]
        shown = [row | {"model": f"{row['model']} of {row['run']}"} for row in rows]
        caption = f"Accuracy on {benchmark} with 95 % intervals. The numbers are in the tables below."
        parts += figures(score_plot(shown), caption)
    return [*parts, *score_tables(summary), Text(SCORES_NOTE)]


def score_tables(summary: Summary) -> list[Table]:
    """Return a table a benchmark: the models of all runs."""
    tables: dict[str, list[list[str]]] = {}
    for row in summary["results"]:
        metric = "boxes ignored" if row["metric"] == BOXES_IGNORED else row["metric"]
        line = [row["model"], row["run"], metric, percent(row), f"{row['n']} x {row['n_samples']}", row["date"]]
        tables.setdefault(row["benchmark"], []).append(line)
    return [Table(name, ["model", "run", "metric", "value [95 %]", "n", "date"], lines) for name, lines in tables.items()]


def difference_table(summary: Summary) -> Table:
    """Return the paired differences, a line a model, benchmark and later run."""
    header = ["model", "run", "against", "benchmark", "difference [95 %]", "p", "problems", "asked otherwise"]
    lines = []
    for row in summary["differences"]:
        start = [row["model"], row["run"], row["baseline_run"], row["benchmark"]]
        if not row["problems"]:
            lines.append([*start, "not run", "", "0", row["why"]])
            continue
        left_out = row["only_ours"] + row["only_theirs"]
        problems = f"{row['problems']:,}" + (f" ({left_out:,} left out: one side has them)" if left_out else "")
        told = [points(row["value"], row["ci95"]), probability(row["p"]), problems, "; ".join(row["asked_otherwise"])]
        lines.append([*start, *told])
    return Table("The same model of two runs, problem by problem", header, lines, COMPARISON_NOTE)


def _differences(summary: Summary) -> Part:
    if not summary["differences"]:
        return Text("Not run: no model was evaluated on the same benchmark in the first run and in another.")
    return difference_table(summary)


def _funnels(summary: Summary, names: list[str]) -> list[Part]:
    by_run = {name: {line["stage"]: line for line in summary["funnels"][name]} for name in names}
    stages = list(dict.fromkeys(stage for lines in by_run.values() for stage in lines))
    kept, why = [], []
    for stage in stages:
        found = [by_run[name].get(stage) for name in names]
        kept.append([stage, *(f"{one['kept']:,} of {one['in']:,} {one['unit']}" if one else "not run" for one in found)])
        for reason in dict.fromkeys(reason for one in found if one for reason in one["reasons"]):
            why.append([stage, reason, *(f"{one['reasons'].get(reason, 0):,}" if one else "not run" for one in found)])
    if not kept:
        return [Text("No stage has told its numbers yet (`make data`).")]
    parts: list[Part] = [Table("What each stage kept of what came in", ["stage", *names], kept)]
    return [*parts, Fold("Every reason", [Table("Why the rest was dropped", ["stage", "reason", *names], why)])]


def _settings(summary: Summary, names: list[str]) -> Part:
    lines = [[row["key"], *(row["values"][name] for name in names)] for row in summary["settings"]]
    if not lines:
        return Text("Nothing: the manifests of these runs hold the same settings.")
    return Table("Settings that are not the same in all runs, by the manifests", ["key", *names], lines)


def _costs(summary: Summary, names: list[str]) -> list[Part]:
    by_run = {name: {row["stage"]: row for row in summary["costs"][name]} for name in names}
    stages = list(dict.fromkeys(stage for rows in by_run.values() for stage in rows))
    parts: list[Part] = []
    for what, caption, told in (
        ("seconds", "Time", duration),
        ("completion_tokens", "Tokens written by models", count),
        ("dollars", "Dollars", money),
    ):
        lines = []
        for stage in stages:
            found = [by_run[name].get(stage) for name in names]
            if any(one and one[what]["spent"] is not None for one in found):
                lines.append([stage, *(told(one[what]["spent"]) if one else "not run" for one in found)])
        if lines:
            sums = [summary["totals"][name][what] for name in names]
            lines.append(["all", *(told(value) for value in sums)])
            parts.append(Table(caption, ["stage", *names], lines))
    return parts or [Text("Nothing has run yet.")]


def _environment(summary: Summary) -> Part:
    header = ["run", "recipe", "commit", "CPU cores", "GPUs of the training", "last stage"]
    keys = ("run", "recipe", "commit", "cpus", "gpus", "last")
    lines = [[str(one[key] if one[key] is not None else UNKNOWN) for key in keys] for one in summary["runs"]]
    return Table("As the manifests have them", header, lines)
