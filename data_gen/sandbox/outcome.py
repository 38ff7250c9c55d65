"""What a program may use, and what became of it."""

from dataclasses import dataclass
from typing import Any, Literal

OUTPUT_BYTES = 16 << 20

Fault = Literal["timeout", "memory", "crash", "output_limit", "infra"]


@dataclass(frozen=True)
class Limits:
    """What one child may use: CPU seconds, bytes of address space, bytes of output."""

    cpu_s: float = 6.0
    memory: int = 4 << 30
    output: int = OUTPUT_BYTES

    @property
    def wall_s(self) -> float:
        """Seconds after which a program that uses no CPU time is ended: three times as long, for a busy machine, and 2 s."""
        return 3 * self.cpu_s + 2


@dataclass
class Outcome:
    """What became of one program on one test. `fault` is None when it ended by itself with status 0."""

    fault: Fault | None = None
    output: bytes = b""
    reply: bytes = b""  # of `call`: JSON, {"result": an encoded value}, as the program wrote it
    passed: bool = False  # of `check`
    detail: str = ""  # the end of standard error, or the assertion that failed
    cpu_s: float = 0.0


@dataclass(frozen=True)
class Assertions:
    """Tests about `entry_point`, a function of the program; `helpers` are other functions of it that they call."""

    tests: str
    entry_point: str
    helpers: tuple[str, ...] = ()
    call_check: bool = True  # whether `check(candidate)` is still to be called after the tests' own text

    def job(self) -> dict[str, Any]:
        return vars(self) | {"helpers": list(self.helpers)}
