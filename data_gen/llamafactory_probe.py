"""Questions that only LLaMA-Factory can answer, run with `.venv-train/bin/python`, JSON in and JSON out.

    .venv-train/bin/python data_gen/llamafactory_probe.py lengths question.json answer.json
    .venv-train/bin/python data_gen/llamafactory_probe.py load question.json answer.json
    .venv-train/bin/python data_gen/llamafactory_probe.py args question.json answer.json

`lengths` counts the tokens of every row of a file with LLaMA-Factory's template and tokenizer, holding none. `load` loads a
dataset folder by LLaMA-Factory's own loader, template and tokenizer, as training will, and tells the rows, their tokens,
how many it would skip or cut, and whether the prompt that is trained on equals the one that the model gets when it is
served. `args` parses training options by LLaMA-Factory's own parser and tells its complaint, or null.
"""

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Longer than any row: what LLaMA-Factory is told for `cutoff_len` so that it measures and does not cut.
UNCUT = 1 << 24


def lengths(question: dict[str, Any]) -> dict[str, Any]:
    """Write the tokens of every row of `rows` ({"user", "assistant"} a line), whole and rendered, to `lengths`, a number a
    line, in order."""
    count = counter(question["model_name_or_path"], question["template"], question["system"])
    written = 0
    with Path(question["rows"]).open("rb") as rows, Path(question["lengths"]).open("w", encoding="utf-8") as out:
        with multiprocessing.get_context("fork").Pool(os.cpu_count(), _become, (count,)) as workers:
            for tokens in workers.imap(_count, rows, chunksize=64):
                out.write(f"{tokens}\n")
                written += 1
    return {"rows": written}


def counter(model: str, template_name: str, system: str) -> Callable[[bytes], int]:
    """Return a function that counts the tokens of a line, as LLaMA-Factory's supervised processor joins them."""
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from llamafactory.model import load_tokenizer

    tokenizer = load_tokenizer(ModelArguments(model_name_or_path=model))["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=template_name))

    def count(line: bytes) -> int:
        row = json.loads(line)
        turns = [{"role": "user", "content": row["user"]}, {"role": "assistant", "content": row["assistant"]}]
        pairs = template.encode_multiturn(tokenizer, turns, system, None)
        return sum(len(prompt) + len(answer) for prompt, answer in pairs) + bool(template.efficient_eos)

    return count


_counts: list[Callable[[bytes], int]] = []  # of a worker process


def _become(count: Callable[[bytes], int]) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    _counts.append(count)


def _count(line: bytes) -> int:
    return _counts[0](line)


def load(question: dict[str, Any]) -> dict[str, Any]:
    """Return rows, tokens, the longest, how many are over the cutoff, and the first row's prompts of a dataset folder."""
    import pyarrow.compute
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    options = {
        "model_name_or_path": question["model_name_or_path"],
        "template": question["template"],
        "dataset_dir": question["dataset_dir"],
        "dataset": question["dataset"],
        "cutoff_len": UNCUT,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        "output_dir": "not-written",
        "report_to": "none",
        "use_cpu": True,
        "overwrite_cache": True,
        "preprocessing_num_workers": 1,
    }
    model_args, data_args, training_args, _, _ = get_train_args(options)
    tokenizer_module = load_tokenizer(model_args)
    tokenizer = tokenizer_module["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    rows = get_dataset(template, model_args, data_args, training_args, stage="sft", **tokenizer_module)["train_dataset"]
    lengths = pyarrow.compute.list_value_length(rows.data.column("input_ids")).to_numpy()
    with _data_file(question).open(encoding="utf-8") as file:
        first = json.loads(next(file))
        written = 1 + sum(1 for _ in file)
    trained, served = prompts(template, tokenizer, first)
    return {
        "written": written,
        "rows": len(lengths),
        "tokens": int(lengths.sum()),
        "longest": int(lengths.max()),
        "over_cutoff": int((lengths > question["cutoff_len"]).sum()),
        "prompt": trained,
        "served_prompt": served,
    }


def prompts(template: Any, tokenizer: Any, row: dict[str, Any]) -> tuple[str, str]:
    """Return the prompt as training renders it and as a server does, by the tokenizer's own chat template."""
    turns = [{"role": turn["from"], "content": turn["value"]} for turn in row["conversations"]]
    ids, _ = template.encode_oneturn(tokenizer, turns, row["system"], None)
    said = [{"role": "system", "content": row["system"]}, *turns[:-1]]
    # Without clean_up decoding gives the very text: with it "1 ?" becomes "1?", and a right template would look wrong.
    trained = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    return trained, tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)


def _data_file(question: dict[str, Any]) -> Path:
    folder = Path(question["dataset_dir"])
    info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    return folder / str(info[question["dataset"]]["file_name"])


def args(question: dict[str, Any]) -> dict[str, Any]:
    """Return what LLaMA-Factory's parser says of training options: {"fault": null} when it takes them."""
    from llamafactory.hparams.parser import _parse_train_args

    try:
        _parse_train_args({**question["options"], "use_cpu": True})
    except ValueError as error:
        return {"fault": str(error)}
    return {"fault": None}


if __name__ == "__main__":
    asked = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    answer = {"lengths": lengths, "load": load, "args": args}[sys.argv[1]](asked)
    Path(sys.argv[3]).write_text(json.dumps(answer), encoding="utf-8")
