"""`apps`, `taco`, `numina`, `still2`: their YAML and their sizes, so that a recipe can be checked and planned.

Reading their rows is not built yet: `collect` refuses a recipe that names them, `make data DRY=1` plans it.
Sizes are of the published sets: APPS test 5,000 (https://github.com/hendrycks/apps); TACO train MEDIUM 3,244 and test
1,000; NuminaMath-CoT math 7,477, amc_aime 4,070, olympiads the first 20,000, as the Sky-T1 scripts take them
(https://github.com/NovaSky-AI/SkyThought).
"""

from typing import Literal

from data_gen.sources.source import Difficulty, HubConfig
from data_gen.yaml_schema import Strict


class AppsConfig(HubConfig):
    """Keys of `apps`."""

    split: Literal["train", "test"] = "test"

    def count(self) -> int | None:
        """Return the number of published rows: 5,000 in either split."""
        return min(5000, self.limit or 5000)


class TacoConfig(HubConfig):
    """Keys of `taco`: which difficulties of the train split, and whether the test split comes too."""

    train_difficulties: list[Literal["EASY", "MEDIUM", "MEDIUM_HARD", "HARD", "VERY_HARD"]] = ["MEDIUM"]
    test: bool = True

    def count(self) -> int | None:
        """Return the number of published rows, or None for a choice whose size we have not read."""
        if self.train_difficulties != ["MEDIUM"]:
            return None
        rows = 3244 + (1000 if self.test else 0)
        return min(rows, self.limit or rows)


class NuminaSubset(Strict):
    """One `source` of NuminaMath-CoT: the first rows to look at, and the difficulty wanted."""

    first: int | None = None
    difficulty: Difficulty = Difficulty()


class NuminaConfig(HubConfig):
    """Keys of `numina`: its subsets by name."""

    subsets: dict[Literal["math", "amc_aime", "olympiads"], NuminaSubset] = {}

    def count(self) -> int | None:
        """Return the published rows before the difficulty filter, or None for olympiads without `first`."""
        sizes = {"math": 7477, "amc_aime": 4070, "olympiads": None}
        rows = [subset.first or sizes[name] for name, subset in self.subsets.items()]
        known = [count for count in rows if count is not None]
        return sum(known) if len(known) == len(rows) else None


class Still2Config(HubConfig):
    """Keys of `still2`: which domains; its answers come ready, so it costs no requests."""

    domains: list[Literal["math", "physics", "chemistry", "biology", "code", "puzzle"]]

    def count(self) -> int | None:
        """Return 0: nothing is asked of the teacher."""
        return 0
