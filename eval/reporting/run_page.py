"""The page of one run: its sections, out of summary.json alone. `html_page.py` and `markdown.py` write it.

page(summarize(run))     -> Page("quickstart", ..., sections=[Section("scores", ...), ..., Section("traces", ...)])

A section is there whether or not it has something to say: what was not run says so where a reader looks for it.
"""

from typing import Any

from eval.reporting import cost_sections, data_sections, plots, score_tables
from eval.reporting.blocks import Fact, Fold, Heading, Link, Page, Part, Section, Table, Text
from eval.reporting.drawing import figures
from eval.reporting.wording import count, duration, money, points, probability

Summary = dict[str, Any]

SHOWN = 3  # headline scores; of more the rest is in the table


def page(summary: Summary) -> Page:
    """Return the page of a run."""
    return Page(
        title=str(summary["run"]),
        kicker="Report of a run",
        lead=_lead(summary),
        facts=_facts(summary),
        warnings=_warnings(summary),
        sections=[
            Section("scores", "Scores", _scores(summary)),
            Section("differences", "Paired differences", _differences(summary)),
            Section("funnel", "From problems to rows", data_sections.funnel(summary)),
            Section("acceptance", "Accepted answers", data_sections.acceptance(summary)),
            Section("lengths", "Lengths", data_sections.lengths(summary)),
            Section("verification", "Verification", data_sections.verification(summary)),
            Section("loss", "Loss", cost_sections.loss(summary)),
            Section("costs", "Planned and spent", cost_sections.costs(summary)),
            Section("environment", "Where and with what", cost_sections.environment(summary)),
            Section("not-run", "What was not run", cost_sections.not_run(summary)),
            Section("traces", "Traces", _traces(summary)),
        ],
        foot=f"Made by `python -m eval.report` from the files of run {summary['run']}, recipe {summary['recipe']}. "
        "The same numbers are in summary.json beside this page.",
    )


def _lead(summary: Summary) -> str:
    head = summary["headline"]
    trained = head["trained"] or "Nothing is trained in this run yet"
    data = f"on {head['data']}" if head["data"] else "" if head["trained"] else "and there is no mixture yet"
    if not head["trained"] and head["data"]:
        return f"Nothing is trained in this run yet. Its mixture holds {head['data']}."
    sentence = " ".join(filter(None, [trained, data]))
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _facts(summary: Summary) -> list[Fact]:
    facts, scores = [], summary["headline"]["scores"]
    for score in scores[:SHOWN]:
        low, high = score["ci95"]
        each = "1 answer each" if score["n_samples"] == 1 else f"{score['n_samples']} answers each"
        details = [f"95 % interval {100 * low:.1f} to {100 * high:.1f}; {score['n']:,} problems, {each}"]
        for one in score["differences"]:
            otherwise = ", asked otherwise" if one["asked_otherwise"] else ""
            difference = points(one["value"], one["ci95"])
            details.append(f"{difference} points against {one['baseline']}{otherwise}, p {_p(one['p'])}")
        facts.append(Fact(f"{score['model']} on {score['benchmark']}", f"{100 * score['value']:.1f} %", details))
    if not scores:
        facts.append(Fact("Score", "not run", ["no model was evaluated yet (`make eval`)"]))
    totals, mixture = summary["totals"], summary["mixture"]
    if mixture:
        problems = next((line["kept"] for line in summary["funnel"] if line["stage"] == "collect"), None)
        of = [f"from {problems:,} problems"] if problems is not None else []
        sure = "all accepted by a verifier" if not mixture["accepted"] else f"{mixture['accepted']:,} came with their source"
        checked = f"{mixture['unverified']:,} were not found right" if mixture["unverified"] else sure
        facts.append(Fact("Rows to train on", f"{mixture['rows']:,}", [*of, checked]))
    written = f"{count(totals['completion_tokens'])} tokens written by models, {count(totals['prompt_tokens'])} read"
    facts.append(Fact("Time of all stages", duration(totals["seconds"]), [written]))
    unpriced = ", ".join(totals["unpriced"][:SHOWN]) + (" and others" if len(totals["unpriced"]) > SHOWN else "")
    dollars = "no price" if totals["dollars"] is None else money(totals["dollars"])
    facts.append(Fact("Cost", dollars, [f"the YAML has no price for {unpriced}"] if unpriced else []))
    return facts


def _p(p: float) -> str:
    return probability(p).replace("<", "below ")


def _warnings(summary: Summary) -> list[str]:
    warnings = []
    if summary["unfinished"]:
        warnings.append(f"Not finished: {', '.join(summary['unfinished'])}. What follows is what is there so far.")
    if summary["not_counted"]:
        warnings.append(f"Accepted answers are not counted: {summary['not_counted']}.")
    return warnings


def _scores(summary: Summary) -> list[Part]:
    results = summary["results"]
    parts: list[Part] = []
    header, lines = score_tables.score_cells(results)
    if not lines:
        parts.append(Text(f"Not run: {score_tables.NOTHING}."))
    by_benchmark: dict[str, list[dict[str, Any]]] = {}
    for row in results:
        if row["metric"] == "accuracy":
            by_benchmark.setdefault(row["benchmark"], []).append(row)
    for benchmark, rows in by_benchmark.items():
        origins = {row["origin"] for row in rows}
        others = " Hollow: what others published or measured." if origins - {"measured"} else ""
        here = "" if "measured" in origins else " Not run here."
        caption = f"Accuracy on {benchmark} with 95 % intervals.{others}{here} The numbers are in the tables below."
        parts += figures(plots.score_plot, rows, caption=caption)
    parts.append(Table("Measured in this run", header, lines, score_tables.SCORES_NOTE if lines else ""))
    more = score_tables.other_metrics(results)
    if more.rows:
        parts.append(Fold("Other metrics: pass@k, majority, by difficulty", [more]))
    if summary["published"]:
        parts += [Heading("Beside published scores"), score_tables.published_table(summary["published"])]
    return parts


def _differences(summary: Summary) -> list[Part]:
    header, lines = score_tables.comparison_cells(summary["comparison"])
    if not lines:
        return [Text("Not run: it takes a trained model and its base on the same benchmark (`make eval`).")]
    return [Table("The trained model against its base, problem by problem", header, lines, score_tables.COMPARISON_NOTE)]


def _traces(summary: Summary) -> list[Part]:
    shown = summary.get("traces") or {"traces": 0, "of": 0}
    if not shown["traces"]:
        return [Text("There are no traces to read in this run.")]
    told = f"Read {shown['traces']:,} of {shown['of']:,} traces, with their verdicts"
    return [Link(told, "traces/index.html")]
