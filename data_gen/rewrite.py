"""rewrite: every trace is put into a thought and a solution, the one form that is trained on.

    python -m data_gen.rewrite --recipe=recipes/quickstart --run=runs/quickstart

Reads 02_traces.jsonl, writes 03_rewritten.jsonl: the trace with `thought`, `solution` and `rewriter`. The `rules` rewriter
adds no word and changes none; it only finds where thinking ends:

    "<think>2 + 2 ...</think> It is \\\\boxed{4}."     -> thought "2 + 2 ...", solution "It is \\\\boxed{4}."
    reasoning "2 + 2 ...", text "It is \\\\boxed{4}."   -> the same
    "2 + 2 = 4.\\n\\nThe answer is \\\\boxed{4}."       -> thought "2 + 2 = 4.", solution "The answer is \\\\boxed{4}."

A trace without a thought to tell from its answer ("\\\\boxed{4}.") is dropped as `no_thought`.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from data_gen.cli import ConfigError, command
from data_gen.config import dump
from data_gen.journal import write_rows
from data_gen.prompts import TAGS, split_sections
from data_gen.recipe import load_recipe
from data_gen.records import Failure, Row, Trace, key, read_records, read_rows
from data_gen.run_folder import Run, errors_of
from data_gen.stage import Stage


def main(recipe: str, run: str, limit: int | None = None) -> None:
    """Rewrite the run's traces into thought and solution; `limit` takes the first traces only."""
    config = load_recipe(recipe)
    if config.rewriter.kind == "llm":
        raise ConfigError(f"{config.folder}/data.yaml: rewriter.kind: llm can be planned but not run yet; use rules")
    folder = Run(Path(run))
    with Stage(
        folder, "rewrite", {"rewriter": dump(config.rewriter)}, [folder.problems, folder.traces], [folder.rewritten], limit
    ) as stage:
        if stage.finished:
            return
        asked = {row["id"] for row in read_rows(folder.problems)}
        traces = list(islice(read_records(folder.traces, Trace), limit))
        rewritten, dropped = rewrite_all(trace for trace in traces if trace.id in asked)
        write_rows(folder.rewritten, sorted(rewritten, key=key))
        write_rows(errors_of(folder.rewritten), sorted((failure.row() for failure in dropped), key=key))
        reasons = Counter(failure.error for failure in dropped)
        reasons["no_problem"] = len(traces) - len(rewritten) - len(dropped)  # its problem was taken out since
        stage.funnel(len(traces), len(rewritten), dict(reasons), "traces")


def rewrite_all(traces: Iterable[Trace]) -> tuple[list[Row], list[Failure]]:
    """Return the rewritten traces and, as failures, those that could not be."""
    rewritten: list[Row] = []
    dropped: list[Failure] = []
    for trace in traces:
        sections = by_rules(trace.text, trace.reasoning)
        if isinstance(sections, str):
            dropped.append(
                Failure(
                    id=trace.id,
                    sample=trace.sample,
                    request=trace.request or "",
                    error=sections,
                    detail=trace.text,
                    attempts=1,
                    final=True,
                )
            )
        else:
            thought, solution = sections
            rewritten.append(trace.row() | {"thought": thought, "solution": solution, "rewriter": "rules"})
    return rewritten, dropped


def by_rules(text: str, reasoning: str | None) -> tuple[str, str] | str:
    """Return (thought, solution), or why there is none: `malformed` tags, `no_thought`, or `empty`."""
    sections = split_sections(text)
    if sections is None and any(tag in text for tag in TAGS):
        return "malformed"
    if sections is None and reasoning and reasoning.strip():
        sections = reasoning, text
    if sections is None and "</think>" in text:
        thought, _, solution = text.rpartition("</think>")
        sections = thought.replace("<think>", "", 1), solution
    elif sections is None and "<think>" in text:
        return "malformed"  # the thinking never ended
    if sections is None:
        sections = _split_at_last_paragraph(text)
    thought, solution = sections[0].strip(), sections[1].strip()
    if any(tag in part for tag in TAGS for part in (thought, solution)):
        return "malformed"
    if not solution:
        return "empty"
    return (thought, solution) if thought else "no_thought"


def _split_at_last_paragraph(text: str) -> tuple[str, str]:
    """Split plain reasoning before its last paragraph; where there is only one, before its last line."""
    for separator in ("\n\n", "\n"):
        thought, found, solution = text.strip().rpartition(separator)
        if found:
            return thought, solution
    return "", text


if __name__ == "__main__":
    command(main)
