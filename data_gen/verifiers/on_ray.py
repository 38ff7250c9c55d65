"""Grading on a Ray cluster: the same verdicts, with the machines of a cluster (https://docs.ray.io).

    with RayGrader() as grader:               # the cluster of RAY_ADDRESS, else one made of this machine's cores
        for verdict in grader.grade(answers):
            ...                               # in the order of the answers, as from `pool.Grader`

Each task grades a batch in a killable worker of its own on the node that Ray chose. When a node dies its tasks run again
elsewhere; when the whole cluster does, the command stops and, run again, goes on after the last verdict in the journal.
Only this package travels to the nodes: they need Python with requirements/core.txt and requirements/ray.txt.
"""

import os
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from data_gen.cli import UserError
from data_gen.config import PACKAGE
from data_gen.records import Verdict
from data_gen.verifiers.answer import Answer, program_of
from data_gen.verifiers.chunks import Batch, Lines
from data_gen.verifiers.finding import Options
from data_gen.verifiers.pool import Grader, batches
from data_gen.verifiers.rows import BadRow, Graded, check_rows, graded_of

BATCH = 512  # answers a task: the start of its worker is shared by so many
AHEAD = 4  # tasks in flight for each core of the cluster: flat memory on a million rows


class RayGrader:
    """Grade on Ray, as a context. Raises UserError where Ray is not installed or its cluster cannot be reached."""

    def __init__(self, allow_weak_sandbox: bool = False) -> None:
        self._allow_weak_sandbox = allow_weak_sandbox

    def __enter__(self) -> "RayGrader":
        try:
            import ray
        except ImportError as error:
            raise UserError("--executor=ray: Ray is not installed: .venv/bin/pip install -r requirements/ray.txt") from error
        try:
            ray.init(
                address=os.environ.get("RAY_ADDRESS"),
                runtime_env={"py_modules": [str(PACKAGE)]},
                log_to_driver=False,
                ignore_reinit_error=True,
            )
        except ConnectionError as error:
            raise UserError(f"RAY_ADDRESS={os.environ.get('RAY_ADDRESS')}: no cluster answers there: {error}") from error
        remote = ray.remote(num_cpus=1, max_retries=-1)
        self._answers_task, self._rows_task = remote(_grade_answers), remote(_grade_rows)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        import ray

        ray.shutdown()

    def start(self) -> None:
        """Nothing to do: workers start with each task."""

    def grade(self, answers: Iterable[Answer], in_order: bool = True) -> Iterator[Verdict]:
        """Yield a Verdict for every answer, in their order."""
        plain = ([_plain(answer) for answer in batch] for batch in batches(answers, program_of, BATCH))
        for rows in self._spread(self._answers_task, plain, in_order):
            yield from map(Verdict.model_validate, rows)

    def grade_rows(self, batched: Iterable[Batch], options: Options) -> Iterator[list[Graded]]:
        """Yield the verdicts of batches of rows as they come. Raises BadRow for a row that is none."""
        for replies in self._spread(self._rows_task, ((vars(options), lines) for lines, _ in batched), in_order=False):
            yield graded_of(replies)
            check_rows(replies)

    def _spread(self, task: Any, waiting: Iterable[Any], in_order: bool) -> Iterator[Any]:
        """Yield what the tasks return, so many in flight that every core of the cluster is busy."""
        import ray

        left, running = iter(waiting), list[Any]()
        while True:
            most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
            while len(running) < most and (batch := next(left, None)):
                running.append(task.remote(self._allow_weak_sandbox, batch))
            if not running:
                return
            (done, *_), _ = ray.wait(running[:1] if in_order else running, num_returns=1)
            running.remove(done)
            yield ray.get(done)


def _plain(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values: the nodes need no class of ours to unpack it."""
    return vars(answer) | {"options": vars(answer.options)}


def _grade_answers(allow_weak_sandbox: bool, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Grade answers on a node."""
    typed = [Answer(**(row | {"options": Options(**row["options"])})) for row in answers]
    with Grader(1, allow_weak_sandbox) as grader:
        return [verdict.row() for verdict in grader.grade(typed)]


def _grade_rows(allow_weak_sandbox: bool, batch: tuple[dict[str, Any], list[Lines]]) -> list[list[Any]]:
    """Grade rows on a node; the last reply may say what is wrong with one."""
    options, lines = batch
    replies: list[list[Any]] = []
    with Grader(1, allow_weak_sandbox) as grader:
        try:
            for rows in grader.grade_rows([(lines, False)], Options(**options)):
                replies += map(list, rows)
        except BadRow as error:
            replies.append([error.kind, str(error)])
    return replies
