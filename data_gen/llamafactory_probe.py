"""Questions that only LLaMA-Factory can answer, run with `.venv-train/bin/python`, JSON in and JSON out.

    .venv-train/bin/python data_gen/llamafactory_probe.py lengths question.json answer.json
    .venv-train/bin/python data_gen/llamafactory_probe.py load question.json answer.json
    .venv-train/bin/python data_gen/llamafactory_probe.py args question.json answer.json

`lengths` counts the tokens of every row of a file with LLaMA-Factory's template and tokenizer, holding none. `load` loads a
dataset folder by LLaMA-Factory's own loader, template and tokenizer, as training will, and tells the rows, their lengths,
how many it would skip or cut, how they pack, and whether what is trained on equals what the model gets when it is served,
row by row and token by token. `args` parses training options by LLaMA-Factory's own parser and tells its complaint, or null.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

# Longer than any row: what LLaMA-Factory is told for `cutoff_len` so that it measures and does not cut.
UNCUT = 1 << 24
IGNORED = -100  # the label of a token that carries no loss
LOADING = ("model_revision", "cache_dir", "trust_remote_code")


def lengths(question: dict[str, Any]) -> dict[str, Any]:
    """Write the tokens of every row of `rows` ({"user", "assistant"} a line), whole and rendered, to `lengths`, a number a
    line, in order."""
    count = counter(question)
    written = 0
    with Path(question["rows"]).open("rb") as rows, Path(question["lengths"]).open("w", encoding="utf-8") as out:
        with multiprocessing.get_context("fork").Pool(os.cpu_count(), _become, (count,)) as workers:
            for tokens in workers.imap(_count, rows, chunksize=64):
                out.write(f"{tokens}\n")
                written += 1
    return {"rows": written}


def counter(question: dict[str, Any]) -> Callable[[bytes], int]:
    """Return a function that counts the tokens of a line, as LLaMA-Factory's supervised processor joins them."""
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from llamafactory.model import load_tokenizer

    model = ModelArguments(model_name_or_path=question["model_name_or_path"], **loading(question))
    tokenizer = load_tokenizer(model)["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=question["template"]))

    def count(line: bytes) -> int:
        row = json.loads(line)
        turns = [{"role": "user", "content": row["user"]}, {"role": "assistant", "content": row["assistant"]}]
        pairs = template.encode_multiturn(tokenizer, turns, question["system"], None)
        return sum(len(prompt) + len(answer) for prompt, answer in pairs) + bool(template.efficient_eos)

    return count


def loading(question: dict[str, Any]) -> dict[str, Any]:
    """Return the options that say which files of the model are read."""
    return {key: question[key] for key in LOADING if key in question}


_counts: list[Callable[[bytes], int]] = []  # of a worker process


def _become(count: Callable[[bytes], int]) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    _counts.append(count)


def _count(line: bytes) -> int:
    return _counts[0](line)


def load(question: dict[str, Any]) -> dict[str, Any]:
    """Return what becomes of a dataset folder's rows: how many are written and loaded, their lengths in order, the longest,
    how many are over the cutoff, what packing makes of them, and how the prompts compare (`compare`)."""
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
    } | {key: question[key] for key in ("max_samples", "enable_thinking", "default_system", *LOADING) if key in question}
    model_args, data_args, training_args, _, _ = get_train_args(options)
    tokenizer_module = load_tokenizer(model_args)
    tokenizer = tokenizer_module["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    rows = get_dataset(template, model_args, data_args, training_args, stage="sft", **tokenizer_module)["train_dataset"]
    lengths = pyarrow.compute.list_value_length(rows.data.column("input_ids")).to_pylist()
    with _data_file(question).open(encoding="utf-8") as file:
        written = sum(1 for _ in file)
    cutoff = question["cutoff_len"] - bool(question.get("packing"))  # packing takes one off (data_args.py, 0.9.5)
    used = trained_on(lengths, question)
    return {
        "written": min(written, question.get("max_samples") or written) - (len(lengths) - len(used)),
        "rows": len(used),
        "tokens": sum(used),
        "longest": max(lengths, default=0),
        "over_cutoff": sum(length > cutoff for length in lengths),
        "lengths": used,
        "packed": packed(used, cutoff, question) if question.get("packing") else None,
    } | compare(rows, _data_file(question), tokenizer, question)


def trained_on(lengths: list[int], question: dict[str, Any]) -> list[int]:
    """Return the lengths of the rows that `val_size` leaves to train on, drawn as LLaMA-Factory draws them
    (llamafactory/data/data_utils.py, split_dataset, 0.9.5)."""
    from datasets import Dataset

    size = float(question.get("val_size") or 0)
    if size <= 1e-6 or not lengths:
        return lengths
    seed = int(question.get("seed", 42))  # transformers' default
    split = Dataset.from_dict({"length": lengths}).train_test_split(test_size=int(size) if size > 1 else size, seed=seed)
    used: list[int] = split["train"]["length"][:]
    return used


def packed(lengths: list[int], cutoff: int, question: dict[str, Any]) -> int:
    """Return how many sequences LLaMA-Factory packs the rows into: it packs each batch of preprocessing_batch_size rows of
    each of its preprocessing_num_workers processes on its own, and drops what is over the cutoff."""
    from llamafactory.data.processor.processor_utils import greedy_knapsack

    workers = min(question.get("preprocessing_num_workers") or 1, len(lengths) or 1)
    size, sequences, start = question.get("preprocessing_batch_size") or 1000, 0, 0
    for worker in range(workers):
        end = start + len(lengths) // workers + (worker < len(lengths) % workers)  # as datasets shards, in order
        for first in range(start, end, size):
            batch = [length for length in lengths[first : min(first + size, end)] if length <= cutoff]
            sequences += len(greedy_knapsack(batch, cutoff))
        start = end
    return sequences


def compare(rows: Any, file: Path, tokenizer: Any, question: dict[str, Any]) -> dict[str, Any]:
    """Hold every row as it is trained on against what the trained model gets and does when it is served.

    The prompt: a server loads the tokenizer that training saves and renders by its chat template; the token ids must be
    those that the row begins with. The end: the answer must close with a token that stops a server (of the tokenizer and
    of generation_config.json), which carries loss, and hold none before. Return the differing rows, the first one's prompts
    as text (as token ids where the texts are equal), `endless` and `early` rows, and the tokens of the end.
    """
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        server = AutoTokenizer.from_pretrained(folder)
    stops = stop_tokens(question, server)
    found: dict[str, Any] = {"differing": 0, "endless": 0, "early": 0, "end": None, "prompt": None, "served_prompt": None}
    found["stops"] = server.convert_ids_to_tokens(sorted(stops))
    with file.open(encoding="utf-8") as lines:
        for batch in rows.data.to_batches(max_chunksize=256):
            prompts = served(server, [json.loads(line) for line in islice(lines, batch.num_rows)])
            for prompt, row, loss in zip(prompts, batch.column("input_ids"), batch.column("labels"), strict=False):
                ids, labels = (column.values.to_numpy() for column in (row, loss))
                begins = ((labels[:-1] == IGNORED) & (labels[1:] != IGNORED)).nonzero()[0]
                start = int(begins[-1]) + 1 if len(begins) else 0  # the last answer: what carries loss, to the end
                trained, answer = ids[:start].tolist(), ids[start:].tolist()
                found["differing"] += trained != prompt
                if found["prompt"] is None or (trained != prompt and found["differing"] == 1):
                    found |= _shown(server, trained, prompt)
                place = next((place for place, token in enumerate(answer) if token in stops), len(answer))
                found["endless"] += place == len(answer)
                found["early"] += bool(_text(server, answer[place + 1 :]).strip())
                found["end"] = _text(server, answer[place : place + 1]) or found["end"]
    return found


def _text(tokenizer: Any, ids: list[int]) -> str:
    # Without clean_up decoding gives the very text: with it "1 ?" becomes "1?", and a right template would look wrong.
    text: str = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    return text


def _shown(tokenizer: Any, trained: list[int], prompt: list[int]) -> dict[str, str]:
    texts = _text(tokenizer, trained), _text(tokenizer, prompt)
    if trained != prompt and texts[0] == texts[1]:
        texts = str(trained), str(prompt)
    return {"prompt": texts[0], "served_prompt": texts[1]}


def served(tokenizer: Any, rows: list[dict[str, Any]]) -> list[list[int]]:
    """Return the token ids of each row's prompt as a server makes them: the chat template, then the tokenizer."""
    said = []
    for row in rows:
        turns = [{"role": turn["from"], "content": turn["value"]} for turn in row["conversations"]]
        system = [{"role": "system", "content": row["system"]}] if row.get("system") else []
        said.append([*system, *turns[:-1]])
    texts = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True) if said else []
    ids: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"] if said else []
    return ids


def stop_tokens(question: dict[str, Any], tokenizer: Any) -> set[int]:
    """Return the ids that end an answer when the model is served: eos of the tokenizer and of generation_config.json (of
    config.json where there is none), as vLLM 0.32 reads them (SamplingParams.update_from_generation_config)."""
    from transformers import AutoConfig, GenerationConfig

    model, where = question["model_name_or_path"], loading(question)
    if "model_revision" in where:
        where["revision"] = where.pop("model_revision")
    try:
        told = GenerationConfig.from_pretrained(model, **where).eos_token_id
    except OSError:
        told = AutoConfig.from_pretrained(model, **where).eos_token_id
    listed = told if isinstance(told, list) else [told]
    return {token for token in [*listed, tokenizer.eos_token_id] if token is not None}


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
