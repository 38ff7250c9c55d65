"""What is trained on is what the served model sees: LLaMA-Factory's own tokens beside those of a server."""

import json

import pytest

from data_gen import train_env
from data_gen.sharegpt import dataset_info
from tests.conftest import ROOT

SMALL = ROOT / "runs/models/SmolLM2-135M-Instruct"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here"),
    pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here"),
]


@pytest.fixture
def load(tmp_path):
    """Return a function that loads rows (system, question, answer) as training would; keywords are of the training YAML."""

    def loaded(rows, **keys):
        lines = [
            {
                "system": system,
                "conversations": [{"from": "user", "value": question}, {"from": "assistant", "value": said}],
            }
            for system, question, said in rows
        ]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (tmp_path / "dataset_info.json").write_text(json.dumps(dataset_info("rows", "rows.jsonl")))
        keys = {"model_name_or_path": str(SMALL), "template": "smollm2", "cutoff_len": 64} | keys
        return train_env.load_dataset(train_env.Training(tmp_path / "x.yaml", keys), tmp_path, "rows")

    return loaded


ODD = [
    ("Think.", "What is 1 + 1 ?", "It is 2."),
    ("Think.", "\n\n  spaces around  \n", "  \n2\n\n"),
    ("Think.", "<|begin_of_thought|> é 漢字 🙂 \u200b", "```python\nprint(1)\n```"),
    ("\nThink.\n", "a\r\nb", "c"),
]


def test_rows_of_the_right_template_are_the_servers_prompts_whatever_their_text(load):
    found = load(ODD)
    assert (found["differing"], found["endless"], found["early"], found["end"]) == (0, 0, 0, "<|im_end|>")


def test_a_template_of_another_model_is_found_out_and_both_are_shown(load):
    found = load(ODD, template="llama3")
    assert found["differing"] == len(ODD)
    assert "<|start_header_id|>user" in found["prompt"]
    assert "<|im_start|>user" in found["served_prompt"]


def test_an_end_that_stops_no_server_is_found_out(load, tmp_path):
    config = json.loads((SMALL / "tokenizer_config.json").read_text())
    model = tmp_path / "model"
    model.mkdir()
    for file in SMALL.iterdir():
        if file.suffix != ".safetensors":
            (model / file.name).write_bytes(file.read_bytes())
    (model / "tokenizer_config.json").write_text(json.dumps(config | {"eos_token": "<|endoftext|>"}))
    (model / "generation_config.json").write_text(json.dumps({"eos_token_id": 0}))
    found = load(ODD, model_name_or_path=str(model))
    assert found["stops"] == ["<|endoftext|>"]
    assert found["endless"] == len(ODD)


def test_an_answer_that_holds_the_end_within_is_found_out(load):
    found = load([*ODD, ("Think.", "How do turns end?", "With <|im_end|>, as this one does.")])
    assert (found["early"], found["endless"]) == (1, 0)


def test_rows_are_packed_in_batches_of_each_process_with_one_token_less(load):
    rows = [("s", "q", "a")] * 9
    length = load(rows)["longest"]
    for keys, packs in [
        ({"cutoff_len": 3 * length + 1}, 3),
        ({"cutoff_len": 3 * length}, 5),  # one token short of three rows
        ({"cutoff_len": 3 * length + 1, "preprocessing_batch_size": 2}, 5),
        ({"cutoff_len": 3 * length + 1, "preprocessing_num_workers": 2}, 4),
    ]:
        assert load(rows, neat_packing=True, **keys)["packed"] == packs, keys


def test_max_samples_is_what_the_user_asked_for_and_no_row_lost(load):
    found = load(ODD, max_samples=2)
    assert (found["rows"], found["written"]) == (2, 2)
