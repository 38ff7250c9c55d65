"""Rows with the lengths of real traces, made of random words.

    lengths = row_lengths(16401)            [2617, 8944, ...], mean 4,085 tokens, at most 16,384
    write_dataset(folder, "bench", lengths, words=152000)

Sky-T1's rows are not here and their lengths were not published. Known are the mean (67 million tokens in 16,401 rows) and
the cut at 16,384. ASSUMED: a log-normal between them. SPREAD is the standard deviation of the logarithm; at 0.7 lengths
deviate by 0.68 of their mean, as those of real long traces do (docs/training_configs.md). `--lengths` of bench/train.py
takes the lengths of a run's own rows instead.
Not covered: rows of several turns, images.
"""

import json
import math
import random
from pathlib import Path
from statistics import NormalDist

from data_gen.sharegpt import dataset_info, sharegpt_row
from launch.training.hours import EPOCH_TOKENS, ROWS

LONGEST, SPREAD = 16384, 0.7
MEAN = EPOCH_TOKENS / ROWS
SHORTEST = 64  # the template's own tokens, a system prompt, a question and an answer
FRAME = 15  # tokens of the `qwen` template around the three texts, with the word tokenizer of train_model.py
QUESTION = 30  # words, beside its first


def row_lengths(rows: int, mean: float = MEAN, longest: int = LONGEST, spread: float = SPREAD) -> list[int]:
    """Return so many lengths in tokens, shuffled: the quantiles of a log-normal cut at `longest`, with that mean."""
    low, high = math.log(mean) - 4, math.log(longest)
    for _ in range(60):  # the mean rises with the middle of the log-normal
        middle = (low + high) / 2
        lengths = _quantiles(rows, NormalDist(middle, spread), longest)
        low, high = (middle, high) if sum(lengths) < mean * rows else (low, middle)
    random.Random(0).shuffle(lengths)
    return lengths


def _quantiles(rows: int, logarithm: NormalDist, longest: int) -> list[int]:
    below = logarithm.cdf(math.log(longest))
    values = (math.exp(logarithm.inv_cdf(below * (i + 0.5) / rows)) for i in range(rows))
    return [min(longest, max(SHORTEST, round(value))) for value in values]


def read_lengths(path: Path) -> list[int]:
    """Return the `tokens` of every row of a run's 05_mixture.jsonl."""
    with path.open(encoding="utf-8") as file:
        return [int(json.loads(line)["tokens"]) for line in file]


def write_dataset(folder: Path, name: str, lengths: list[int], words: int) -> None:
    """Write a dataset folder for LLaMA-Factory: rows of random words, each exactly as long as asked for."""
    random_ = random.Random(1)
    texts = [f" w{number}" for number in range(words)]
    folder.mkdir(parents=True)
    with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
        for length in lengths:
            said = random_.choices(texts, k=length - FRAME - 3)  # the three texts begin with a word of their own
            row = sharegpt_row("w0", "w0" + "".join(said[:QUESTION]), "w0" + "".join(said[QUESTION:]))
            file.write(json.dumps(row) + "\n")
    (folder / "dataset_info.json").write_text(json.dumps(dataset_info(name, f"{name}.jsonl")), encoding="utf-8")
