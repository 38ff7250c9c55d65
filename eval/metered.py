"""Asking a model what its journals lack, with a bar, and with the tokens, seconds and dollars in the stage's record.

    with Stage(run, "eval trained aime24", ...) as stage:
        asker = Asker(stage, config, lambda: servers.endpoint(weights), "trained on aime24")
        measure(job, run, asker.ask, on_load=asker.load)      # asks only where an answer is missing
        asker.done()

The endpoint is asked for at the first missing answer: where there is none, no server is started.
"""

from collections.abc import Callable

import uvloop

from data_gen.chat import ask_all
from data_gen.config import Endpoint
from data_gen.meter import Meter
from data_gen.progress import bar
from data_gen.records import Failure, Row, Trace
from data_gen.responses import ChatRequest
from data_gen.stage import Stage
from eval.asking import Record
from eval.config import EvalConfig


class Asker:
    """What asks one model on one benchmark and counts what it costs, answers that were there already included."""

    def __init__(self, stage: Stage, config: EvalConfig, endpoint: Callable[[], Endpoint], title: str) -> None:
        self._stage, self._config, self._endpoint, self._title = stage, config, endpoint, title
        self._meter = Meter(stage, config.prices.model_copy(update={"gpus": config.gpus}), None)

    def load(self, row: Row) -> None:
        """Count a response that was there already."""
        self._meter.load(row)

    def ask(self, missing: list[ChatRequest], record: Record) -> None:
        """Ask and hand each outcome to `record` the moment it is there. Raises UserError where the endpoint is of no use."""
        endpoint, config, meter = self._endpoint(), self._config, self._meter
        meter.loaded()
        meter.start()
        with bar(len(missing), " answers", self._title) as progress:

            def came(outcome: Trace | Failure) -> None:
                record(outcome)
                meter.count(outcome)
                progress.set_postfix_str(meter.told(), False)
                progress.update(1)

            try:
                uvloop.run(ask_all(missing, [endpoint], config.timeout_s, config.retries, came, keep_truncated=True))
            finally:
                meter.save()

    def done(self) -> None:
        """Write what the answers cost into the record where nothing had to be asked."""
        if "usage" not in self._stage.record:
            self._meter.loaded()
            self._meter.save()
