"""The sets of the regression check: lm-eval's tasks of each, how they are asked, and what they need on this machine.

SETS["mmlu"]      -> Set(tasks=("mmlu",), metric="acc", chat=False, questions=14042, shots=5, ...)
ready("ifeval")   -> None, or NotRun: "ifeval needs NLTK's sentences: .venv/bin/python -m nltk.downloader punkt_tab"

`questions` and `likelihoods` are what lm-eval asks of a whole set: the 14,042 questions of mmlu have four choices each; the
1,172 of arc_challenge, some with three or five, are 4,687 likelihoods in the log of a published run of lm-eval (QuantTrio's
of Qwen3-VL-235B). 541 prompts of IFEval: Zhou et al. 2023, arXiv:2311.07911. 250 problems of MGSM in each of 11 languages,
English among them: Shi et al. 2022, arXiv:2210.03057.
"""

from dataclasses import dataclass

from eval.not_run import NotRun

LANGUAGES = "bn de en es fr ja ru sw te th zh".split()


@dataclass(frozen=True)
class Set:
    """One set: lm-eval's tasks, its shots, whether it is asked in chat, and the metric that says what is right."""

    tasks: tuple[str, ...]
    metric: str
    chat: bool
    questions: int
    shots: int = 0
    more: tuple[str, ...] = ()  # metrics reported beside it
    likelihoods: int = 0  # prompts, one for each choice, where it is not asked in chat
    prompt_tokens: int | None = None  # of such a prompt in the mean, where somebody told


SETS = {
    "mmlu": Set(
        ("mmlu",),
        "acc",
        chat=False,
        questions=14042,
        shots=5,
        likelihoods=56168,
        # 3,212 characters in the mean with five examples, counted by evalscope, which says a little more around them
        # (evalscope.readthedocs.io/en/v1.6.0/benchmarks/mmlu.html), at four characters a token.
        prompt_tokens=800,
    ),
    "arc_challenge": Set(("arc_challenge",), "acc", chat=False, questions=1172, more=("acc_norm",), likelihoods=4687),
    "ifeval": Set(
        ("recipe_ifeval",),
        "prompt_level_strict_acc",
        chat=True,
        questions=541,
        more=("inst_level_strict_acc", "prompt_level_loose_acc", "inst_level_loose_acc"),
    ),
    "mgsm": Set(
        tuple(f"recipe_mgsm_{language}" for language in LANGUAGES),
        "exact_match",
        chat=True,
        questions=250 * len(LANGUAGES),
    ),
}


def ready(name: str) -> None:
    """Raise NotRun where a set needs data of a package that is not here."""
    if name == "ifeval":
        import nltk  # type: ignore[import-untyped]

        try:
            nltk.data.find("tokenizers/punkt_tab")
        except LookupError as error:
            raise NotRun("ifeval needs NLTK's sentences: .venv/bin/python -m nltk.downloader punkt_tab") from error
