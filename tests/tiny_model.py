"""A model small enough to train in seconds on a CPU: a random Llama of three layers with the small model's tokenizer.

    make_tiny_model(tmp_path / "tiny")   -> a folder that transformers loads, 6.6 million weights, equal on every machine

It needs `.venv-train` (torch) and runs/models/SmolLM2-135M-Instruct (the tokenizer; `make quickstart` makes it). What it
says is noise: it is for tests of what becomes of losses, gradients and checkpoints.
"""

import subprocess
from pathlib import Path

import pytest

from data_gen import train_env
from tests.conftest import ROOT

SMALL = ROOT / "runs/models/SmolLM2-135M-Instruct"

needs_training = [
    pytest.mark.slow,
    pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here"),
    pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here"),
]

PROGRAM = """
import sys
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
config = LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
    num_key_value_heads=2, bos_token_id=1, eos_token_id=2, pad_token_id=2,
)
LlamaForCausalLM(config).save_pretrained(sys.argv[2])
tokenizer.save_pretrained(sys.argv[2])
"""


def make_tiny_model(folder: Path) -> Path:
    """Write the model and its tokenizer into a folder; return it."""
    subprocess.run([train_env.PYTHON, "-c", PROGRAM, SMALL, folder], check=True, capture_output=True)
    return folder
