"""The answers that a stage pays for: asked once, on disk before they are counted, asked for again only where missing.

    with Answers(folder.traces, stage, config.teacher, config.budget_usd, retry_final) as answers:
        answers.ask(requests, log=folder.folder / "logs/teacher.log", unit="traces")
        answers.funnel("traces")
        answers.check_whole()

Used by label, generate and rewrite alike. <name>.jsonl holds whole answers, <name>.errors.jsonl everything else, and
<name>.superseded.jsonl (`aside.py`) what was paid for and answers no request of today.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

import uvloop

from data_gen.aside import Aside
from data_gen.asked_model import endpoints_of, planned
from data_gen.batches.ask import ask_batches
from data_gen.batches.journal import open_batches
from data_gen.chat import ask_all
from data_gen.cli import Unfinished, UserError
from data_gen.config import Batch, ChatModel, Endpoint
from data_gen.journal import Journal, Key
from data_gen.meter import Meter
from data_gen.progress import bar
from data_gen.records import Failure, Row, Trace, Usage
from data_gen.responses import ChatRequest
from data_gen.run_folder import errors_of
from data_gen.stage import Stage

NOTHING = Usage().row()

Needed = Callable[[Key], bool]
# The requests of a stage whose key is needed, in order, anew at each call.
Requests = Callable[[Needed], Iterator[ChatRequest]]


class Answers:
    """The journals of one paying stage. `keys` of what is wanted come from the requests; other rows are kept as they are."""

    def __init__(
        self, path: Path, stage: Stage, model: ChatModel, budget_usd: float | None, retry_final: bool = False
    ) -> None:
        self.path, self.stage, self.model, self._retry_final = path, stage, model, retry_final
        self._budget_usd = budget_usd
        self.meter = Meter(stage, model.prices, budget_usd)
        self.whole = Journal(path, on_load=self._load)
        self.errors = Journal(errors_of(path), on_load=self._load)
        self._aside = Aside(self._beside("superseded"), on_load=self.meter.load)
        self.wanted = self._ready = 0
        self._missing: dict[Key, str] = {}  # and the hash of what is to be asked
        self._failed: set[Key] = set()
        self._journals = contextlib.ExitStack()

    def __enter__(self) -> "Answers":
        self._journals.enter_context(self._aside)
        self._journals.enter_context(self.whole)
        self._journals.enter_context(self.errors)
        self.meter.loaded()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._journals.__exit__(kind, error, trace)

    def _load(self, row: Row) -> None:
        if not self._aside.holds(row):  # a kill may leave it in both
            self.meter.load(row)

    def add_ready(self, ready: Iterable[Trace]) -> None:
        """Take answers that a source brought along, which nobody is asked for; others to the same problems are set aside.

        One that was cut off before it came is a failure, as it would be of an endpoint.
        """
        problems: set[str] = set()
        brought: set[Key] = set()
        for trace in ready:
            self.wanted += 1
            self._ready += 1
            key = trace_key(trace)
            problems.add(trace.id)
            if trace.finish_reason != "stop":
                self._failed.add(key)
                self.errors.append(_cut_off(trace).row())
                continue
            brought.add(key)
            if key in self.whole and self.whole.tag(key) == trace.request:
                continue
            if key in self.whole:  # a teacher's, paid for
                self._aside.put(self.whole.read(key))
            self.whole.append(trace.row())
        self._set_aside([key for key in self.whole if key[0] in problems and key not in brought])

    def ask(self, requests: Requests, log: Path, unit: str) -> None:
        """Ask for what is missing. What came is on disk when this returns or raises, and the journals are sorted."""
        waiting = open_batches(self._beside("batches"))
        if waiting and self.model.batch is None:
            raise UserError(
                f"{waiting} batches are paid for and open at the provider: put `batch: {{}}` back into the YAML and run the "
                "same again, which collects them"
            )
        self._look(requests)
        self.stage.record["planned"] = planned(self.model, self.wanted - self._ready)
        self.stage.save()
        try:
            if self._missing or waiting:
                self._ask(requests, log, unit)
        finally:
            self.meter.save()
            self.errors.discard([key for key in self.errors if key in self.whole])
        self.whole.finish()
        self.errors.finish()

    def _failed_for_good(self, key: Key, request: ChatRequest) -> bool:
        known = key in self.errors and self.errors.tag(key) == request.hash
        return known and bool(self.errors.read(key)["final"])

    def _look(self, requests: Requests) -> None:
        """Tell what is answered, finally failed and missing; set aside answers to requests that were edited since."""
        stale, back = [], []
        for request in requests(lambda key: True):
            key = (request.id, request.sample)
            self.wanted += 1
            if key in self.whole:
                if self.whole.tag(key) == request.hash:
                    continue
                stale.append(key)
            # A final failure counts for the very request that it answers: not after max_tokens or the question changed.
            elif not self._retry_final and self._failed_for_good(key, request):
                self._failed.add(key)
                continue
            if (kept := self._aside.answer(key, request.hash)) is not None:
                back.append(kept)  # an edit was taken back
            else:
                self._missing[key] = request.hash
        again = [
            key for key in self.errors if key in self._missing and self.errors.read(key).get("usage", NOTHING) != NOTHING
        ]
        if again:  # what these failures cost is not forgotten
            for key in again:
                self._aside.put(self.errors.read(key))
            self.errors.discard(again)
            self.errors.finish()
        self._set_aside(stale)
        if back:
            self.whole.extend([self.whole.line_of(row) for row in back])
            print(f"{len(back):,} answers that were set aside are used again")

    def _set_aside(self, stale: list[Key]) -> None:
        """Put away answers that are not wanted today, before anything is asked: no later stage sees one of them."""
        if not stale:
            return
        for key in stale:
            self._aside.put(self.whole.read(key))
        self.whole.discard(stale)
        self.whole.finish()
        print(f"{len(stale):,} answers to other requests than today's set aside in {self._aside.path.name}")

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f"{self.path.name.removesuffix('.jsonl')}.{what}.jsonl")

    def _ask(self, requests: Requests, log: Path, unit: str) -> None:
        model = self.model
        with endpoints_of(model, log) as endpoints, bar(len(self._missing), f" {unit}", self.stage.name) as progress:
            self.meter.start()

            def record(outcome: Trace | Failure) -> None:
                if self._record(outcome):
                    self.meter.count(outcome)
                    progress.set_postfix_str(f"{self.meter.told()}, {len(self._failed):,} errors", False)
                    progress.update(1)

            def tell(done: int, submitted: int) -> None:
                progress.set_postfix_str(f"{submitted:,} at the provider, {done:,} of them done", True)

            asked = requests(self._missing.__contains__)
            if model.batch is None:
                uvloop.run(ask_all(asked, endpoints, model.timeout_s, model.retries, record, self.meter.may_start))
            else:
                uvloop.run(self._ask_batches(asked, endpoints[0], model.batch, record, tell))

    def _record(self, outcome: Trace | Failure) -> bool:
        """Write an outcome; return whether it is new. A batch of an earlier run may answer what was edited since."""
        key = (outcome.id, outcome.sample)
        if self._missing.get(key) != outcome.request:
            journals = (self.whole,) if isinstance(outcome, Trace) else (self.whole, self.errors)
            known = any(key in journal and journal.tag(key) == outcome.request for journal in journals)
            if not known and isinstance(outcome, Trace):
                self._aside.put(outcome.row())
            return not known
        if isinstance(outcome, Trace):
            self.whole.append(outcome.row())
            del self._missing[key]
            self._failed.discard(key)
        else:
            self.errors.append(outcome.row())
            self._failed.add(key)
            if outcome.final:
                del self._missing[key]
        return True

    async def _ask_batches(
        self,
        asked: Iterator[ChatRequest],
        endpoint: Endpoint,
        batch: Batch,
        record: Callable[[Trace | Failure], None],
        tell: Callable[[int, int], None],
    ) -> None:
        """Ask through the Batch API. Under a budget one batch at a time, each as large as the money left surely pays for."""
        size, at_once = batch.max_requests, batch.in_flight
        meter, left = self.meter, self.meter.left
        at_most = meter.at_most(self.model)
        if left is not None and at_most:
            size, at_once = max(1, min(size, int(left / at_most))), 1
        await ask_batches(
            asked,
            endpoint,
            self._beside("batches"),
            record,
            self.model.retries,
            may_start=lambda: meter.may_start(0, size),
            poll_s=batch.poll_s,
            max_requests=size,
            in_flight=at_once,
            progress=tell,
        )

    def funnel(self, unit: str) -> None:
        """Print and keep the stage's funnel line."""
        self.stage.funnel(self.wanted, self.answered, self.reasons(), unit)

    @property
    def answered(self) -> int:
        """Wanted requests that have a whole answer."""
        return self.wanted - len(self._missing.keys() | self._failed)

    def reasons(self) -> dict[str, int]:
        """Return the errors of wanted requests that have no answer, counted."""
        failed = Counter(str(self.errors.read(key)["error"]) for key in self._failed)
        failed["not_asked"] = len(self._missing.keys() - self._failed)
        return dict(failed)

    def check_whole(self) -> None:
        """Raise Unfinished where a wanted request has neither an answer nor a final failure."""
        missing = self._missing
        if self.meter.unmetered:
            raise Unfinished("the endpoint does not tell how many tokens it used, so budget_usd cannot be kept: take it out")
        if self.meter.over_budget:
            raise Unfinished(
                f"stopped at the budget: ${self.meter.dollars or 0:.2f} spent here, ${self.meter.left or 0:.2f} left of "
                f"${self._budget_usd}, {len(missing):,} requests not answered; raise budget_usd and run the same again"
            )
        if missing:
            row = next((self.errors.read(key) for key in missing if key in self.errors), None)
            why = f" ({row['error']}: {row['detail'][:200]})" if row else ""
            raise Unfinished(f"{len(missing):,} of {self.wanted:,} requests have no answer yet{why}; run the same again")


def _cut_off(trace: Trace) -> Failure:
    error = trace.finish_reason if trace.finish_reason in ("length", "content_filter") else "malformed"
    detail = trace.text if error != "malformed" else f"finish_reason {trace.finish_reason!r}: {trace.text}"
    request = trace.request or ""
    return Failure(id=trace.id, sample=trace.sample, request=request, error=error, detail=detail, attempts=1, final=True)


def trace_key(trace: Trace) -> Key:
    """Return (id, sample)."""
    return trace.id, trace.sample
