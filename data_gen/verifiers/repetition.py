"""Does a trace loop? Small models end in a sentence said over and over, which nobody should be trained on.

    loops("... " + "Wait, let me check again. " * 40)   -> "ends in 40 repeats of 26 characters"
    loops("A trace that thinks, checks itself twice and answers.")   -> None

Two signs: the text ends in one passage repeated at least REPEATS times over at least SPAN characters, or one sentence of
at least SENTENCE characters comes at least TIMES times in all. Lists with a changing number ("n=1: ...", "n=2: ...") are no
loop. Not found: loops that say the same in other words.
"""

import re
from collections import Counter

REPEATS = 5
SPAN = 400  # characters
TAIL = 20_000  # characters looked at for the first sign
SENTENCE = 30  # characters
TIMES = 12

_SENTENCES = re.compile(r"[.!?\n]+\s*")


def loops(text: str) -> str | None:
    """Return what repeats, or None."""
    if len(text) < SPAN:
        return None
    if found := _tail_period(text[-TAIL:]):
        span, period = found
        return f"ends in {span // period} repeats of {period} characters"
    if len(text) < SENTENCE * TIMES:
        return None
    sentences = Counter(sentence for sentence in _SENTENCES.split(text) if len(sentence) >= SENTENCE)
    for sentence, times in sentences.most_common(1):
        if times >= TIMES:
            return f"says {times} times: {sentence[:80]}"
    return None


def _tail_period(text: str) -> tuple[int, int] | None:
    """Return (length, period) of the longest end that repeats often enough, by its border table (Knuth-Morris-Pratt)."""
    turned = text.rstrip()[::-1]
    border, borders, found = 0, [0] * len(turned), None
    for place in range(1, len(turned)):
        while border and turned[place] != turned[border]:
            border = borders[border - 1]
        border += turned[place] == turned[border]
        borders[place] = border
        length = place + 1
        if length >= SPAN and length >= REPEATS * (length - border):
            found = (length, length - border)
    return found
