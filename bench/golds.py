"""What becomes of the references of published rows: kept, or dropped and why.

python -m bench.golds --rows=numina.jsonl.gz --kind=solution      # NuminaMath, MATH: the box of `solution`
python -m bench.golds --rows=gsm8k.jsonl.gz --kind=gsm8k          # what follows "####" in `answer`
python -m bench.golds --rows=aime24.jsonl --kind=aime --field=expected_answer
"""

from collections import Counter

from data_gen.cli import ConfigError, command
from data_gen.records import read_rows
from data_gen.verifiers import gold
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.pool import Grader

KINDS = {
    "solution": (gold.from_solution, "solution"),
    "gsm8k": (gold.from_gsm8k, "answer"),
    "aime": (gold.from_aime, "answer"),
}


def main(rows: str, kind: str = "solution", field: str | None = None) -> None:
    """Print how many rows give a reference, and the reasons of the others."""
    if kind not in KINDS:
        raise ConfigError(f"--kind={kind}: it is one of {', '.join(KINDS)}")
    read, usual = KINDS[kind]
    counts: Counter[str] = Counter()
    golds = []
    for row in read_rows(rows):
        try:
            golds.append(read(row.get(field or usual) or ""))
        except gold.Dropped as dropped:
            counts[str(dropped)] += 1
    with Grader(2) as grader:
        for verdict in grader.grade(Answer(str(n), 0, answer, "readable", {}) for n, answer in enumerate(golds)):
            counts["kept" if verdict.ok else "unequal_to_itself"] += 1
    several = sum(gold.says_several(answer) for answer in golds)
    print(f"{rows}: {counts.total():,} rows: {', '.join(f'{reason} {n:,}' for reason, n in counts.most_common())}")
    print(f"flagged multipart: {several:,} of {len(golds):,}")


if __name__ == "__main__":
    command(main)
