"""What a verifier returns for one answer, before it becomes a Verdict with id, time and version."""

from dataclasses import dataclass

from data_gen.records import Reason


@dataclass(frozen=True)
class Finding:
    """`ok` is None when undecided. `extracted` is the answer that was read, `tier` the check that decided."""

    ok: bool | None
    reason: Reason
    extracted: str | None = None
    tier: str | None = None
