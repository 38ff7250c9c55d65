"""Our model in lm-eval: it asks through the project's chat client and journal, and its answers carry their verdicts.

lm-eval's own chat client sends one seed with every repeat, keeps one of them, tells neither finish_reason nor usage, and
gives up everything after three tries. This one sends a seed of its own with each sample, keeps every response on disk
before it is counted, resumes, has all of them graded together, and hands each over as a `Response`: a string with a verdict.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from data_gen.aside import Aside
from data_gen.cli import Unfinished
from data_gen.journal import Journal, Key
from data_gen.prompts import Message, messages
from data_gen.records import Failure, Row, Trace
from data_gen.responses import ChatRequest, Sampling, seed_of
from data_gen.run_folder import errors_of
from eval.grading import Graded, Outcome

# What a model may do wrong. Anything else (a context that the server makes too short, say) is the server's fault: no score.
COUNTED_FAILURES = {"content_filter", "refusal", "empty", "malformed"}

Record = Callable[[Trace | Failure], None]
Ask = Callable[[list[ChatRequest], Record], None]  # asks them and hands each outcome over the moment it is there
Grade = Callable[[Outcome], list[Graded]]


@dataclass(frozen=True)
class Protocol:
    """How a model is asked: everything that decides an answer beside the question."""

    sampling: Sampling
    seed: int
    system: str | None
    shots: list[Message]


@dataclass(frozen=True)
class Journals:
    """Where the responses of one model to one benchmark lie, each an open journal."""

    samples: Journal
    errors: Journal
    aside: Aside  # answers to requests that were edited since: paid for, and used again when the edit is taken back

    def finish(self) -> None:
        """Sort what was asked: all answers are there."""
        self.samples.finish()
        self.errors.finish()


@contextmanager
def journals(folder: Path, on_load: Callable[[Row], None] | None = None) -> Iterator[Journals]:
    """Open the journals in a folder; `on_load` sees every response that is there already, once."""
    samples = folder / "samples.jsonl"
    aside = Aside(folder / "samples.superseded.jsonl", on_load=on_load)

    def load(row: Row) -> None:
        if on_load is not None and not aside.holds(row):  # an answer that was taken back lies in both
            on_load(row)

    opened = Journals(Journal(samples, on_load=load), Journal(errors_of(samples), on_load=load), aside)
    with ExitStack() as stack:
        for journal in (opened.aside, opened.samples, opened.errors):
            stack.enter_context(journal)
        yield opened


class Response(str):
    """A model's answer as lm-eval sees it, with what the project's verifier found.

    Its text is left out: it stands in samples.jsonl, and all responses together may be larger than the memory.
    """

    graded: Graded


@register_model("journalled-chat")
class JournalledChat(LM):
    """lm-eval's model interface over an OpenAI-compatible endpoint.

    `ask` asks what the journals lack, None where nothing may be asked; `grade` turns all responses into verdicts.
    """

    def __init__(self, protocol: Protocol, journals: Journals, ask: Ask | None, grade: Grade) -> None:
        super().__init__()
        self.protocol, self.ask, self.grade = protocol, ask, grade
        self.samples, self.errors, self.aside = journals.samples, journals.errors, journals.aside

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Answer every request, a repeat of a problem being its next sample. Raises Unfinished when some have none yet."""
        asked: list[ChatRequest] = []
        repeats: Counter[str] = Counter()
        for request in requests:
            one = request.doc["id"]
            said = messages(self.protocol.system, self.protocol.shots, request.args[0])
            seed = seed_of(self.protocol.seed, one, repeats[one])
            asked.append(ChatRequest(one, repeats[one], said, seed, self.protocol.sampling))
            repeats[one] += 1
        missing = [request for request in asked if not self._settled(request)]
        if missing and self.ask is not None:
            if missing := [request for request in missing if not self._taken_back(request)]:
                self.ask(missing, self._record)
            missing = [request for request in missing if not self._settled(request)]
        if missing:
            key = (missing[0].id, missing[0].sample)
            why = f" ({self.errors.read(key)['detail'][:300]})" if key in self.errors else ""
            raise Unfinished(f"{len(missing):,} of {len(asked):,} answers are missing{why}; `make eval` asks for them")
        self.errors.discard([key for key in self.errors if key in self.samples])
        verdicts = {(one.id, one.sample): one for one in self.grade(self.outcome)}
        return [_response(verdicts[request.id, request.sample]) for request in asked]

    def outcome(self, key: Key) -> Trace | Failure:
        """Return what came of a request that is settled."""
        known = self.samples.read(key) if key in self.samples else None
        return Trace.model_validate(known) if known else Failure.model_validate(self.errors.read(key))

    def _record(self, outcome: Trace | Failure) -> None:
        (self.samples if isinstance(outcome, Trace) else self.errors).append(outcome.row())

    def _taken_back(self, request: ChatRequest) -> bool:
        """Set aside an answer to another request than today's, and return whether an earlier one to this one is there."""
        key = (request.id, request.sample)
        if key in self.samples:
            self.aside.put(self.samples.read(key))
            self.samples.discard([key])
        if (kept := self.aside.answer(key, request.hash)) is None:
            return False
        self.samples.append(kept)
        return True

    def _settled(self, request: ChatRequest) -> bool:
        """Return whether this very request has an answer, or a failure that is the model's own and counts as one."""
        key = (request.id, request.sample)
        if key in self.samples:
            return self.samples.tag(key) == request.hash
        counts = key in self.errors and self.errors.tag(key) == request.hash
        return counts and self.errors.read(key)["error"] in COUNTED_FAILURES and bool(self.errors.read(key)["final"])

    def loglikelihood(self, requests: list[Instance]) -> Any:
        """Not offered: a chat endpoint gives no likelihoods."""
        raise NotImplementedError("loglikelihood tasks need a completions endpoint")

    def loglikelihood_rolling(self, requests: list[Instance]) -> Any:
        """Not offered: a chat endpoint gives no likelihoods."""
        raise NotImplementedError("loglikelihood tasks need a completions endpoint")


def _response(graded: Graded) -> Response:
    response = Response(graded.extracted or "")
    response.graded = graded
    return response
