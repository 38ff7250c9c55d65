"""The tables of scores: what was measured, paired differences, and what others measured beside it.

print(score_table(results))
| model   | benchmark | accuracy [95 %]     | boxes ignored [95 %] | no box | truncated | undecided | n       |
| trained | heldout   | 50.6 % [44.6, 56.6] | 50.6 % [44.6, 56.6]  | 0.0 %  | 0.0 %     | 0.0 %     | 263 x 1 |
"""

from typing import Any

from eval.reporting.blocks import Table
from eval.reporting.markdown import markdown_table
from eval.reporting.wording import percent, points, probability, share

Rows = list[dict[str, Any]]
Cells = tuple[list[str], list[list[str]]]

NOTHING = "no model was evaluated yet (`make eval`)"
BOXES_IGNORED = "accuracy_last_number"
SHOWN = ("accuracy", BOXES_IGNORED)  # metrics that have columns of their own
SCORES_NOTE = (
    "Intervals are of 95 % and about other problems of the same kind: Wilson's where each problem was asked once, else a "
    "bootstrap over problems. Every answer counts: one that was cut off, gave no answer or could not be decided is not "
    "right. n is problems x answers to each. Boxes ignored: the last number of the text counts, boxed or not."
)
SAYS = {"inside": "holds zero", "outside": "leaves zero out", "other problems": "none: other problems"}
PUBLISHED_NOTE = (
    "The interval is that of the difference of the two scores, 95 %. Where it holds zero, chance alone can explain the "
    "difference; that is no proof that they are equal, least of all on a few problems. Both scores are taken with their "
    "sampling error (Newcombe 1998). Intervals of published scores are derived here: Wilson's, for problems x "
    "samples, one where the source does not say. Sets count as the same where they have as many problems: nobody compared "
    "their questions. Prompts, sampling and graders may differ, and a model that is trained again differs by its training "
    "too: no interval here holds that. Of many lines some leave zero out by chance."
)
COMPARISON_NOTE = (
    "Differences are in points, over the same problems. The interval draws problems anew, pairs kept together. p is "
    "McNemar's exact test where both have one sample a problem, else a permutation of signs over problems; it is not "
    "corrected for the number of lines. A trained model is one training: one more, with another seed, would score "
    "otherwise, and no interval here holds that."
)


def score_table(results: Rows) -> str:
    """Return the table of what was measured in Markdown, its columns aligned for a terminal."""
    header, lines = score_cells(results)
    return markdown_table(header, lines) if lines else NOTHING


def score_cells(results: Rows) -> Cells:
    """Return the header and the lines of the score table, a line a model and benchmark."""
    header = ["model", "benchmark", "accuracy [95 %]", "boxes ignored [95 %]", "no box", "truncated", "undecided", "n"]
    lines = []
    for (benchmark, model), metrics in _by_model(results).items():
        main = metrics.get("accuracy") or next(iter(metrics.values()))
        loose = metrics.get(BOXES_IGNORED)
        accuracy = percent(main) if main["metric"] == "accuracy" else f"{main['metric']}: {percent(main)}"
        shares = [share(main[name]) for name in ("no_answer", "truncated", "undecided")]
        asked = f"{main['n']} x {main['n_samples']}"
        lines.append([model, benchmark, accuracy, percent(loose) if loose else "not defined", *shares, asked])
    return header, lines


def _by_model(results: Rows) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in results:
        if row["origin"] == "measured":
            found.setdefault((row["benchmark"], row["model"]), {})[row["metric"]] = row
    return found


def other_metrics(results: Rows) -> Table:
    """Return the metrics that the score table has no column for: pass@k, majority, accuracy by difficulty."""
    lines = []
    for (benchmark, model), metrics in _by_model(results).items():
        for name, row in metrics.items():
            if name not in SHOWN:
                lines.append([model, benchmark, name, percent(row), f"{row['n']} x {row['n_samples']}"])
    return Table("Other metrics", ["model", "benchmark", "metric", "value [95 %]", "n"], lines)


def published_table(published: Rows) -> Table:
    """Return our scores beside those that others measured."""
    header = [
        "benchmark",
        "ours",
        "ours [95 %]",
        "theirs",
        "theirs [95 %]",
        "ours - theirs",
        "the interval",
        "theirs: n",
        "by",
        "source",
    ]
    lines = []
    for row in published:
        theirs = row["theirs"]
        metric = theirs["metric"].removeprefix("accuracy").removeprefix("_")
        lines.append(
            [
                " ".join([theirs["benchmark"], metric]).strip(),
                row["model"],
                percent(row["ours"]) if row["ours"] else "not run",
                theirs["model"],
                percent(theirs),
                points(row["difference"], row["ci95"]) if row["ci95"] else "",
                SAYS.get(row["says"], row["says"]),
                f"{theirs['n'] or 'not said'} x {theirs['n_samples'] or 'not said'}",
                f"{theirs['by']}, {theirs['date']}, {theirs['origin']}: {theirs['protocol']}",
                theirs["source"],
            ]
        )
    return Table("Scores that others measured, and ours", header, lines, PUBLISHED_NOTE)


def comparison_cells(rows: Rows) -> Cells:
    """Return the paired differences of two models, a line a pair and benchmark."""
    header = ["model", "against", "benchmark", "difference [95 %]", "p", "problems", "asked otherwise"]
    lines = []
    for row in rows:
        if not row["problems"]:
            lines.append([row["model"], row["baseline"], row["benchmark"], "no problem in common", "", "0", ""])
            continue
        left_out = row["only_ours"] + row["only_theirs"]
        lines.append(
            [
                row["model"],
                row["baseline"] + (f" of {row['baseline_run']}" if row["baseline_run"] else ""),
                row["benchmark"],
                points(row["value"], row["ci95"]),
                probability(row["p"]),
                f"{row['problems']:,}" + (f" ({left_out:,} left out: one side has them)" if left_out else ""),
                "; ".join(row["asked_otherwise"]),
            ]
        )
    return header, lines
