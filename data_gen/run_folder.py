"""Where a run's files lie. `ls runs/<run>/data` explains the pipeline.

Run(Path("runs/quickstart")).traces        -> runs/quickstart/data/02_traces.jsonl
Run(Path("runs/quickstart")).model("x")    -> runs/quickstart/model/x
"""

import shutil
from dataclasses import dataclass
from pathlib import Path


def emptied(place: Path) -> Path:
    """Take away the folder that was made at `place` before, in one step, and return a name beside it for the new one: it is
    renamed to `place` when it is whole."""
    partial, old = (place.with_name(f".{place.name}.{what}") for what in ("partial", "old"))
    for folder in (partial, old):
        shutil.rmtree(folder, ignore_errors=True)
    if place.exists():
        place.rename(old)
        shutil.rmtree(old)
    return partial


def errors_of(path: Path) -> Path:
    """Return the file of failures beside a stage file: 02_traces.jsonl -> 02_traces.errors.jsonl."""
    return path.with_name(path.name.removesuffix(".jsonl") + ".errors.jsonl")


@dataclass(frozen=True)
class Run:
    """The folder of one run; every stage finds its input and output here."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def benchmarks(self) -> Path:
        """Evaluation questions as Problem records, one file a benchmark: what decontamination reads."""
        return self.folder / "benchmarks"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def problems(self) -> Path:
        return self.data / "01_problems.jsonl"

    @property
    def removed_problems(self) -> Path:
        """What collect removed, with why: duplicates, contaminated or too easy questions."""
        return self.data / "01_problems.removed.jsonl"

    @property
    def ready_traces(self) -> Path:
        """Traces of sources whose answers come ready."""
        return self.data / "01_traces_ready.jsonl"

    @property
    def labels(self) -> Path:
        """Difficulty of problems as a model rated it, one row a problem."""
        return self.data / "01_labels.jsonl"

    @property
    def ratings(self) -> Path:
        """What the rating model said, word for word: labels are read out of it."""
        return self.data / "01_labels.answers.jsonl"

    @property
    def traces(self) -> Path:
        return self.data / "02_traces.jsonl"

    @property
    def rewritten(self) -> Path:
        return self.data / "03_rewritten.jsonl"

    @property
    def rewrites(self) -> Path:
        """What the rewriting model said, word for word: 03_rewritten holds what of it is faithful."""
        return self.data / "03_rewritten.answers.jsonl"

    @property
    def verdicts(self) -> Path:
        return self.data / "04_verdicts.jsonl"

    @property
    def verdicts_before(self) -> Path:
        """Verdicts on the traces as the teacher wrote them, before a model rewrote them: for the report alone."""
        return self.data / "04_verdicts.before.jsonl"

    @property
    def mixture(self) -> Path:
        return self.data / "05_mixture.jsonl"

    @property
    def funnel(self) -> Path:
        return self.data / "funnel.json"

    @property
    def dataset(self) -> Path:
        return self.folder / "dataset"

    def model(self, config: str) -> Path:
        """Return the folder of the model that `llamafactory_configs/<config>.yaml` trains."""
        return self.folder / "model" / config

    def eval(self, model: str, benchmark: str) -> Path:
        """Return the folder of one model's answers to one benchmark."""
        return self.folder / "eval" / model / benchmark

    @property
    def report(self) -> Path:
        return self.folder / "report"
