"""The files that LLaMA-Factory reads: ShareGPT rows and dataset_info.json.

    {"system": "Answer every question in two sections. ...",
     "conversations": [{"from": "user", "value": "..."}, {"from": "assistant", "value": "<|begin_of_thought|>..."}]}

JSON Lines, because an array would be read whole. dataset_info.json is always generated, never edited by hand.
"""

import json
from pathlib import Path

from data_gen.journal import write_rows, write_text
from data_gen.records import Row


def sharegpt_row(system: str, user: str, assistant: str) -> Row:
    """Return one training row."""
    turns = [{"from": "user", "value": user}, {"from": "assistant", "value": assistant}]
    return {"system": system, "conversations": turns}


def dataset_info(name: str, file_name: str) -> Row:
    """Return dataset_info.json's entry for a file of such rows, under the name that the training YAML gives."""
    return {
        name: {
            "file_name": file_name,
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "system": "system"},
            "tags": {"role_tag": "from", "content_tag": "value", "user_tag": "user", "assistant_tag": "assistant"},
        }
    }


def write_dataset(folder: Path, name: str, rows: list[Row]) -> None:
    """Write <folder>/<name>.jsonl and dataset_info.json."""
    write_rows(folder / f"{name}.jsonl", rows)
    write_text(folder / "dataset_info.json", json.dumps(dataset_info(name, f"{name}.jsonl"), indent=2) + "\n")
