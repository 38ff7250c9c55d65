"""A command with a library before it that kills it at its n-th change of a file, or shifts its wall clock.

    preload = Preload.build(folder)                     # compiles faults_preload.c, None without a compiler
    with preload.shared(trial.folder / "shared", root=trial.run.folder) as shared:
        shared.die_at = 12                              # SIGKILL just before the 12th write, sync, rename, unlink or mkdir
        shared.clock_s = -86400                         # the wall clock is a day back, from now on
        environment = preload.environment(shared)

It is how `libfaketime` works too; that one is not needed, and it would shift the monotonic clock with the other, which no
change of the date does. Times of files stay the kernel's own.
"""

import mmap
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

SOURCE = Path(__file__).with_suffix(".c")
FIELDS = ("clock_s", "changes", "die_at", "pid")


class Shared:
    """The numbers that the library and the benchmark share."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path, self.root = path, root
        path.write_bytes(bytes(8 * len(FIELDS)))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8 * len(FIELDS))

    def get(self, name: str) -> int:
        """Return a number."""
        value: int = struct.unpack_from("q", self._map, 8 * FIELDS.index(name))[0]
        return value

    def set(self, name: str, value: int) -> None:
        """Set a number, while the command runs too."""
        struct.pack_into("q", self._map, 8 * FIELDS.index(name), value)

    def __enter__(self) -> "Shared":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._map.close()


@dataclass(frozen=True)
class Preload:
    """The compiled library."""

    library: Path

    @classmethod
    def build(cls, folder: Path) -> "Preload | None":
        """Compile the library into a folder. Returns None where there is no C compiler."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        library = folder / "faults_preload.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"], check=True)
        return cls(library)

    def environment(self, shared: Shared) -> dict[str, str]:
        """Return what a command's environment needs."""
        told = {"LD_PRELOAD": self.library, "FAULTS_SHARED": shared.path, "FAULTS_ROOT": shared.root}
        return {name: str(value) for name, value in told.items()}
