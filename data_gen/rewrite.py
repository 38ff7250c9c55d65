"""rewrite: every trace is put into a thought and a solution, the one form that is trained on.

    python -m data_gen.rewrite --recipe=recipes/quickstart --run=runs/quickstart

Reads 02_traces.jsonl, writes 03_rewritten.jsonl: the trace with `thought`, `solution` and `rewriter`; and
03_rewritten.errors.jsonl: traces that could not be put into the form, with why. `rules` costs nothing and changes no word.
`llm` asks the recipe's rewriting model (03_rewritten.answers.jsonl holds what it said, resumable as generate is) and uses
a rewrite only where it is faithful (`rewriters/fidelity.py`); where it is not, or none came, `unfaithful: rules` takes the
rules' sections and `unfaithful: drop` drops the trace, by reason. Traces that hold one of the form's four tags are not asked
about: they are in the form already, or malformed.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from data_gen.answers import Answers, Needed
from data_gen.asked_model import chat_settings, opening, sampling_of
from data_gen.cli import command
from data_gen.config import ChatModel, dump
from data_gen.journal import Key, write_rows
from data_gen.lines import ById, LineFile
from data_gen.prompts import question, rewriting_question
from data_gen.recipe import Recipe, load_recipe
from data_gen.records import Failure, Problem, Row, Trace, read_records, record_of
from data_gen.responses import ChatRequest, seed_of
from data_gen.rewriters.fidelity import fault
from data_gen.rewriters.rules import UNTHINK, by_rules
from data_gen.run_folder import Run, errors_of
from data_gen.sections import TAGS, split_sections
from data_gen.stage import Stage


def main(recipe: str, run: str, limit: int | None = None, retry_final: bool = False) -> None:
    """Rewrite the run's traces into thought and solution; `limit` takes the first traces only, `retry_final` asks the
    rewriting model once more where it failed for good."""
    config = load_recipe(recipe)
    folder = Run(Path(run))
    own = {key: value for key, value in dump(config.rewriter).items() if key != "chat"}
    chat = config.rewriter.chat if config.rewriter.kind == "llm" else None
    settings: dict[str, Any] = {"rewriter": own if config.rewriter.kind == "llm" else {"kind": "rules"}}
    if chat is not None:
        settings |= {"seed": config.seed, "chat": chat_settings(chat, config)}
    inputs = [folder.problems, folder.traces]
    outputs = [folder.rewritten] + ([folder.rewrites] if chat is not None else [])
    with Stage(folder, "rewrite", settings, inputs, outputs, limit, retry_final) as stage:
        if stage.finished:
            return
        with contextlib.ExitStack() as opened:
            rewriting = opened.enter_context(Rewriting(config, folder, limit))
            answers: Answers | None = None
            if chat is not None:
                answers = opened.enter_context(Answers(folder.rewrites, stage, chat, config.budget_usd, retry_final))
                rewriting.answers = answers
            try:
                if answers is not None:
                    answers.ask(rewriting.requests, folder.folder / "logs/rewriter.log", "rewrites")
            finally:
                write_rows(folder.rewritten, rewriting.rows())
                write_rows(errors_of(folder.rewritten), rewriting.failures())
                rewriting.tell(stage)
            if answers is not None:
                answers.check_whole()


class Rewriting:
    """The traces of a run on their way into the form; no text is held. `answers` are the rewriting model's, where there is
    one."""

    def __init__(self, config: Recipe, folder: Run, limit: int | None) -> None:
        self._config, self._folder, self._limit = config, folder, limit
        self._problems = LineFile(folder.problems)
        self.answers: Answers | None = None
        self._request = requesting(config.rewriter.chat, config) if config.rewriter.chat else None
        self._dropped: dict[Key, str] = {}
        self.counts: Counter[str] = Counter()  # traces, kept, and kept by which rewriter
        self.unfaithful: Counter[str] = Counter()

    def __enter__(self) -> "Rewriting":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._problems.__exit__(kind, error, trace)

    def traces(self) -> Iterator[tuple[Trace, Problem | None]]:
        """Yield the traces in the order of their file, each with its problem, None where that was taken out since."""
        problems = ById(self._problems, Problem)
        for trace in islice(read_records(self._folder.traces, Trace), self._limit):
            found = problems.find(trace.id)
            yield trace, record_of(Problem, found, self._folder.problems, 0, 0) if found else None

    def requests(self, needed: Needed) -> Iterator[ChatRequest]:
        """Yield what is asked of the rewriting model."""
        for trace, problem in self.traces():
            if self._request and problem and not _tagged(trace) and needed((trace.id, trace.sample)):
                yield self._request(trace, problem)

    def rows(self) -> Iterator[Row]:
        """Yield the rewritten traces; which could not be rewritten, and why, is kept for `failures`."""
        for trace, problem in self.traces():
            self.counts["traces"] += 1
            if problem is None:
                self.counts["no_problem"] += 1
                continue
            by, sections, why = self._sections(trace, problem)
            if why:
                self.unfaithful[why] += 1
            if isinstance(sections, str):
                self._dropped[(trace.id, trace.sample)] = sections
                continue
            self.counts["kept"] += 1
            self.counts[by] += 1
            thought, solution = sections
            row = trace.row() | {"thought": thought, "solution": solution, "rewriter": by}
            yield row | {"unfaithful": why} if why else row

    def failures(self) -> Iterator[Row]:
        """Yield the traces that could not be rewritten, as failures."""
        if not self._dropped:
            return
        for trace in read_records(self._folder.traces, Trace):
            error = self._dropped.get((trace.id, trace.sample))
            if error is not None:
                yield _failure(trace, error).row()

    def _sections(self, trace: Trace, problem: Problem) -> tuple[str, tuple[str, str] | str, str | None]:
        """Return which rewriter, (thought, solution) or why there is none, and why a model's rewrite was not used."""
        why: str | None = None
        if self.answers is not None and self._request and not _tagged(trace):
            settings, key = self._config.rewriter, (trace.id, trace.sample)
            asked = self._request(trace, problem).hash  # what was said to another question or trace says nothing of this one
            whole, errors = self.answers.whole, self.answers.errors
            if key in whole and whole.tag(key) == asked:
                reply = whole.read(key)["text"]
                answering = trace.text.rpartition(UNTHINK)[2]
                why = fault(reply, whole_text(trace), problem, settings.min_kept, answering)
                sections = split_sections(reply)
                if why is None and sections is not None:
                    return self.answers.model.model, sections, None
            elif key in errors and errors.tag(key) == asked and errors.read(key)["final"]:
                why = str(errors.read(key)["error"])
            else:
                return "", "not_asked", None
            if settings.unfaithful == "drop":
                return "", why or "tags", why
        return "rules", by_rules(trace.text, trace.reasoning, problem.verifier == "code_tests"), why

    def tell(self, stage: Stage) -> None:
        """Print and keep the funnel's line, and which rewriter made how many rows."""
        reasons = Counter(self._dropped.values())
        reasons["no_problem"] = self.counts["no_problem"]
        stage.funnel(self.counts["traces"], self.counts["kept"], dict(reasons), "traces")
        made = {name: n for name, n in self.counts.items() if name not in ("traces", "kept", "no_problem")}
        stage.record["rewriters"] = made
        if self.unfaithful:
            stage.record["unfaithful"] = dict(self.unfaithful)
            told = ", ".join(f"{reason} {count:,}" for reason, count in self.unfaithful.most_common())
            then = "the rules' sections instead" if self._config.rewriter.unfaithful == "rules" else "dropped"
            print(f"rewrite   {self.unfaithful.total():,} rewrites not used, {then} ({told})")


