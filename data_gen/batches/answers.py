"""A line of a batch's output or error file -> a Trace or a Failure, as one request asked alone would have given.

    {"id": "batch_req_1", "custom_id": "3f0c…", "response": {"status_code": 200, "body": {"choices": […]}}, "error": null}
    {"id": "batch_req_2", "custom_id": "9a41…", "response": null, "error": {"code": "batch_expired", "message": "…"}}

The formats are those of the Batch guide (developers.openai.com/api/docs/guides/batch: output lines, `batch_expired`).
A whole answer is what `responses.read_answer` says it is, an HTTP status means what `lane.meaning` says. A batch asks each
request once, so an empty or malformed answer is asked again by the next runs, until `retries` of them gave none.

Not known: how long one request took. `seconds` of a trace is the time of its whole batch, from its creation to its end.
"""

import json
from dataclasses import dataclass
from typing import Any

from data_gen.batches.journal import Asked
from data_gen.cli import UserError
from data_gen.config import Endpoint
from data_gen.lane import meaning, scrubbed
from data_gen.records import Failure, Trace, Usage
from data_gen.responses import DETAIL, ChatRequest, Final, Rejected, Sampling, Transient, read_answer

UNDONE = {"batch_expired": "expired", "batch_cancelled": "cancelled"}  # codes of error lines that say: it was never begun


@dataclass(frozen=True)
class Reader:
    """Reads the lines of one endpoint's batches."""

    endpoint: Endpoint
    key: str | None
    retries: int

    def outcome(self, row: dict[str, Any], asked: Asked, seconds: float, before: int) -> Trace | Failure:
        """Return what a line says of a request. `before` counts earlier attempts that were empty or malformed."""
        try:
            return self._answer(row, asked, seconds)
        except RecursionError:  # the line could be read, but what is made of it is nested one deeper
            return self.failure(asked, "not_json", "the answer is nested too deep to be read")
        except Transient as failure:
            return self.failure(asked, failure.error, failure.detail)
        except Final as failure:
            attempts = before + 1
            final = failure.error not in ("empty", "malformed") or attempts > self.retries
            return self.failure(asked, failure.error, failure.detail, attempts, final, failure.usage)

    def failure(
        self, asked: Asked, error: str, detail: str, attempts: int = 1, final: bool = False, usage: Usage | None = None
    ) -> Failure:
        """Return a failure of a request, without the key that the detail may repeat."""
        detail = scrubbed(detail, self.key)
        return Failure(
            id=asked.id,
            sample=asked.sample,
            request=asked.custom_id,
            error=error,
            detail=detail if final else detail[:DETAIL],
            attempts=attempts,
            final=final,
            usage=usage or Usage(),
        )

    def _answer(self, row: dict[str, Any], asked: Asked, seconds: float) -> Trace:
        response, error = row.get("response"), row.get("error")
        if not isinstance(response, dict):
            told = error if isinstance(error, dict) else {}
            code = str(told.get("code"))
            raise Transient(UNDONE.get(code, "batch_error"), f"{code}: {told.get('message')}")
        status, body = response.get("status_code"), json.dumps(response.get("body"))
        if status != 200:
            raise self._status(status if isinstance(status, int) else 0, body)
        # Only what a trace holds of its request is needed; its hash is the custom_id, whatever the hash is made of today.
        request = ChatRequest(asked.id, asked.sample, [], 0, Sampling(asked.model, 0.0, 1.0, 0))
        return read_answer(body.encode(), request, seconds, keep_truncated=False).model_copy(
            update={"request": asked.custom_id}
        )

    def _status(self, status: int, body: str) -> Exception:
        if status < 400:
            return Transient(str(status), body)  # 0 where the provider gave up on it
        failure = meaning(status, body, self.endpoint, self.key)
        # A refused key or an unknown model stops a run that asks one by one; here the other lines are there already.
        return Rejected("rejected", f"HTTP {status}: {body}") if isinstance(failure, UserError) else failure
