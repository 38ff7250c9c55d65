"""`file`: your own problems, one Problem record a line.

    sources:
      file: {path: my_problems.jsonl}

    {"id": "q1", "domain": "math", "question": "What is 2 + 2?", "verifier": "math_answer", "gold": {"answer": "4"}}

Answers that you have already come with `answers: my_answers.jsonl`, one a line, several to a problem if you like; those
problems are not asked of the teacher, and the answers are verified like any other. A 02_traces.jsonl is such a file:

    {"id": "q1", "text": "2 + 2 = 4, so \\\\boxed{4}."}         `sample`, `reasoning` and `model` are kept where given

One whose `finish_reason` is given and is not `stop` was cut off: generate counts it as a failure.

`id` may be left out (a hash of the question stands in, numbered where it comes again) and so may `source` (`file`). A path
is looked up beside the recipe first, then from the folder you are in.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from data_gen.cli import UserError
from data_gen.lines import LineFile, Place
from data_gen.records import Problem, Trace, faults_of, read_rows
from data_gen.sources.source import Item, Ready, SourceConfig


class FileConfig(SourceConfig):
    """Keys of `file`."""

    path: str  # JSON Lines, beside the recipe or from here (docs/your_problems.md)
    answers: str | None = None  # JSON Lines of answers that are there, to be verified

    def local_files(self, recipe: Path) -> list[Path]:
        """Return the file, and that of the answers."""
        return [self.find(recipe, path) for path in (self.path, self.answers) if path is not None]


def read(config: FileConfig, recipe: Path) -> Iterator[Item]:
    """Yield the file's problems. Raises UserError that names the row and every faulty key in it, or of an answer's."""
    if config.answers is None:
        yield from _problems(config, recipe)
        return
    places: dict[str, list[Place]] = defaultdict(list)
    with LineFile(config.find(recipe, config.answers)) as answers:
        for head, place, _ in answers.heads(Trace):
            places[head.id].append(place)
        for problem in _problems(config, recipe):
            traces = [_answer(answers.at(place), answers.path) for place in places.pop(problem.id, ())]
            yield Ready(problem, _numbered(traces, answers.path)) if traces else problem
    if places:
        raise UserError(f"{config.answers}: no such problem in {config.path}: {', '.join(sorted(places)[:5])}")


def _answer(line: bytes, path: Path) -> Trace:
    try:
        return Trace.model_validate_json(line)
    except ValidationError as error:
        raise UserError(f"{path}: {line[:60]!r} is not an answer: {faults_of(error)}") from error


def _numbered(traces: list[Trace], path: Path) -> tuple[Trace, ...]:
    """Return a problem's answers with sample numbers of their own: as given where they differ, else in their order."""
    given = {trace.sample for trace in traces}
    if len(given) == len(traces):
        return tuple(traces)
    if given != {0}:
        raise UserError(f"{path}: {traces[0].id}: two answers have the same sample number")
    return tuple(trace.model_copy(update={"sample": number}) for number, trace in enumerate(traces))


def _problems(config: FileConfig, recipe: Path) -> Iterator[Problem]:
    path = config.find(recipe, config.path)
    seen: Counter[str] = Counter()
    for number, row in enumerate(read_rows(path), 1):
        row.setdefault("source", "file")
        if "question" in row and "id" not in row:
            digest = hashlib.sha256(str(row["question"]).encode("utf-8", "replace")).hexdigest()[:16]
            seen[digest] += 1
            row["id"] = f"file-{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else "")
        try:
            yield Problem.model_validate(row)
        except ValidationError as error:
            raise UserError(f"{path}: row {number} is not a Problem: {faults_of(error)}") from error
