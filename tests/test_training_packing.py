"""Packing as LLaMA-Factory does it: how many rows meet in a step of sky_t1_fast, and how each token weighs in the loss."""

import importlib.util
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen import train_env
from launch.training.hours import EPOCH_TOKENS, ROWS
from tests.conftest import ROOT
from tests.test_end_to_end import SMALL

PAGE = (ROOT / "docs/training_configs.md").read_text(encoding="utf-8")
FAST: dict[str, Any] = yaml.safe_load((ROOT / "llamafactory_configs/sky_t1_fast.yaml").read_text(encoding="utf-8"))
STEP = 8 * FAST["gradient_accumulation_steps"]  # sequences
ROW = EPOCH_TOKENS / ROWS  # 4,085 tokens
SHARES, BATCH = FAST["preprocessing_num_workers"], 1000  # and LLaMA-Factory's preprocessing_batch_size
pytestmark = pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")


def of_published_mean(quantile: Callable[[float], float]) -> list[int]:
    """Return as many lengths as there are published rows, in a fixed random order: a distribution scaled so that rows up to
    16,384 tokens have the published mean, the longer ones left out as the recipe does."""
    shape = [quantile((place + 0.5) / ROWS) for place in range(ROWS)]
    low, high = 0.5 * ROW / statistics.fmean(shape), 3 * ROW / statistics.fmean(shape)
    for _ in range(40):
        scale = (low + high) / 2
        kept = [scale * value for value in shape if scale * value <= 16384]
        low, high = (scale, high) if statistics.fmean(kept) < ROW else (low, scale)
    spread = [int(kept[int((place + 0.5) * len(kept) / ROWS)]) for place in range(ROWS)]
    random.Random(0).shuffle(spread)
    return spread


