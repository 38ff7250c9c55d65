"""The page of one run: its sections, out of summary.json alone. `html_page.py` and `markdown.py` write it.

page(summarize(run))     -> Page("quickstart", ..., sections=[Section("scores", ...), ..., Section("traces", ...)])

A section is there whether or not it has something to say: what was not run says so where a reader looks for it.
"""

from typing import Any

from eval.reporting.blocks import Fact, Link, Page, Part, Section, Text
from eval.reporting.sections import acceptance, costs, environment, funnel, lengths, loss, not_run, scores, verification
from eval.reporting.wording import count, duration, money, points, probability, share

Summary = dict[str, Any]

SHOWN = 3  # headline scores; of more the rest is in the table
MANY_UNANSWERED = 0.1  # of a baseline: more says that it missed the form, not only the answer


def page(summary: Summary) -> Page:
    """Return the page of a run."""
    return Page(
        title=str(summary["run"]),
        kicker="Report of a run",
        lead=_lead(summary),
        facts=_facts(summary),
        warnings=_warnings(summary),
        sections=[
            Section("scores", "Scores", scores.scores(summary)),
            Section("differences", "Paired differences", scores.differences(summary)),
            Section("funnel", "From problems to rows", funnel.funnel(summary)),
            Section("acceptance", "Accepted answers", acceptance.acceptance(summary)),
            Section("lengths", "Lengths", lengths.lengths(summary)),
            Section("verification", "Verification", verification.verification(summary)),
            Section("loss", "Loss", loss.loss(summary)),
            Section("costs", "Planned and spent", costs.costs(summary)),
            Section("environment", "Where and with what", environment.environment(summary)),
            Section("not-run", "What was not run", not_run.not_run(summary)),
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
            its = _its_own(summary, one)
            details.append(f"{difference} points against {one['baseline']} ({its}){otherwise}, p {_p(one['p'])}")
        facts.append(Fact(f"Accuracy on {score['benchmark']}: {score['model']}", f"{100 * score['value']:.1f} %", details))
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


def _its_own(summary: Summary, difference: dict[str, Any]) -> str:
    """Return the baseline's own score, and how many of its answers had no box where that tells more than the score."""
    for row in summary["results"]:
        same = (row["model"], row["benchmark"]) == (difference["baseline"], difference["benchmark"])
        if same and row["metric"] == "accuracy" and row["origin"] == "measured" and row["no_answer"] >= MANY_UNANSWERED:
            return f"{share(difference['theirs'])}; {share(row['no_answer'])} of its answers had no box"
    return share(difference["theirs"])


def _p(p: float) -> str:
    return probability(p).replace("<", "below ")


def _warnings(summary: Summary) -> list[str]:
    warnings = []
    if summary["unfinished"]:
        warnings.append(f"Not finished: {', '.join(summary['unfinished'])}. What follows is what is there so far.")
    if summary["not_counted"]:
        warnings.append(f"Accepted answers are not counted: {summary['not_counted']}.")
    if summary["mixture"]:
        for config, one in summary["losses"].items():
            if one["rows"] not in (None, summary["mixture"]["rows"]):
                rows = f"{config} was trained on {one['rows']:,} rows; the mixture holds {summary['mixture']['rows']:,} now."
                warnings.append(rows)
    return warnings


def _traces(summary: Summary) -> list[Part]:
    shown = summary.get("traces") or {"traces": 0, "of": 0}
    if not shown["traces"]:
        return [Text("There are no traces to read in this run.")]
    told = f"Read {shown['traces']:,} of {shown['of']:,} traces, with their verdicts"
    return [Link(told, "traces/index.html")]
