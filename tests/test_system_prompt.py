"""The system prompt that is asked with: a published dataset's own, and one line for a fault in how it is named."""

import json
from pathlib import Path

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.journal import write_rows
from eval.config import load_eval
from eval.run import main
from tests.endpoint import Endpoint
from tests.evaluated import even_seeds_are_right, mine


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        (["Think first.", "Think first.", "Answer."], "2 rows have 'Think first.'; 1 rows have 'Answer.'"),
        (["Think first.", None], "1 rows have none"),
        ([None, ""], "no system prompt"),
    ],
)
def test_a_dataset_of_no_or_several_system_prompts_is_refused_with_counts(tmp_path, prompts, words):
    write_rows(tmp_path / "train.jsonl", [{"system": prompt, "conversations": []} for prompt in prompts])
    recipe = mine(tmp_path, 1, system_prompt={"from_dataset": "someone/rows", "path": str(tmp_path / "train.jsonl")})
    with pytest.raises(UserError, match=words):
        main(recipe, str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1")


def test_the_system_prompt_of_a_dataset_is_sent_and_kept_in_the_manifest(tmp_path):
    run, copy = tmp_path / "run", tmp_path / "train.jsonl"
    write_rows(copy, [{"system": "Think first.", "conversations": []}] * 3)
    with Endpoint(even_seeds_are_right) as endpoint:
        recipe = mine(tmp_path, 1, system_prompt={"from_dataset": "someone/rows", "path": str(copy)})
        main(recipe, str(run), "m", endpoint.url)
        assert {body["messages"][0]["content"] for body in endpoint.requests} == {"Think first."}
        entry = json.loads((run / "manifest.json").read_text())["system_prompt"]
        assert (entry["text"], entry["rows"], entry["repo"]) == ("Think first.", 3, "someone/rows")
        write_rows(copy, [{"system": "Answer.", "conversations": []}] * 3)
        with pytest.raises(ConfigError, match=r"system_prompt: Think first\. -> Answer\."):
            main(recipe, str(run), "m", endpoint.url)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        (
            {"from_dataest": "a/b", "from_dataset": "a/b"},
            r"system_prompt\.from_dataest: unknown key \(did you mean from_dataset\?\)",
        ),
        ({"from_dataset": ["a"]}, r"system_prompt\.from_dataset: Input should be a valid string"),
        (7, r"system_prompt: student, null, a template file or \{from_dataset: owner/name\} is expected"),
    ],
)
def test_a_fault_in_the_system_prompt_is_one_line(tmp_path, prompt, told):
    recipe = mine(tmp_path, 1, system_prompt=prompt)
    with pytest.raises(ConfigError, match=f"eval.yaml: {told}$") as caught:
        load_eval(Path(recipe))
    assert "\n" not in str(caught.value)
