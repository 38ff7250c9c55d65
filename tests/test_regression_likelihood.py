"""MMLU and ARC over scripted completions: the likelihoods of stock prompts, whole, asked once, and no key of another."""

import gc
import json
import logging
import shutil
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from data_gen.cli import ConfigError, Unfinished, UserError
from data_gen.config import Endpoint as Address
from data_gen.run_folder import Run
from eval import likelihood, regression_tasks
from eval.not_run import NotRun
from tests.endpoint import Served
from tests.regression_run import evaluated


class Completions(Served):
    """vLLM's completions as lm-eval uses them: the likelihood of each token of a prompt that is given as tokens.

    `likes` says of a prompt's text whether its last token is likely.
    """

    def __init__(self, folder: str, likes, length: int = 4096) -> None:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        self.prompts: list[list[int]] = []
        self.headers: list[dict[str, str]] = []
        self.down = self.refuses = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if server.refuses:
                    self.send_error(401)
                    return
                self._say({"data": [{"id": folder, "max_model_len": length}]})

            def do_POST(self) -> None:
                if server.down:
                    self.send_error(503)
                    return
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert (self.path, body["echo"], body["logprobs"], body["max_tokens"]) == ("/v1/completions", True, 1, 1)
                server.headers.append(dict(self.headers))
                choices = []
                for index, prompt in enumerate(body["prompt"]):
                    server.prompts.append(prompt)
                    last = -0.1 if likes(tokenizer.decode(prompt)) else -5.0
                    told = [None, *[-1.0] * (len(prompt) - 2), last, -1.0]
                    top = [None, *[{"a": -0.5}] * len(prompt)]
                    choices.append({"index": index, "logprobs": {"token_logprobs": told, "top_logprobs": top}})
                self._say({"choices": choices})

            def _say(self, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self.serve(Handler)


@pytest.fixture
def weights(tmp_path):
    """Return a folder with a tokenizer of bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator([" A B C D"], trainers.BpeTrainer(initial_alphabet=alphabet, special_tokens=["<end>"]))
    folder = tmp_path / "weights"
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>").save_pretrained(folder)
    return str(folder)


@pytest.fixture
def anatomy(tmp_path, monkeypatch):
    """Let `mmlu` be its subject anatomy, on four questions of ours whose answer is the letter that they name."""
    data = {}
    for split in ("test", "dev"):
        asked = [
            {"question": f"{'long ' * 400}Which is {'ABCD'[n % 4]}?", "choices": ["w", "x", "y", "z"], "answer": n % 4}
            for n in range(4 if split == "test" else 5)
        ]
        data[split] = str(tmp_path / f"{split}.jsonl")
        Path(data[split]).write_text("".join(json.dumps(row) + "\n" for row in asked))
    keys: dict[str, Any] = {"include": str(regression_tasks.STOCK / "tasks/mmlu/default/mmlu_anatomy.yaml"), "task": "mmlu"}
    keys |= {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": data}}
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/mmlu.yaml").write_text(yaml.safe_dump(keys))
    monkeypatch.setitem(likelihood.FOLDERS, "mmlu", tmp_path / "tasks")


def named_last(prompt: str) -> bool:
    return prompt.rpartition("Which is ")[2][0] == prompt[-1]


def test_mmlu_is_the_most_likely_letter_of_the_stock_prompt_over_completions(tmp_path, weights, anatomy):
    with Completions(weights, named_last, length=100_000) as endpoint:
        result = evaluated(Run(tmp_path / "run"), "mmlu", endpoint.url, weights)
        assert (result["results"][0]["value"], result["n"], len(endpoint.prompts)) == (1.0, 4, 16)
    with Completions(weights, lambda prompt: prompt[-1] == "A", length=100_000) as endpoint:
        assert evaluated(Run(tmp_path / "other"), "mmlu", endpoint.url, weights)["results"][0]["value"] == 0.25


def test_five_shots_are_sent_whole_where_the_server_takes_them(tmp_path, weights, anatomy):
    with Completions(weights, named_last, length=100_000) as endpoint:
        evaluated(Run(tmp_path / "run"), "mmlu", endpoint.url, weights)
    texts = [PreTrainedTokenizerFast.from_pretrained(weights).decode(prompt) for prompt in endpoint.prompts]
    assert {text.count("Which is ") for text in texts} == {6}
    assert all(text.startswith("The following are multiple choice questions") for text in texts)


def test_the_users_openai_key_is_not_sent_to_a_server_that_did_not_name_it(tmp_path, weights, anatomy, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-secret")
    with Completions(weights, named_last, length=100_000) as endpoint:
        evaluated(Run(tmp_path / "run"), "mmlu", endpoint.url, weights)
    assert endpoint.headers
    assert "a-secret" not in json.dumps(endpoint.headers)


def test_likelihoods_that_are_there_are_not_asked_again(tmp_path, weights, anatomy):
    run = Run(tmp_path / "run")
    with Completions(weights, named_last, length=100_000) as endpoint:
        first = evaluated(run, "mmlu", endpoint.url, weights)
        (run.eval("m", "mmlu") / "scores.json").unlink()
        assert evaluated(run, "mmlu", endpoint.url, weights) == first
        assert len(endpoint.prompts) == 16


def test_a_server_that_is_down_leaves_the_set_unfinished_in_one_line(tmp_path, weights, anatomy, monkeypatch):
    monkeypatch.setattr(likelihood, "TRIES", 1)
    with Completions(weights, named_last, length=100_000) as endpoint:
        endpoint.down = True
        with pytest.raises(Unfinished, match="run the same again") as caught:
            evaluated(Run(tmp_path / "run"), "mmlu", endpoint.url, weights)
    assert "\n" not in str(caught.value)


def test_a_server_that_does_not_tell_its_context_is_refused_in_one_line(weights):
    with Completions(weights, named_last) as endpoint:
        assert likelihood.context(Address(base_url=endpoint.url), weights) == 4096
        with pytest.raises(UserError, match="tells no max_model_len of another"):
            likelihood.context(Address(base_url=endpoint.url), "another")
    with pytest.raises(UserError, match="is the server up"):
        likelihood.context(Address(base_url="http://127.0.0.1:9/v1"), weights)


def test_a_server_that_dies_leaves_no_tracebacks_to_be_logged(tmp_path, weights, anatomy, monkeypatch, caplog):
    """Asyncio would log one for each request that failed beside the first, whenever they are collected."""
    monkeypatch.setattr(likelihood, "TRIES", 1)
    with Completions(weights, named_last, length=100_000) as endpoint:
        endpoint.down = True
        with caplog.at_level(logging.ERROR, "asyncio"), pytest.raises(Unfinished):
            evaluated(Run(tmp_path / "run"), "mmlu", endpoint.url, weights)
        with caplog.at_level(logging.ERROR, "asyncio"):
            gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_likelihoods_of_another_model_are_not_taken_for_this_ones(tmp_path, weights, anatomy, monkeypatch):
    run = Run(tmp_path / "run")
    with Completions(weights, named_last, length=100_000) as endpoint:
        evaluated(run, "mmlu", endpoint.url, weights)
        (run.eval("m", "mmlu") / "scores.json").unlink()
        with pytest.raises(ConfigError, match=r"weights: .* -> another"):
            evaluated(run, "mmlu", endpoint.url, "another")


def test_a_set_whose_questions_cannot_be_read_is_not_run_and_no_server_is_started(tmp_path, monkeypatch):
    stock = str(regression_tasks.STOCK / "tasks/arc/arc_challenge.yaml")
    keys: dict[str, Any] = {"include": stock, "dataset_path": "json"}
    keys |= {"dataset_name": None, "dataset_kwargs": {"data_files": {"test": str(tmp_path / "nowhere.jsonl")}}}
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/arc.yaml").write_text(yaml.safe_dump(keys))
    monkeypatch.setitem(likelihood.FOLDERS, "arc_challenge", tmp_path / "tasks")
    with pytest.raises(NotRun, match="its questions cannot be read"):
        evaluated(Run(tmp_path / "run"), "arc_challenge", "http://127.0.0.1:9/v1")


def test_a_model_without_a_tokenizer_is_told_the_option(weights, tmp_path):
    with Completions(weights, named_last) as endpoint:
        with pytest.raises(UserError, match=r"no tokenizer of .*nothing.*--tokenizer=… names its folder"):
            likelihood.completions(Address(base_url=endpoint.url), weights, 60, str(tmp_path / "nothing"))


def test_a_server_that_wants_a_key_is_told_by_the_option_that_names_it(weights):
    with Completions(weights, named_last) as endpoint:
        endpoint.refuses = True
        with pytest.raises(UserError, match=r"refuses the key \(HTTP 401\): .* --api_key_env"):
            likelihood.context(Address(base_url=endpoint.url), weights)


def test_likelihoods_by_another_tokenizer_are_not_taken_for_this_ones(tmp_path, weights, anatomy):
    run, other = Run(tmp_path / "run"), tmp_path / "other"
    shutil.copytree(weights, other)
    with Completions(weights, named_last, length=100_000) as endpoint:
        evaluated(run, "mmlu", endpoint.url, weights)
        with pytest.raises(ConfigError, match=r"tokenizer: None -> .*other"):
            evaluated(run, "mmlu", endpoint.url, weights, tokenizer=str(other))
