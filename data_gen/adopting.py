"""Published ShareGPT rows on their way into the mixture: what is dropped and why, and what is counted of them.

    adopting = Adopting("NovaSky-AI/Sky-T1_data_17k", license=None)
    for row in adopting.rows(published): ...       -> {"id": "Sky-T1_data_17k-00000000", "ok": null, "user": "...", ...}
    adopting.counts()                              -> {"rows": 16401, "unique": 15586, "questions": 15586, ...}

Hashes of the texts are held, no text. Used by adopt.
"""

import hashlib
import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from data_gen.journal import write_text
from data_gen.progress import bar
from data_gen.records import Domain, Failure, Row, read_rows
from data_gen.sections import split_sections, thought_solution
from data_gen.sharegpt import text_fault
from data_gen.tally import Tally

# Rows as counted in https://github.com/NovaSky-AI/SkyThought/issues/33: all, and unique.
KNOWN_COUNTS = {"NovaSky-AI/Sky-T1_data_17k": (16_401, 15_586)}
ROLES = {"user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant"}


def _texts(row: Row) -> tuple[str, str] | None:
    """Return what the user and the assistant say, or None where a row is not one turn of each, in that order."""
    turns = row["conversations"]
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        return None
    values = [turn.get("value") for turn in turns]
    if [ROLES.get(str(turn.get("from"))) for turn in turns] != ["user", "assistant"]:
        return None
    user, assistant = values
    return (user, assistant) if isinstance(user, str) and isinstance(assistant, str) else None


def _said(row: Row, key: str) -> str | None:
    """Return what a published row says of itself under a key, as a text: some have a list there."""
    value = row.get(key)
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


class Adopting:
    """Published rows on their way into the mixture."""

    def __init__(self, name: str, license: str | None) -> None:
        self._name, self._license = name, license
        self._stem = Path(name).name.removesuffix(".gz").rsplit(".", 1)[0] if "/" not in name else name.split("/")[-1]
        self._first: dict[bytes, str] = {}  # a row's two texts -> its id
        self._questions: set[bytes] = set()
        self._answers: set[bytes] = set()
        self._system: str | None = None  # the first one
        self._systems: set[bytes] = set()
        self._read = self._respaced = 0
        self.tally = Tally()
        self.dropped: list[Failure] = []

    def rows(self, published: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows of the mixture, without tokens."""
        with bar(None, " rows", "adopt") as progress:
            for number, row in enumerate(published):
                progress.update(1)
                self._read += 1
                one = f"{self._stem}-{number:08}"
                texts = _texts(row)
                if texts is None:
                    self._drop(one, "turns", str(row["conversations"])[:200])
                    continue
                earlier = self._remember(one, *texts)
                if earlier:
                    self._drop(one, "duplicate", f"both texts are those of {earlier}")
                    continue
                user, assistant = texts
                sections = split_sections(assistant)
                formed = thought_solution(*sections) if sections else assistant
                if fault := text_fault(user, formed):
                    self._drop(one, "empty" if "empty" in fault else "form", fault)
                    continue
                self._respaced += formed != assistant
                self._note_system(str(row.get("system") or ""))
                yield self._row(one, row, user, formed)

    def _remember(self, one: str, user: str, assistant: str) -> str | None:
        """Return the id of an earlier row with the same two texts, or None."""
        question, answer = (hashlib.blake2b(text.encode("utf-8", "replace")).digest()[:16] for text in (user, assistant))
        self._questions.add(question)
        self._answers.add(answer)
        earlier = self._first.setdefault(question + answer, one)
        return earlier if earlier != one else None

    def _note_system(self, prompt: str) -> None:
        self._system = prompt if self._system is None else self._system
        self._systems.add(hashlib.blake2b(prompt.encode("utf-8", "replace")).digest())

    def _drop(self, one: str, reason: str, detail: str) -> None:
        self.tally.drop(reason, self._name)
        self.dropped.append(Failure(id=one, request="", error=reason, detail=detail, attempts=1, final=True))

    def _row(self, one: str, row: Row, user: str, assistant: str) -> Row:
        """Return a row of the mixture: what the published row says of itself is kept, nothing counts as verified."""
        domain = row.get("domain")
        return {
            "id": one,
            "sample": 0,
            "source": self._name,
            "domain": domain if domain in get_args(Domain) else None,
            "license": _said(row, "license") or self._license,
            "teacher": _said(row, "teacher"),
            "rewriter": _said(row, "rewriter"),
            "ok": None,
            "reason": "unchecked",
            "tier": None,
            "difficulty": None,
            "pass_rate": None,
            "tokens": None,
            "user": user,
            "assistant": assistant,
        }

    def within(self, rows: Path, lengths: "array[int] | None", cutoff: int) -> Iterator[Row]:
        """Yield the rows with their tokens, those over the cutoff left out."""
        for place, row in enumerate(read_rows(rows)):
            if lengths is not None and lengths[place] > cutoff:
                self._drop(row["id"], "over_cutoff", f"{lengths[place]} tokens, the cutoff is {cutoff}")
                continue
            row["tokens"] = lengths[place] if lengths is not None else None
            self.tally.keep(self._name)
            yield row

    def counts(self) -> dict[str, int]:
        """Return what was found of the published rows, whatever was dropped for its form."""
        different = {"unique": len(self._first), "questions": len(self._questions), "answers": len(self._answers)}
        return {"rows": self._read, **different, "system_prompts": len(self._systems), "respaced": self._respaced}

    def tell(self, repo: str | None) -> None:
        """Print what was found, and beside it what is known of the published set."""
        found = self.counts()
        print(
            f"adopt     {found['rows']:,} rows, {found['unique']:,} unique, of {found['questions']:,} different questions "
            f"and {found['answers']:,} different answers; white space around tags set to ours in {found['respaced']:,}"
        )
        if repo in KNOWN_COUNTS:
            same = "the same" if KNOWN_COUNTS[repo] == (found["rows"], found["unique"]) else "NOT the same"
            rows, unique = KNOWN_COUNTS[repo]
            print(f"adopt     {same} as in NovaSky-AI/SkyThought#33: {rows:,} rows, {unique:,} unique")

    def write_system_prompt(self, path: Path, ours: str | None) -> None:
        """Write the system prompt that all rows share, and say how it compares with the recipe's."""
        path.unlink(missing_ok=True)
        prompt = self._system or ""
        if len(self._systems) != 1 or not prompt.strip():
            print(f"adopt     {len(self._systems)} system prompts, none kept: export writes the recipe's")
            return
        write_text(path, prompt)
        if ours is not None and ours != prompt.strip():
            print("adopt     the recipe's system prompt is another than the rows' own: export writes the recipe's")
        print(f"adopt     the rows' own system prompt: {path.resolve()}: a recipe's student.system_prompt can name it")
