"""The rows that LLaMA-Factory reads, and what must hold of a row before it may be one.

    {"system": "Answer every question in two sections. ...",
     "conversations": [{"from": "user", "value": "..."}, {"from": "assistant", "value": "<|begin_of_thought|>..."}]}

JSON Lines, because an array would be read whole. dataset_info.json is always generated, never edited by hand.
"""

from data_gen.records import Row
from data_gen.sections import split_sections, thought_solution


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


def text_fault(user: object, assistant: object) -> str | None:
    """Return what is wrong with a row's two texts, or None where they may be trained on.

    The answer must be a thought and a solution between the four tags, neither empty, with exactly the white space that
    `thought_solution` puts around them.
    """
    for name, text in (("user", user), ("assistant", assistant)):
        if not isinstance(text, str) or not text.strip():
            return f"{name}: an empty text"
        if not text.isascii() and text != text.encode("utf-8", "replace").decode():
            return f"{name}: half of a character pair, which UTF-8 cannot hold"
    sections = split_sections(str(assistant))
    if sections is None:
        return "assistant: not a thought and a solution between the four tags, each once and in order"
    if not all(sections):
        return "assistant: an empty section"
    if thought_solution(*sections) != assistant:
        return "assistant: other white space around the tags than is trained on"
    return None
