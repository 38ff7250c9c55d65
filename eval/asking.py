"""Our model in lm-eval: it asks through the project's chat client and journal, and its answers know how to be graded.

lm-eval's own chat client sends one seed with every repeat, keeps one of them, tells neither finish_reason nor usage, and
gives up everything after three tries. This one sends a seed of its own with each sample, keeps every response on disk
before it is counted, resumes, and hands each over as a `Response`: a string that carries its trace.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvloop
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from data_gen.chat import ask_all
from data_gen.cli import Unfinished
from data_gen.config import Endpoint
from data_gen.journal import Journal
from data_gen.progress import bar
from data_gen.prompts import Message, messages
from data_gen.records import Failure, Problem, Trace, Verdict
from data_gen.responses import ChatRequest, Sampling, seed_of

# What a model may do wrong. Anything else (a context that the server makes too short, say) is the server's fault: no score.
COUNTED_FAILURES = {"content_filter", "refusal", "empty", "malformed"}


@dataclass(frozen=True)
class Protocol:
    """How a model is asked: everything that decides an answer beside the question."""

    sampling: Sampling
    seed: int
    system: str | None
    shots: list[Message]


class Response(str):
    """A model's answer as lm-eval sees it (its text), with `grade`, which asks the project's verifier."""

    grade: Callable[[], Verdict]


@register_model("journalled-chat")
class JournalledChat(LM):
    """lm-eval's model interface over an OpenAI-compatible endpoint.

    `samples` and `errors` are open journals; `grade` turns a problem and its trace (or final failure) into a verdict.
    """

    def __init__(
        self,
        protocol: Protocol,
        endpoints: list[Endpoint],
        timeout_s: float,
        retries: int,
        samples: Journal,
        errors: Journal,
        grade: Callable[[Problem, Trace | Failure], Verdict],
        title: str,
    ) -> None:
        super().__init__()
        self.protocol, self.endpoints = protocol, endpoints
        self.timeout_s, self.retries = timeout_s, retries
        self.samples, self.errors, self.grade, self.title = samples, errors, grade, title

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Answer every request, a repeat of a problem being its next sample. Raises Unfinished when some have none yet."""
        asked: list[ChatRequest] = []
        problems: list[Problem] = []
        repeats: Counter[str] = Counter()
        for request in requests:
            problem = Problem.model_validate_json(request.doc["problem"])
            said = messages(self.protocol.system, self.protocol.shots, request.args[0])
            sample = repeats[problem.id]
            repeats[problem.id] += 1
            seed = seed_of(self.protocol.seed, problem.id, sample)
            asked.append(ChatRequest(problem.id, sample, said, seed, self.protocol.sampling))
            problems.append(problem)
        self._ask([request for request in asked if not self._settled(request)])
        missing = [request for request in asked if not self._settled(request)]
        if missing:
            key = (missing[0].id, missing[0].sample)
            why = f" ({self.errors.read(key)['detail'][:300]})" if key in self.errors else ""
            raise Unfinished(f"{len(missing)} of {len(asked)} answers are missing{why}; run the same again")
        return [self._response(request, problem) for request, problem in zip(asked, problems, strict=True)]

    def _settled(self, request: ChatRequest) -> bool:
        """Return whether this very request has an answer, or a failure that is the model's own and counts as one."""
        key = (request.id, request.sample)
        if key in self.samples:
            return self.samples.tag(key) == request.hash
        counts = key in self.errors and self.errors.tag(key) == request.hash
        return counts and self.errors.read(key)["error"] in COUNTED_FAILURES and bool(self.errors.read(key)["final"])

    def _ask(self, missing: list[ChatRequest]) -> None:
        if not missing:
            return
        with bar(len(missing), " answers", self.title) as progress:

            def record(outcome: Trace | Failure) -> None:
                (self.samples if isinstance(outcome, Trace) else self.errors).append(outcome.row())
                progress.update(1)

            uvloop.run(ask_all(missing, self.endpoints, self.timeout_s, self.retries, record, keep_truncated=True))

    def _response(self, request: ChatRequest, problem: Problem) -> Response:
        key = (request.id, request.sample)
        outcome: Trace | Failure
        if key in self.samples:
            outcome = Trace.model_validate(self.samples.read(key))
            response = Response(outcome.text)
        else:
            outcome = Failure.model_validate(self.errors.read(key))
            response = Response("")
        response.grade = lambda: self.grade(problem, outcome)
        return response

    def loglikelihood(self, requests: list[Instance]) -> Any:
        """Not offered: a chat endpoint gives no likelihoods."""
        raise NotImplementedError("loglikelihood tasks need a completions endpoint")

    def loglikelihood_rolling(self, requests: list[Instance]) -> Any:
        """Not offered: a chat endpoint gives no likelihoods."""
        raise NotImplementedError("loglikelihood tasks need a completions endpoint")
