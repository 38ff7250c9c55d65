"""compile_locks: take away the locks of killed compilers, in which every later DeepSpeed would wait without a word.

    clear_left_over()
    train     ~/.cache/torch_extensions/py311_cu130/cpu_adam/lock: left by a compiler that was killed, removed

DeepSpeed compiles its CPU optimizer at the first use on a machine, for a minute or two. Meanwhile an empty file `lock` lies
in its folder, and other processes wait until it is gone (torch 2.11, `torch/utils/file_baton.py`); a kill leaves it there
for good. The compiling process holds the file open all the time: a lock that no process holds open is left over.
Not covered: a compiler on another machine, or of another user, with the same folder. So do not call it when several
machines start together.
"""

import contextlib
import os
from pathlib import Path

import psutil


def folder() -> Path:
    """Return where torch keeps what it compiles (`_get_build_directory` of torch/utils/cpp_extension.py)."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("TORCH_EXTENSIONS_DIR") or Path(cache) / "torch_extensions")


def clear_left_over() -> None:
    """Remove every lock that no process holds open, and say so."""
    locks = [path for path in folder().rglob("lock") if path.is_file()]
    held = _held() if locks else set()
    for lock in locks:
        if lock.resolve() not in held:
            lock.unlink(missing_ok=True)
            print(f"train     {lock}: left by a compiler that was killed, removed")


def _held() -> set[Path]:
    """Return the files called `lock` that processes hold open."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            found |= {Path(file.path) for file in process.open_files() if file.path.endswith("/lock")}
    return found
