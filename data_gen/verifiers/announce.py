"""How a verifier says that what comes next may hang, so that its worker first hands over what it has."""

from collections.abc import Callable


def _nobody() -> None:
    """Outside a worker nobody waits."""


before_slow: Callable[[], object] = _nobody  # set by worker.py


def slow() -> None:
    """Call before anything that may not return."""
    before_slow()