def packed(lengths: list[int], cutoff: int, shares: int = SHARES, batch: int = BATCH) -> list[list[int]]:
    """Pack as LLaMA-Factory does: each process takes its share of the rows and packs a batch at a time."""
    (file,) = (ROOT / ".venv-train/lib").glob("python*/site-packages/llamafactory/data/processor/processor_utils.py")
    spec = importlib.util.spec_from_file_location("processor_utils", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["processor_utils"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    share, more = divmod(len(lengths), shares)
    ends = [place * share + min(place, more) for place in range(shares + 1)]
    parts = [lengths[start:end] for start, end in pairwise(ends)]
    batches = [rows[start : start + batch] for rows in parts for start in range(0, len(rows), batch)]
    capacity = cutoff - 1  # data_args.py takes one off
    return [pack for rows in batches for pack in module.greedy_knapsack([min(n, capacity) for n in rows], capacity)]


def measured(label: str, lengths: list[int]) -> str:
    """Return a row of the page's table: how many rows meet in a step of 24 sequences."""
    packs = packed(lengths, FAST["cutoff_len"])
    random.Random(0).shuffle(packs)
    steps = [packs[start : start + STEP] for start in range(0, len(packs) - STEP + 1, STEP)]
    rows = [sum(map(len, step)) for step in steps]
    full = sum(lengths) / len(packs) / FAST["cutoff_len"]
    of_mean = statistics.pstdev(lengths) / statistics.fmean(lengths)
    mean = STEP * len(lengths) / len(packs)
    cells = (
        label,
        f"{of_mean:.2f}",
        f"{len(packs):,}",
        f"{100 * full:.1f} %",
        f"{mean:.1f}",
        f"{statistics.pstdev(rows):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def lognormal(sigma: float) -> Callable[[float], float]:
    return lambda share: math.exp(sigma * statistics.NormalDist().inv_cdf(share))


SHAPES_OF_LENGTHS: dict[str, Callable[[float], float]] = {
    "all equal": lambda share: 1.0,
    "lognormal, 0.3": lognormal(0.3),
    "lognormal, 0.5": lognormal(0.5),
    "lognormal, 0.7": lognormal(0.7),
    "lognormal, 0.9": lognormal(0.9),
    "exponential": lambda share: -math.log(1 - share),
}


@pytest.mark.parametrize("label", SHAPES_OF_LENGTHS)
def test_a_step_of_packed_rows_holds_the_published_96_on_average_whatever_the_spread(label):
    row = measured(label, of_published_mean(SHAPES_OF_LENGTHS[label]))
    assert float(row.split("|")[5]) == pytest.approx(96, rel=0.025)
    assert row in [re.sub(r" +", " ", line) for line in PAGE.splitlines()]


def test_a_row_of_another_mean_length_needs_another_number_of_sequences():
    half = packed([int(n / 2) for n in of_published_mean(lognormal(0.5))], FAST["cutoff_len"])
    assert STEP * ROWS / len(half) == pytest.approx(2 * 96, rel=0.025)


# --- LLaMA-Factory itself -----------------------------------------------------------------------------------------------

SMALL_MODEL = pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here")


def dataset(folder: Path, rows: list[tuple[str, str]]) -> dict[str, Any]:
    """Write a dataset folder and return the options of a training on it."""
    told = [{"conversations": [{"from": "user", "value": q}, {"from": "assistant", "value": a}]} for q, a in rows]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told))
    tags = {"role_tag": "from", "content_tag": "value", "user_tag": "user", "assistant_tag": "assistant"}
    info = {"file_name": "rows.jsonl", "formatting": "sharegpt", "columns": {"messages": "conversations"}, "tags": tags}
    (folder / "dataset_info.json").write_text(json.dumps({"rows": info}))
    return {
        "model_name_or_path": str(SMALL), "stage": "sft", "do_train": True, "finetuning_type": "full", "use_cpu": True,
        "template": "smollm2", "cutoff_len": 512, "dataset": "rows", "dataset_dir": str(folder), "report_to": "none",
        "output_dir": str(folder / "out"), "per_device_train_batch_size": 1, "max_steps": 1, "logging_steps": 1,
        "save_strategy": "no", "overwrite_cache": True, "seed": 0,
    }  # fmt: skip


def in_train_env(code: str, *words: str | Path) -> str:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([train_env.PYTHON, "-c", code, *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


PACK = """
import json, sys
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
found = []
for options in json.load(open(sys.argv[1])):
    model, data, training, _, _ = get_train_args(options)
    tools = load_tokenizer(model)
    template = get_template_and_fix_tokenizer(tools["tokenizer"], data)
    rows = get_dataset(template, model, data, training, stage="sft", **tools)["train_dataset"]
    masks = rows["attention_mask"]
    found.append([[sum(mask == place for mask in row) for place in range(1, max(row) + 1)] for row in masks])
print()
print(json.dumps(found))
"""


@pytest.mark.slow
@SMALL_MODEL
def test_llama_factory_packs_in_shares_and_batches_one_token_below_the_cutoff_as_measured(tmp_path):
    options = dataset(tmp_path, [(f"{n}?", "so " * (n * 37 % 230)) for n in range(1, 61)]) | {"cutoff_len": 256}
    packing = {"neat_packing": True, "preprocessing_num_workers": 2, "preprocessing_batch_size": 20}
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([options, options | packing]))
    apart, together = json.loads(in_train_env(PACK, asked).splitlines()[-1])
    assert together == packed([row[0] for row in apart], 256, shares=2, batch=20)
    assert 1 < statistics.fmean(map(len, together)) < 10


@pytest.mark.slow
@SMALL_MODEL
@pytest.mark.parametrize("size", [0.25, 7])
def test_rows_that_val_size_holds_out_are_not_counted_as_trained_on(tmp_path, size):
    options = dataset(tmp_path, [(f"{n}?", "so " * (n * 37 % 230)) for n in range(1, 21)]) | {"val_size": size, "seed": 7}
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([options]))
    (used,) = json.loads(in_train_env(PACK, asked).splitlines()[-1])
    told = train_env.load_dataset(train_env.Training(tmp_path / "x.yaml", options), tmp_path, "rows")
    assert told["lengths"] == [row[0] for row in used]
    assert (told["rows"], told["written"], told["tokens"]) == (len(used), len(used), sum(told["lengths"]))


ANSWERS = [
    ("What is 2+2?", "4."),
    ("Name a fruit.", "An apple is a fruit that grows on trees, and it is red or green."),
    ("Tell a story.", " ".join(f"Then the fox number {n} ran over the hill and said hello to the bear." for n in range(6))),
    ("Give random letters.", " ".join("qz xv jk wq pp zx"[n % 15 : n % 15 + 3] for n in range(90))),
]
RUN = """
import json, sys
from llamafactory.train.tuner import run_exp
for options in json.load(open(sys.argv[1])):
    run_exp(options)
"""


@pytest.mark.slow
@SMALL_MODEL
def test_a_token_weighs_the_same_in_a_packed_sequence_as_in_rows_apart(tmp_path):
    ways = {
        "apart": {"gradient_accumulation_steps": 4},
        "together": {"gradient_accumulation_steps": 1, "neat_packing": True},
        "seeing each other": {"gradient_accumulation_steps": 1, "packing": True},
    }
    options = dataset(tmp_path, ANSWERS)
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([options | way | {"output_dir": str(tmp_path / name)} for name, way in ways.items()]))
    in_train_env(RUN, asked)
    logs = {name: json.loads((tmp_path / name / "trainer_state.json").read_text("utf-8"))["log_history"][0] for name in ways}
    steps = {name: (log["loss"], log["grad_norm"]) for name, log in logs.items()}
    assert steps["together"] == pytest.approx(steps["apart"], rel=1e-5)
    assert steps["seeing each other"][0] > steps["apart"][0] + 0.1
