"""An environment for each peer of our client, under runs/bench/: they pin other versions than ours and than each other.

    pinned("curator")        -> "bespokelabs-curator 0.1.31"
    interpreter("curator")   -> Path("runs/bench/curator/bin/python"), made from requirements/bench-curator.txt if need be

A changed requirements file makes the environment anew; a second call costs nothing. Making both took 61 s and 1.5 GB.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENTS = Path("runs/bench")


def requirements_of(peer: str) -> Path:
    """Return the file that pins a peer; its first line that is no comment names the peer itself."""
    return Path(f"requirements/bench-{peer}.txt")


def pinned(peer: str) -> str:
    """Return a peer's name and version."""
    lines = requirements_of(peer).read_text(encoding="utf-8").splitlines()
    package, _, version = next(line for line in lines if not line.startswith("#")).partition("==")
    return f"{package.partition('[')[0]} {version.split()[0]}"


def interpreter(peer: str) -> Path:
    """Return the peer's Python. Raises InstallError where pip could not install it."""
    requirements = requirements_of(peer)
    folder = ENVIRONMENTS / peer
    python, made = folder / "bin" / "python", folder / "made"
    wanted = requirements.read_text(encoding="utf-8")
    if made.is_file() and made.read_text(encoding="utf-8") == wanted:
        return python
    print(f"making {folder} from {requirements}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise InstallError("; ".join(errors)[:300] or f"pip ended with status {done.returncode}")
    made.write_text(wanted, encoding="utf-8")
    return python


class InstallError(Exception):
    """pip's own words for why a peer could not be installed."""
