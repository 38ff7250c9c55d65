"""viewer: the traces of a run as a page, without the rest of the report.

python -m eval.viewer --run=runs/quickstart [--limit=20000]        writes runs/quickstart/report/traces/index.html
"""

from pathlib import Path

from data_gen.cli import UserError, command
from data_gen.run_folder import Run
from eval.viewer.drawing import MOST
from eval.viewer.page import write


def main(run: str, limit: int = MOST) -> None:
    """Write the page of a run's traces; `limit` says how many of them at most."""
    folder = Run(Path(run))
    place = folder.report / "traces"
    counts = write(folder, place, limit)
    if not counts["of"]:
        raise UserError(f"{folder.data}: no trace there; `make data` makes some")
    print(f"viewer: {counts['traces']:,} of {counts['of']:,} traces: {place / 'index.html'}")


if __name__ == "__main__":
    command(main)
