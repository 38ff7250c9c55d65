"""Recorded answers whose verdict is known, scored by our evaluation: do we count what their labels count?

    python -m bench.recorded --data=FOLDER                                 # all sets
    python -m bench.recorded --data=FOLDER --only=math,livecodebench       # also: bbh, evalplus, references

    | set | answers | labelled right | ours right | agree | disagree | undecided | agreement [95 %] |
    | MATH, Qwen2.5-Math, 100 x 8 | 800 | 728 | 737 | 791 | 9 | 0 | 98.9 % [96.8, 100.0] |

    MATH, Qwen2.5-Math, 100 x 8:
      accuracy: 0.9213 [0.8737, 0.9637], by the labels 0.9100
      accepted, labelled wrong: math500-72, Qwen2.5-Math 7: correct: 10000; its label: 10000

What each set is and how it is scored: `recorded_comparisons.py`. Every answer on which we and its label differ is listed
with what was found and what the label tells; docs/recorded_answers.md has read them. The interval is of the mean over
problems of the share of answers that agree (`eval/stats.py`). FOLDER holds traces/, code/ and evals/ (`recorded_sets.py`
says which files and columns); it is not part of the project.
"""

from collections import defaultdict
from pathlib import Path

from bench.recorded_answers import Case
from bench.recorded_comparisons import SETS, Compared
from data_gen.cli import ConfigError, UserError, command
from eval.stats import share

SHOWN = 40


def main(data: str, only: str | None = None) -> None:
    """Print a table of how our verdicts compare with labels, then every answer on which they differ; `data` is the folder
    of the labelled sets, `only` the sets to score, comma-separated."""
    wanted = only.split(",") if only else list(SETS)
    if unknown := [name for name in wanted if name not in SETS]:
        raise ConfigError(f"--only: {', '.join(unknown)}: there are {', '.join(SETS)}")
    if not Path(data).is_dir():
        raise UserError(f"{data}: no such folder; name the one that holds traces/, code/ and evals/: --data=FOLDER")
    found = [one for kind in wanted for one in SETS[kind](Path(data))]  # evaluation prints lines of its own
    print("\n| set | answers | labelled right | ours right | agree | disagree | undecided | agreement [95 %] |")
    print("|---|---|---|---|---|---|---|---|")
    for one in found:
        print(line(one))
    for one in found:
        print("\n".join(["", f"{one.name}:", *one.notes, *differences(one.cases)]))


def line(compared: Compared) -> str:
    """Return a set's line of the table. An undecided answer neither agrees nor disagrees with its label."""
    cases = compared.cases
    agree = sum(case.ok is case.label for case in cases)
    undecided = sum(case.ok is None for case in cases)
    by_problem: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        by_problem[case.problem].append(case.ok is case.label)
    value, low, high = share(list(by_problem.values()))
    counts = [len(cases), sum(case.label for case in cases), sum(case.ok is True for case in cases), agree]
    counts += [len(cases) - agree - undecided, undecided]
    told = f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
    return f"| {compared.name} | {' | '.join(f'{count:,}' for count in counts)} | {told} |"


def differences(cases: list[Case]) -> list[str]:
    """Return a line for each answer on which we and its label differ, with what was found."""
    lines = []
    for case in cases:
        if case.ok is not case.label:
            kind = "undecided" if case.ok is None else "accepted, labelled wrong" if case.ok else "refused, labelled right"
            lines.append(f"  {kind}: {case.problem}, {case.whose}: {case.found}")
    more = [f"  ... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more] or ["  no difference"]


if __name__ == "__main__":
    command(main)
