"""What the mixture holds: rows by source, domain and what decided them, by teacher and rewriter, and their lengths.

mixture(run) -> ({"rows": 128, "kinds": [{"source": "numina", "domain": "math", "tier": "number", "rows": 128}],
                  "teachers": {"Qwen/QwQ-32B-Preview": 128}, "rewriters": {"rules": 128}, "licenses": {"Apache-2.0": 128},
                  "domains": {"math": [128, 0]}, "accepted": 0, "unverified": 0}, Lengths)

`domains` holds rows, and those of them that no verifier found right. Counting is the dataset card's (`composition.py`).
"""

from collections import Counter
from typing import Any

from data_gen.composition import Composition
from data_gen.run_folder import Run
from eval.reporting.reading.rows import Seen, rows
from eval.reporting.summary.lengths import Lengths


class Mixed(Seen):
    """A row of 05_mixture.jsonl without its texts."""

    source: str
    domain: str | None = None
    tier: str | None = None
    license: str | None = None
    teacher: str | None = None
    rewriter: str | None = None
    ok: bool | None = None
    tokens: int | None = None


def mixture(run: Run) -> tuple[dict[str, Any] | None, Lengths]:
    """Return the counts of the mixture, None where there is none yet, and the lengths of its rows."""
    counts, lengths = Composition(), Lengths()
    domains: dict[str, Counter[bool]] = {}
    for row in rows(run.mixture, Mixed):
        counts.add(vars(row))
        lengths.add(row.tokens)
        domains.setdefault(row.domain or "unknown", Counter())[row.ok is True] += 1
    if not counts.rows:
        return None, lengths
    kinds = sorted(counts.kinds.items(), key=lambda item: (-item[1], item[0]))
    return {
        "rows": counts.rows,
        "kinds": [{"source": s, "domain": d, "tier": t, "rows": number} for (s, d, t), number in kinds],
        "teachers": dict(counts.teachers.most_common()),
        "rewriters": dict(counts.rewriters.most_common()),
        "licenses": dict(counts.licenses.most_common()),
        "domains": {name: [found.total(), found[False]] for name, found in sorted(domains.items())},
        "accepted": counts.accepted,
        "unverified": counts.unverified,
    }, lengths
