"""How many questions of a file decontamination would remove, before a run, and how it finds them.

    python -m bench.contamination --problems=numina.jsonl.gz --only=source=math --against=math500.jsonl,aime24.jsonl
    python -m bench.contamination --problems=apps.jsonl --against=runs/x/benchmarks/livecodebench.jsonl --show=5

Files are Problem records or published rows, in any format that data_gen reads; the question is the column `question`, else
`problem` or `question_content`. Each benchmark is looked at alone, so a question may count for several.
"""

from collections import Counter
from pathlib import Path

from data_gen.cli import ConfigError, command
from data_gen.config import Decontaminate
from data_gen.dedup import Contamination
from data_gen.sources import row_files

COLUMNS = ("question", "problem", "question_content")
DEFAULT = Decontaminate()


def main(
    problems: str,
    against: str,
    ngram: int = DEFAULT.ngram,
    near: float = DEFAULT.near or 1.0,
    only: str | None = None,
    show: int = 0,
) -> None:
    """Print a row for each file of --against; --only=column=value picks rows of --problems, --show prints examples."""
    mine = questions(problems, only)
    print(f"{problems}{f', {only}' if only else ''}: {len(mine):,} questions; runs of {ngram} words, near {near}\n")
    print("| benchmark | questions | removed | whole | a shared run | near alone |")
    print("|---|---|---|---|---|---|")
    examples: list[tuple[str, str]] = []
    for path in against.split(","):
        theirs = questions(path, None)
        known = Contamination({path: theirs}, ngram, near)
        found = [(hit[1], question) for question in mine if (hit := known.of(question))]
        how = Counter(kind for kind, _ in found)
        share = f"{len(found):,} ({len(found) / len(mine):.1%})"
        print(f"| {Path(path).name} | {len(theirs):,} | {share} | {how['whole']:,} | {how['run']:,} | {how['near']:,} |")
        examples += found[:show]
    for kind, question in examples:
        print(f"\n{kind}: {question[:300]!r}")


def questions(path: str, only: str | None) -> list[str]:
    """Return the questions of a file. Raises ConfigError where a row has none, or none is left."""
    column, equals, value = (only or "").partition("=")
    if only and not equals:
        raise ConfigError(f"--only={only}: column=value is expected")
    found = []
    for number, row in enumerate(row_files.read(Path(path)), 1):
        if only and str(row.get(column)) != value:
            continue
        text = next((str(row[name]) for name in COLUMNS if row.get(name)), None)
        if text is None:
            raise ConfigError(f"{path}: row {number}: no column {' or '.join(COLUMNS)}; there are: {', '.join(row)}")
        found.append(text)
    if not found:
        raise ConfigError(f"{path}: no row{f' with {only}' if only else ''}")
    return found


if __name__ == "__main__":
    command(main)
