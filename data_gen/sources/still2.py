"""`still2`: long reasoning of other teachers, published with its answers: they come ready and no teacher is asked.

    sources:
      still2:
        domains: [physics, chemistry, biology, puzzle]     # of these, math and code

    {"question": "...", "combined_text": "<|begin_of_thought|>\\n\\n... <|end_of_solution|>", "domain": "physics"}
    -> Ready({"id": "still2-5c0d...", "domain": "science", "verifier": "none", "gold": {}, ...}, (Trace(...),))

Columns, tags and licence (Apache-2.0): https://huggingface.co/datasets/RUC-AIBOX/long_form_thought_data_5k and
https://github.com/RUCAIBox/Slow_Thinking_with_LLMs. Ids are hashes of questions. Nothing of it can be verified: rows are
taken at their authors' word and counted apart. Dropped: no_sections (the four tags do not stand in it once and in order),
no_question, picture, bad_row (a column holds no text).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from data_gen.records import Domain, Problem, Trace
from data_gen.sections import split_sections
from data_gen.sources.hub import HubConfig, rows
from data_gen.sources.published_rows import Ids, question_of, text_of
from data_gen.sources.source import Dropped, Item, Ready
from data_gen.verifiers import gold

DOMAINS: dict[str, Domain] = {
    "math": "math",
    "code": "code",
    "physics": "science",
    "chemistry": "science",
    "biology": "science",
    "puzzle": "puzzle",
}


class Still2Config(HubConfig):
    """Keys of `still2`: which domains."""

    FILES = ("data/train-*.parquet",)

    repo: str | None = "RUC-AIBOX/long_form_thought_data_5k"
    domains: list[Literal["math", "physics", "chemistry", "biology", "code", "puzzle"]]  # those to keep

    def count(self) -> int | None:
        """Return 0: nothing is asked of the teacher."""
        return 0


def read(config: Still2Config, recipe: Path) -> Iterator[Item]:
    """Yield a problem and its answer a row of the wanted domains."""
    ids = Ids("still2")
    for number, row in enumerate(rows(config, recipe, ["question", "combined_text", "domain"])):
        key = ids.of(row["question"])
        if row["domain"] not in config.domains:
            continue
        try:
            question, text = question_of(row, "question"), text_of(row, "combined_text")
        except gold.Dropped as error:
            yield Dropped(key, str(error))
            continue
        if split_sections(text) is None:
            yield Dropped(key, "no_sections")
            continue
        problem = Problem(
            id=key,
            source="still2",
            domain=DOMAINS[row["domain"]],
            question=question,
            verifier="none",
            gold={},
            license="Apache-2.0",
            meta={"domain": row["domain"], "row": number},
        )
        yield Ready(problem, (Trace(id=problem.id, text=text),))
