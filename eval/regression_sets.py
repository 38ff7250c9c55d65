"""The sets of the regression check: lm-eval's tasks of each, how they are asked, and what they need on this machine.

SETS["mmlu"]      -> Set(tasks=("mmlu",), metric="acc", chat=False, shots=5, ...)
ready("ifeval")   -> None, or NotRun: "ifeval needs langdetect: pip install langdetect"
"""

from dataclasses import dataclass
from importlib.util import find_spec

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
    needs: tuple[str, ...] = ()  # packages


SETS = {
    "mmlu": Set(("mmlu",), "acc", chat=False, shots=5, needs=("tenacity",)),
    "arc_challenge": Set(("arc_challenge",), "acc", chat=False, more=("acc_norm",), needs=("tenacity",)),
    "ifeval": Set(
        ("recipe_ifeval",),
        "prompt_level_strict_acc",
        chat=True,
        more=("inst_level_strict_acc", "prompt_level_loose_acc", "inst_level_loose_acc"),
        needs=("langdetect", "immutabledict"),
    ),
    "mgsm": Set(tuple(f"recipe_mgsm_{language}" for language in LANGUAGES), "exact_match", chat=True),
}


def ready(name: str) -> None:
    """Raise NotRun where a set needs a package, or data of one, that is not here."""
    missing = [package for package in SETS[name].needs if find_spec(package) is None]
    if missing:
        raise NotRun(f"{name} needs {', '.join(missing)}: pip install {' '.join(missing)}")
    if name == "ifeval":
        import nltk  # type: ignore[import-untyped]

        try:
            nltk.data.find("tokenizers/punkt_tab")
        except LookupError as error:
            raise NotRun("ifeval counts sentences with NLTK's data: python -m nltk.downloader punkt_tab") from error
