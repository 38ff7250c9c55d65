"""The report's pages out of summary.json: a table in Markdown, and one HTML file that opens from disk."""

import html as escaping
import io
from typing import Any

Summary = dict[str, Any]
Rows = list[dict[str, Any]]

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #8886; text-align: left }
svg { max-width: 100%; height: auto; background: #fff }
"""
OPTIONAL = ("Paired differences", "Beside published scores", "Verification", "Rewriting")
PUBLISHED_NOTE = (
    "Inside: the 95 % interval of the difference of the two scores holds zero, so chance alone can explain it; that is no "
    "proof that they are equal, least of all on a few problems. Outside: it does not. Both scores are taken with their "
    "sampling error (Newcombe 1998). Intervals of published scores are derived here: Wilson's, for problems x samples, one "
    "sample where the source does not say. Prompts, sampling and graders may differ, and a model that is trained again "
    "differs by its training too: no interval here holds that."
)
COMPARISON_NOTE = (
    "Differences are in points, over the same problems. The interval draws problems anew, pairs kept together. p is "
    "McNemar's exact test where both have one sample a problem, else a permutation of signs over problems; it is not "
    "corrected for the number of lines."
)


def percent(row: dict[str, Any]) -> str:
    """Return "43.0 % [37.1, 49.0]"."""
    low, high = row["ci95"]
    return f"{100 * row['value']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def cells(results: Rows) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines of the score table, a line a model and benchmark."""
    header = ["model", "benchmark", "accuracy [95 %]", "boxes ignored [95 %]", "no box", "truncated", "undecided", "n"]
    by_model: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in results:
        if row["origin"] != "measured":
            continue
        by_model.setdefault((row["benchmark"], row["model"]), {})[row["metric"]] = row
    lines = []
    for (benchmark, model), metrics in by_model.items():
        main, loose = metrics["accuracy"], metrics.get("accuracy_last_number")
        shares = [f"{100 * main[name]:.1f} %" for name in ("no_answer", "truncated", "undecided")]
        lines.append(
            [
                model,
                benchmark,
                percent(main),
                percent(loose) if loose else "not defined",
                *shares,
                f"{main['n']} x {main['n_samples']}",
            ]
        )
    return header, lines


def table(results: Rows) -> str:
    """Return the score table in Markdown, its columns aligned for a terminal."""
    header, lines = cells(results)
    return markdown_table(header, lines) if lines else "no model was evaluated yet (`make eval`)"


def markdown_table(header: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    rows = [header, ["-" * width for width in widths], *lines]
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows)


def funnel_cells(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Return the funnel's table."""
    lines = [
        [
            line["stage"],
            f"{line['in']:,}",
            f"{line['kept']:,} {line['unit']}",
            ", ".join(f"{reason} {count:,}" for reason, count in line["reasons"].items()),
        ]
        for line in summary["funnel"]
    ]
    return ["stage", "in", "kept", "dropped"], lines


def published_cells(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Return our scores beside those that others measured."""
    columns = "benchmark | ours | ours [95 %] | theirs | theirs [95 %] | ours - theirs | says | theirs: n | by | source"
    lines = []
    for row in summary["published"]:
        theirs = row["theirs"]
        metric = theirs["metric"].removeprefix("accuracy").removeprefix("_")
        value = percent(theirs) if theirs["ci95"] else f"{100 * theirs['value']:.1f} %"
        lines.append(
            [
                " ".join([theirs["benchmark"], metric]).strip(),
                row["model"],
                percent(row["ours"]) if row["ours"] else "not run",
                theirs["model"],
                value,
                points(row["difference"], row["ci95"]) if row["ci95"] else "",
                row["says"],
                f"{theirs['n'] or 'not said'} x {theirs['n_samples'] or 'not said'}",
                f"{theirs['by']}, {theirs['date']}, {theirs['origin']}: {theirs['protocol']}",
                theirs["source"],
            ]
        )
    return columns.split(" | "), lines


def comparison_cells(rows: Rows) -> tuple[list[str], list[list[str]]]:
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
                f"{row['p']:.3f}" if row["p"] >= 0.001 else "<0.001",
                f"{row['problems']:,}" + (f" ({left_out:,} left out: one side has them)" if left_out else ""),
                "; ".join(row["asked_otherwise"]),
            ]
        )
    return header, lines


def points(value: float, bounds: list[float]) -> str:
    """Return "+4.3 [-0.2, +8.8]", in points of a hundred."""
    low, high = bounds
    return f"{100 * value:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def verification_cells(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Return the share of answers that was right, and what of the mixture was not."""
    lines = [
        [row["domain"], f"{row['n']:,}", percent(row), f"{row['rows']:,}", f"{row['rows_not_right']:,}"]
        for row in summary["verification"]
    ]
    return ["domain", "answers", "right [95 %]", "rows of the mixture", "of them not decided right"], lines


def rewriting_cells(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Return the acceptance of the same traces before and after a model rewrote them."""
    lines = [
        [row["domain"], f"{row['n']:,}", f"{row['problems']:,}", percent(row["before"]), percent(row["after"])]
        for row in summary["rewriting"]
    ]
    return ["domain", "traces", "problems", "accepted as written [95 %]", "accepted as rewritten [95 %]"], lines


def cost_cells(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Return seconds, tokens and dollars of each stage."""
    lines = []
    for name, seconds in summary["seconds"].items():
        tokens = summary["tokens"].get(name, {})
        rate = summary["tokens_per_second"].get(name)
        dollars = summary["cost"].get(name)
        lines.append(
            [
                name,
                f"{seconds:,.1f}",
                f"{tokens.get('prompt_tokens', 0):,}" if tokens else "",
                f"{tokens.get('completion_tokens', 0):,}" if tokens else "",
                f"{rate:,.0f}" if rate else "",
                f"${dollars:,.2f}" if dollars is not None else "no price",
            ]
        )
    return ["stage", "seconds", "prompt tokens", "completion tokens", "tokens/s", "dollars"], lines


def sections(summary: Summary) -> list[tuple[str, tuple[list[str], list[list[str]]], str]]:
    """Return the tables that both pages have, in order: (heading, (header, lines), note). Those without a line are left out,
    but for the scores and the funnel: that nothing is there yet is worth saying."""
    tables = [
        ("Scores", cells(summary["results"]), ""),
        ("Paired differences", comparison_cells(summary["comparison"]), COMPARISON_NOTE),
        ("Beside published scores", published_cells(summary), PUBLISHED_NOTE),
        ("Funnel", funnel_cells(summary), ""),
        ("Verification", verification_cells(summary), ""),
        ("Rewriting", rewriting_cells(summary), ""),
        ("Time, tokens, cost", cost_cells(summary), ""),
    ]
    return [table for table in tables if table[1][1] or table[0] not in OPTIONAL]


def markdown(summary: Summary) -> str:
    """Return report.md."""
    environment = summary["environment"]
    parts = [
        f"# {summary['run']}",
        f"Recipe {summary['recipe']}, commit {environment.get('commit')}, {environment.get('cpus')} CPU cores.",
    ]
    for heading, (header, lines), note in sections(summary):
        content = table(summary["results"]) if heading == "Scores" else markdown_table(header, lines)
        parts += [f"## {heading}", content, *([note] if note else [])]
    if summary["unfinished"]:
        parts.append(f"Not finished: {', '.join(summary['unfinished'])}.")
    return "\n\n".join(parts) + "\n"


def html(summary: Summary, losses: dict[str, list[list[float]]]) -> str:
    """Return index.html; all text of the run is escaped."""

    def as_html(header: list[str], lines: list[list[str]]) -> str:
        head = "".join(f"<th>{escaping.escape(cell)}</th>" for cell in header)
        body = "".join("<tr>" + "".join(f"<td>{_linked(cell)}</td>" for cell in line) + "</tr>" for line in lines)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    title = escaping.escape(str(summary["run"]))
    *tables, cost = [
        (heading, as_html(*content) + (f"<p>{escaping.escape(note)}</p>" if note else ""))
        for heading, content, note in sections(summary)
    ]
    plots = [(f"Loss of {escaping.escape(name)}", loss_plot(steps)) for name, steps in losses.items()]
    body = "".join(f"<h2>{heading}</h2>{content}" for heading, content in [*tables, *plots, cost])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )


def _linked(cell: str) -> str:
    """Return a cell's text for HTML; an address becomes a link of its host and last part."""
    text = escaping.escape(cell)
    if not cell.startswith("https://"):
        return text
    short = cell.removeprefix("https://").rstrip("/").split("/")
    return f'<a href="{text}">{escaping.escape(short[0])} … {escaping.escape(short[-1])}</a>'


def loss_plot(points: list[list[float]]) -> str:
    """Return the loss by step as inline SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3))
    axes.plot([step for step, _ in points], [loss for _, loss in points])
    axes.set_xlabel("optimizer step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    written = io.StringIO()
    figure.savefig(written, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    return written.getvalue().partition("<!DOCTYPE")[2].partition(">")[2]
