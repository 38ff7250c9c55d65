"""How a verifier says that what comes next may take long, so that its worker first hands over what it has."""

from collections.abc import Callable


def _nobody(seconds: float | None) -> None:
    """Outside a worker nobody waits."""


before_slow: Callable[[float | None], object] = _nobody  # set by worker.py


def slow(seconds: float | None = None) -> None:
    """Call before anything that may not return. It may take `seconds` of wall-clock time; None: the pool's own deadline."""
    before_slow(seconds)
