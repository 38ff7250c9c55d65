"""What bench/train.py needs torch for, run with `.venv-train/bin/python`, JSON in and JSON out. Nothing is downloaded.

    .venv-train/bin/python bench/train_model.py model question.json answer.json     {"shape": {...}, "folder": "..."}
    .venv-train/bin/python bench/train_model.py rate question.json answer.json      {}
    .venv-train/bin/python bench/train_model.py packs question.json answer.json     {"lengths": [...], "capacity": 16383}

`model` writes a random Qwen2.5 of that shape in bf16 and a tokenizer of as many words as its vocabulary has ("w0 w17 w4").
`rate` times this chip's matrix product: bf16 on a GPU, fp32 on a CPU, as is trained there. `packs` asks LLaMA-Factory's own
packing which rows come together, in blocks of as many rows as its tokenization works on at once.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|unknown|>")
BLOCK = 1000  # rows: LLaMA-Factory's preprocessing_batch_size
TIMES = 10


def model(question: dict[str, Any]) -> dict[str, Any]:
    """Write config, weights and tokenizer into `folder`. The layers' weights are normal numbers, as before any training."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    shape, folder = question["shape"], question["folder"]
    words = [*SPECIAL, "\n", "system", "user", "assistant", "w0"]
    words += [f" w{number}" for number in range(shape["vocab"] - len(words))]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token=SPECIAL[3]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r" ?\S+|\s"), "isolated")
    tokenizer.decoder = decoders.Fuse()  # so that decoding gives the very text: `make train` compares prompts
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=SPECIAL[2], pad_token=SPECIAL[0], unk_token=SPECIAL[3]
    )
    fast.add_special_tokens({"additional_special_tokens": list(SPECIAL[1:2])})
    fast.save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=shape["vocab"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["intermediate"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv_heads"],
        max_position_embeddings=32768,
        rms_norm_eps=1e-6,
        rope_theta=1e6,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return {}


def rate(question: dict[str, Any]) -> dict[str, Any]:
    """Return the median FLOP/s of a square matrix product, its size and number format, and the chip's name."""
    import torch

    gpu = torch.cuda.is_available()
    size, kind = (8192, torch.bfloat16) if gpu else (2048, torch.float32)
    left, right = (torch.randn(size, size, dtype=kind, device="cuda" if gpu else "cpu") for _ in range(2))
    seconds = []
    for _ in range(TIMES + 3):  # the first ones warm the clocks
        started = time.perf_counter()
        left @ right
        if gpu:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return {
        "flops": 2 * size**3 / statistics.median(seconds[3:]),
        "size": size,
        "format": str(kind).removeprefix("torch."),
        "chip": torch.cuda.get_device_name() if gpu else f"{os.cpu_count()} CPU cores",
    }


def packs(question: dict[str, Any]) -> dict[str, Any]:
    """Return the lengths that LLaMA-Factory packs together, in its order."""
    from llamafactory.data.processor.processor_utils import greedy_knapsack

    lengths, found = question["lengths"], []
    for start in range(0, len(lengths), BLOCK):
        found += greedy_knapsack(lengths[start : start + BLOCK], question["capacity"])
    return {"packs": found}


if __name__ == "__main__":
    asked = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    answer = {"model": model, "rate": rate, "packs": packs}[sys.argv[1]](asked)
    Path(sys.argv[3]).write_text(json.dumps(answer), encoding="utf-8")
