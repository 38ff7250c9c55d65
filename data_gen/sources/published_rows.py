"""What the readers of published rows share: an id for a row that has none, and the text of a column.

    ids = Ids("gsm8k-train")
    ids.of("Natalia sold ...")          -> "gsm8k-train-3f0c9a1be27d5566"
    ids.of("Natalia sold ...")          -> "gsm8k-train-3f0c9a1be27d5566-2", where the question comes again
    question_of({"question": " What is 1 + 1? "}, "question")   -> "What is 1 + 1?"

An id hangs on the question and on how often it came before, not on where the row stands: rows that are put in or taken out
elsewhere leave it as it was, and with it the answers that were paid for. Row numbers are in `meta.row`.
"""

import hashlib
import re
from collections import Counter

from data_gen.records import Row
from data_gen.verifiers.gold import Dropped

_PICTURE = re.compile(
    r"!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>|\\includegraphics(?:\[[^\]]*\])?\{[^}]*\}"
    r"|\[asy\].*?(?:\[/asy\]|\Z)|\[img\b[^\]]*\].*?(?:\[/img\]|\Z)",
    re.DOTALL | re.IGNORECASE,
)


class Ids:
    """Ids out of questions, under one name; some 100 bytes a question are held."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: Counter[bytes] = Counter()

    def of(self, question: object) -> str:
        """Return the id of the next row, whose question this is; rows that are passed over have to be told too."""
        digest = hashlib.sha256(str(question or "").strip().encode("utf-8", "replace")).digest()[:8]
        self._seen[digest] += 1
        again = f"-{self._seen[digest]}" if self._seen[digest] > 1 else ""
        return f"{self._name}-{digest.hex()}{again}"


def text_of(row: Row, column: str) -> str:
    """Return the text in a column, "" for null. Raises Dropped bad_row where it holds anything but a text."""
    value = row[column]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Dropped("bad_row")
    return value


def question_of(row: Row, column: str) -> str:
    """Return the question. Raises Dropped: bad_row; no_question; picture, where no word stands beside its pictures."""
    question = text_of(row, column).strip()
    if not question:
        raise Dropped("no_question")
    if not re.search(r"\w", _PICTURE.sub(" ", question)):
        raise Dropped("picture")
    return question
