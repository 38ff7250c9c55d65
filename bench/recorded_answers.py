"""Answers that were recorded elsewhere, put through evaluation itself: what stands in the model's place is the record.

    texts, labels = {("math500-0", 0): "... \\boxed{420}"}, {("math500-0", 0): True}
    scores, cases = evaluated(Recorded("Qwen2.5-Math", "math500", questions, texts, labels), folder)
    -> scores.json as `make eval` writes it, and a Case an answer

Everything is `make eval`'s own: the reader of the benchmark, lm-eval, the journal, the grading, the counting
(`eval/measure.py`). The one seam is `ask`: each request gets the recorded text, as an endpoint would have sent it. Not
covered: the wire, for which see tests/test_evaluation.py.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from data_gen.journal import Key, write_rows
from data_gen.records import Row, Trace, key, read_rows
from data_gen.responses import ChatRequest, Sampling
from data_gen.run_folder import Run
from eval.asking import Protocol, Record
from eval.benchmarks import BENCHMARKS
from eval.benchmarks.write import write
from eval.config import Benchmark
from eval.measure import Job, measure


@dataclass(frozen=True)
class Recorded:
    """A model's answers to a benchmark, and their labels.

    `questions` are the benchmark's rows as they are published, or Problem records for one that we do not know; `told` is
    what the labels' grader said of an answer: what it read, or why it refused.
    """

    model: str
    benchmark: str
    questions: list[Row]
    texts: dict[Key, str]
    labels: dict[Key, bool]
    told: dict[Key, str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """Answers a question."""
        return 1 + max(sample for _, sample in self.texts)


class Case(NamedTuple):
    """One answer: its problem, whose it is, what its label says, and what was found."""

    problem: str
    whose: str
    label: bool
    ok: bool | None
    found: str


def evaluated(recorded: Recorded, folder: Path) -> tuple[dict[str, Any], list[Case]]:
    """Evaluate recorded answers in a run of their own in `folder`; return its scores and a case an answer."""
    run, questions = Run(folder / "run"), folder / f"{recorded.benchmark}.jsonl"
    write_rows(questions, recorded.questions)
    path = str(questions.resolve())
    known = recorded.benchmark in BENCHMARKS
    keys = Benchmark(path=path) if known else Benchmark(problems={"file": {"path": path}})
    write(run, recorded.benchmark, keys, folder)

    def ask(missing: list[ChatRequest], record: Record) -> None:
        for request in missing:
            text = recorded.texts[request.id, request.sample]
            record(Trace(id=request.id, sample=request.sample, text=text, finish_reason="stop", request=request.hash))

    protocol = Protocol(Sampling(recorded.model, 0.0, 1.0, 1), 0, None, [])
    scores = measure(Job(recorded.model, recorded.benchmark, protocol, recorded.samples, None), run, ask)
    verdicts = read_rows(run.eval(recorded.model, recorded.benchmark) / "verdicts.jsonl")
    return scores, [_case(row, recorded) for row in verdicts]


def _case(verdict: Row, recorded: Recorded) -> Case:
    one = key(verdict)
    found = f"{verdict['reason']}: {verdict.get('detail') or verdict['extracted'] or 'all tests passed'}"
    if told := recorded.told.get(one):
        found += f"; its label: {told}"
    return Case(verdict["id"], f"{recorded.model} {one[1]}", recorded.labels[one], verdict["ok"], found)
