"""Runs of batches that end in the middle: a kill before or after any row of the journal and any call of the provider.

whole = run_until_killed(endpoint, folder, monkeypatch, 7, answered)     -> whether the run ended before its 8th moment
ask_missing(endpoint, folder, answered)                                 what is not in `answered` yet, as a stage asks
ask(requests(4), endpoint, folder, progress=killed)                     killed once its batches are submitted
"""

import itertools

import openai

from data_gen.batches.journal import BatchJournal
from tests.batches import ask, requests


class Killed(BaseException):
    """Stands for a kill: nothing in the code may catch it."""


def killed(*_):
    raise Killed


def die_at(monkeypatch, step):
    """Raise Killed at the given step; steps are the moments before and after each journal row and each HTTP call."""
    steps = itertools.count()

    def moment():
        if next(steps) == step:
            raise Killed

    append, call = BatchJournal.append, openai.AsyncOpenAI.request

    def dying_append(self, *arguments, **more):
        moment()
        append(self, *arguments, **more)
        moment()

    async def dying_call(self, *arguments, **more):
        moment()
        reply = await call(self, *arguments, **more)
        moment()
        return reply

    monkeypatch.setattr(BatchJournal, "append", dying_append)
    monkeypatch.setattr(openai.AsyncOpenAI, "request", dying_call)


def ask_missing(endpoint, folder, answered):
    """Ask for what is not in `answered` yet, as a stage does, and add what is recorded to it."""
    missing = [r for r in requests(10) if r.id not in answered]
    ask(missing, endpoint, folder, max_requests=5, record=lambda outcome: answered.update({outcome.id: outcome}))


def run_until_killed(endpoint, folder, monkeypatch, step, answered):
    """Run once with a kill at `step`. Return whether the run ended before it."""
    with monkeypatch.context() as patch:
        die_at(patch, step)
        try:
            ask_missing(endpoint, folder, answered)
        except Killed:
            return False
    return True
