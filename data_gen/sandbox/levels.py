"""The layers that may stand around a program. `probe.py` finds out which of them hold on this machine.

    Level(landlock=True, seccomp=True).name   -> "landlock+seccomp"
    LEVELS[0].name                            -> "bubblewrap+landlock+seccomp"

A level is strong when programs can neither reach files (Landlock, or bubblewrap's own tree) nor start processes or use the
network (seccomp). With resource limits alone ("rlimits") a hostile program does what its user may do.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

BUBBLEWRAP = ("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Level:
    """Which layers are on."""

    landlock: bool = False
    seccomp: bool = False
    bubblewrap: bool = False

    @property
    def name(self) -> str:
        """What is stamped on verdicts."""
        named = {"bubblewrap": self.bubblewrap, "landlock": self.landlock, "seccomp": self.seccomp}
        return "+".join(name for name, on in named.items() if on) or "rlimits"

    @property
    def strong(self) -> bool:
        return self.seccomp and (self.landlock or self.bubblewrap)

    def prefix(self) -> list[str]:
        """Return what stands before a zygote's command: bubblewrap with namespaces of its own and a tree to read; for root
        without it, what takes away the rights of root."""
        if not self.bubblewrap:
            rights = ("setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--")
            return list(rights) if _may_give_up_rights() and shutil.which("setpriv") else []
        return [
            *(*BUBBLEWRAP, "--as-pid-1", *tree()),
            *("--ro-bind", str(PACKAGE), str(PACKAGE), "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"),
        ]


def _may_give_up_rights() -> bool:
    """Return whether this process has CAP_SETPCAP, which it takes to give up the rest: root has, where nobody took it."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return any(bool(int(line.split()[1], 16) >> 8 & 1) for line in status.splitlines() if line.startswith("CapEff:"))


def tree() -> list[str]:
    """Return bubblewrap's options for a tree to read: the system's libraries, this Python and its packages, no home."""
    bound = {"/usr", "/bin", "/lib", "/lib64", "/sbin", "/etc/ld.so.cache", "/etc/localtime", sys.prefix, sys.base_prefix}
    binds = [word for path in sorted(bound) for word in ("--ro-bind-try", path, path)]
    return [*binds, "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]


# The best first.
LEVELS = (
    Level(landlock=True, seccomp=True, bubblewrap=True),
    Level(landlock=True, seccomp=True),
    Level(seccomp=True, bubblewrap=True),
    Level(),
)


def candidates() -> list[Level]:
    """Return the levels that are worth trying here."""
    return [level for level in LEVELS if shutil.which("bwrap") or not level.bubblewrap]