def requesting(chat: ChatModel, config: Recipe) -> Callable[[Trace, Problem], ChatRequest]:
    """Return a function that makes the request to rewrite a trace."""
    conversation, sampling = opening(chat, config), sampling_of(chat)

    def request(trace: Trace, problem: Problem) -> ChatRequest:
        said = conversation(rewriting_question(question(problem), whole_text(trace)))
        return ChatRequest(trace.id, trace.sample, said, seed_of(config.seed, trace.id, trace.sample), sampling)

    return request


def _tagged(trace: Trace) -> bool:
    """Return whether a trace is in the form already, or malformed by the rules: either way nobody is asked."""
    return any(tag in whole_text(trace) for tag in TAGS)


def whole_text(trace: Trace) -> str:
    """Return all that the teacher said, thinking first."""
    if trace.reasoning and trace.reasoning.strip():
        return f"{trace.reasoning.strip()}\n\n{trace.text}"
    return trace.text.replace("<think>", "").replace("</think>", "\n")


def _failure(trace: Trace, error: str) -> Failure:
    return Failure(
        id=trace.id,
        sample=trace.sample,
        request=trace.request or "",
        error=error,
        detail=trace.text,
        attempts=1,
        final=error != "not_asked",
    )


if __name__ == "__main__":
    command(main)
