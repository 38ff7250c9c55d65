"""What was paid for and is of no use today: answers to requests that were edited since, and what failures cost.

    with Aside(folder / "02_traces.superseded.jsonl") as aside:
        aside.put(row)                              # once, however often it is put
        aside.answer(("q1", 0), request.hash)       # -> the row again, when the edit is taken back

A journal like any other, but for its key: a question may have several rows, each of another request. Used by the stages
that pay (`answers.py`) and by evaluation.
"""

from data_gen.journal import Journal, Key
from data_gen.records import Row


class Aside(Journal):
    """Rows that were paid for and are of no use today, each once: a question may have several, of different requests."""

    def _key(self, row: Row) -> Key:
        return f"{row['id']}\n{row.get('request')}\n{row.get('error')}", row["sample"]

    def holds(self, row: Row) -> bool:
        """Return whether this very row is kept here."""
        return self._key(row) in self

    def answer(self, key: Key, request: str) -> Row | None:
        """Return the whole answer to a request that is kept here, or None."""
        known = f"{key[0]}\n{request}\n{None}", key[1]
        return self.read(known) if known in self else None

    def put(self, row: Row) -> None:
        """Keep a row, unless it is there already."""
        if not self.holds(row):
            self.append(row)
