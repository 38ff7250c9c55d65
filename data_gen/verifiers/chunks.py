"""What travels to grading workers together: answers made in this process, or rows as they stand in files.

    Answers([Answer(...), ...])                 replies: the fields of a Finding in their order, then seconds
    Rows([(trace_line, problem_line), ...])     replies: the fields of a Graded

A gold, or a problem, goes once for all answers to it: it may hold megabytes of tests.
"""

import json
from typing import Any

from data_gen.records import Problem, Reason, Trace
from data_gen.verifiers.answer import Answer
from data_gen.verifiers.finding import Finding, Options
from data_gen.verifiers.rows import verdict_of
from data_gen.verifiers.worker_process import Chunk

Lines = tuple[bytes, bytes | None]  # a trace's and its problem's, None where there is no such problem
Batch = tuple[list[Lines], bool]  # True for programs: they come back as they are done, so that a slow one holds nobody up


class Answers(Chunk):
    """Answers of this process."""

    def __init__(self, answers: list[Answer], any_order: bool) -> None:
        super().__init__(len(answers), any_order)
        self.answers = answers

    def message(self) -> bytes:
        """Return {"golds": [...], "answers": [[text, verifier, place of its gold, ...], ...]}."""
        places: dict[int, int] = {}
        golds: list[dict[str, Any]] = []
        rows = []
        for answer in self.answers[len(self.replies) :]:
            place = places.setdefault(id(answer.gold), len(golds))
            if place == len(golds):
                golds.append(answer.gold)
            options, whole = answer.options, answer.whole
            same = True if whole == answer.text else whole
            rows.append([answer.text, answer.verifier, place, options.exact, options.all_tests, same])
        return json.dumps({"golds": golds, "answers": rows}).encode() + b"\n"

    def lose(self, reason: Reason, seconds: float) -> None:
        """Reply with a finding that decides nothing."""
        self.replies.append([*vars(Finding(None, reason)).values(), seconds])


class Rows(Chunk):
    """Rows of files, as bytes: nothing here reads them unless a worker is lost."""

    def __init__(self, lines: list[Lines], any_order: bool, options: Options, version: str) -> None:
        super().__init__(len(lines), any_order)
        self.lines, self.options, self.version = lines, options, version

    def message(self) -> bytes:
        """Return {"options": {...}, "problems": [...], "rows": [place of its problem, trace, ...]}."""
        places: dict[bytes | None, int] = {None: -1}
        rows = []
        for trace, problem in self.lines[len(self.replies) :]:
            rows.append(b"%d,%s" % (places.setdefault(problem, len(places) - 1), trace.strip()))
        problems = b",".join(problem.strip() for problem in places if problem is not None)
        options = json.dumps(vars(self.options)).encode()
        return b'{"options":%s,"problems":[%s],"rows":[%s]}\n' % (options, problems, b",".join(rows))

    def lose(self, reason: Reason, seconds: float) -> None:
        """Reply with a verdict that decides nothing."""
        trace, problem = self.lines[len(self.replies)]
        row = Trace.model_validate_json(trace).row()
        about = Problem.model_validate_json(problem) if problem is not None else None
        self.replies.append(list(verdict_of(row, about, self.options, Finding(None, reason), seconds, self.version)))
