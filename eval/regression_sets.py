"""The sets of the regression check: lm-eval's tasks of each, how they are asked, and what they need on this machine.

SETS["mmlu"]      -> Set(tasks=("mmlu",), metric="acc", chat=False, shots=5, ...)
ready("ifeval")   -> None, or NotRun: "ifeval counts sentences with NLTK's data: python -m nltk.downloader punkt_tab"
"""

from dataclasses import dataclass

from eval.not_run import NotRun
from eval.regression_tasks import LANGUAGES


@dataclass(frozen=True)
class Set:
    """One set: lm-eval's tasks, its shots, whether it is asked in chat, and the metric that says what is right."""

    tasks: tuple[str, ...]
    metric: str
    chat: bool
    shots: int = 0
    more: tuple[str, ...] = ()  # metrics reported beside it


SETS = {
    "mmlu": Set(("mmlu",), "acc", chat=False, shots=5),
    "arc_challenge": Set(("arc_challenge",), "acc", chat=False, more=("acc_norm",)),
    "ifeval": Set(
        ("recipe_ifeval",),
        "prompt_level_strict_acc",
        chat=True,
        more=("inst_level_strict_acc", "prompt_level_loose_acc", "inst_level_loose_acc"),
    ),
    "mgsm": Set(tuple(f"recipe_mgsm_{language}" for language in LANGUAGES), "exact_match", chat=True),
}


def ready(name: str) -> None:
    """Raise NotRun where a set needs data of a package that is not here."""
    if name == "ifeval":
        import nltk  # type: ignore[import-untyped]

        try:
            nltk.data.find("tokenizers/punkt_tab")
        except LookupError as error:
            raise NotRun("ifeval counts sentences with NLTK's data: python -m nltk.downloader punkt_tab") from error
