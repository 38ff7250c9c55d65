"""What a verifier is asked with and what it returns for one answer, before that becomes a Verdict."""

from dataclasses import dataclass

from data_gen.records import Reason


@dataclass(frozen=True)
class Options:
    """How to grade: `exact` compares math answers as strings only, `all_tests` goes on after a failed test of a program."""

    exact: bool = False
    all_tests: bool = False

    @property
    def math(self) -> str:
        """The mode of math answers by its name in data.yaml."""
        return "exact" if self.exact else "layered"


USUAL = Options()


@dataclass(frozen=True)
class Finding:
    """`ok` is None when undecided. `extracted` is the answer that was read, `tier` the check that decided."""

    ok: bool | None
    reason: Reason
    extracted: str | None = None
    tier: str | None = None
    tests_passed: int | None = None
    tests_total: int | None = None
    sandbox: str | None = None
    detail: str | None = None  # of a program: the first test that failed, and how
