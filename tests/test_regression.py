"""The regression set over scripted endpoints: stock questions and metrics, and nothing of the thinking is scored."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval.tasks._yaml_loader import load_yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from data_gen.cli import Unfinished, UserError
from data_gen.config import Endpoint as Address
from data_gen.responses import Sampling
from data_gen.run_folder import Run
from data_gen.sections import thought_solution
from eval import compare, likelihood, regression, regression_chat, regression_sets, regression_tasks
from eval.asking import Protocol
from eval.config import EvalConfig
from eval.contender import Contender
from eval.not_run import NotRun
from tests.conftest import rows
from tests.endpoint import Endpoint, Served, answer, status

CONFIG = EvalConfig.model_validate({"base": "m", "benchmarks": {"gsm8k": {}}, "retries": 0})


def contender(weights: str) -> Contender:
    return Contender("m", weights, Protocol(Sampling(weights, 0.7, 0.95, 100), 0, "think first", []), None)


def evaluated(run: Run, name: str, url: str, weights: str = "m", limit: int | None = None) -> dict[str, Any]:
    address = Address(base_url=url, concurrency=4)
    regression.evaluate(contender(weights), name, CONFIG, run, lambda _: address, limit)
    found: dict[str, Any] = json.loads((run.eval("m", name) / "scores.json").read_text())
    return found


def local(monkeypatch: pytest.MonkeyPatch, folder: Path, questions: dict[str, list[dict[str, Any]]]) -> None:
    """Let the written task YAMLs read questions of ours (by the end of the file's name) instead of the hub's."""

    def write(tasks: Path) -> None:
        regression_tasks.write_tasks(tasks)
        for path in sorted(tasks.glob("*.yaml")):
            mine = questions.get(path.stem)
            if mine is None:
                path.unlink()
                continue
            data = folder / f"{path.stem}.jsonl"
            data.write_text("".join(json.dumps(row) + "\n" for row in mine))
            keys: dict[str, Any] = {"dataset_path": "json", "dataset_name": None}
            keys |= {"dataset_kwargs": {"data_files": {split: str(data) for split in ("train", "test")}}}
            path.write_text(path.read_text() + yaml.safe_dump(keys))

    monkeypatch.setattr(regression_chat, "write_tasks", write)


def mgsm(monkeypatch, folder, numbers=("7", "8", "9", "10")):
    asked = [{"question": f"How many is {number}?", "answer": None, "answer_number": int(number)} for number in numbers]
    local(monkeypatch, folder, {"mgsm_en": asked})
    sets = regression_sets.SETS["mgsm"].__class__(("recipe_mgsm_en",), "exact_match", chat=True)
    monkeypatch.setitem(regression_sets.SETS, "mgsm", sets)


def numbered(request: dict[str, Any]) -> str:
    text: str = request["messages"][-1]["content"].split("is ")[1].split("?")[0]
    return text


def test_every_written_task_is_the_stock_one_without_an_early_stop_and_with_a_long_limit(tmp_path):
    regression_tasks.write_tasks(tmp_path)
    written = sorted(tmp_path.glob("*.yaml"))
    assert len(written) == 12
    for path in written:
        task = load_yaml(path, resolve_func=False)
        assert task["task"] == f"recipe_{path.stem}"
        assert task["generation_kwargs"]["until"] == []
        assert task["generation_kwargs"]["max_gen_toks"] >= 16384
        language = path.stem.removeprefix("mgsm_")
        stock = "ifeval/ifeval" if path.stem == "ifeval" else f"mgsm/direct/mgsm_direct_{language}"
        theirs = load_yaml(regression_tasks.STOCK / f"tasks/{stock}.yaml", resolve_func=False)
        for key in ("dataset_path", "dataset_name", "doc_to_text", "doc_to_target", "metric_list", "test_split"):
            assert task[key] == theirs[key], (path.stem, key)


def test_the_filter_of_mgsm_is_the_stock_one_after_the_solution_was_cut_out(tmp_path):
    regression_tasks.write_tasks(tmp_path)
    (ours,) = load_yaml(tmp_path / "mgsm_en.yaml", resolve_func=False)["filter_list"]
    stock = load_yaml(regression_tasks.STOCK / "tasks/mgsm/direct/mgsm_direct_en.yaml", resolve_func=False)["filter_list"]
    assert ours["filter"][1:] == next(each for each in stock if each["name"] == "flexible-extract")["filter"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (thought_solution("It may be 3.", "It is 7."), "It is 7."),
        ("<think>3</think>It is 7.", "It is 7."),
        ("It is 7.", "It is 7."),
        ("<think>It is 7.", ""),
        ("<|begin_of_thought|>It is 7.", ""),
    ],
)
def test_nothing_of_the_thinking_is_in_the_solution(text, expected):
    assert regression_tasks.solution(text) == expected


def test_a_number_counts_in_the_solution_only(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    said = {
        "7": answer(thought_solution("It is 7.", "It is 5.")),
        "8": answer(thought_solution("It is 5.", "It is 8.\n\nNothing stops at a newline: 8.")),
        "9": answer("<|begin_of_thought|>\n\nIt is 9."),
        "10": answer("It is 10.", finish_reason="length"),
    }
    with Endpoint(lambda request: said[numbered(request)]) as endpoint:
        result = evaluated(Run(tmp_path / "run"), "mgsm", endpoint.url)
    assert {request.get("stop") for request in endpoint.requests} == {None}
    assert result["results"][0]["value"] == 0.25
    assert result["reasons"] == {"wrong": 1, "correct": 1, "no_answer": 1, "truncated": 1}
    assert (result["n"], result["completion_tokens"]) == (4, 20)


def test_a_response_is_asked_once_and_scored_again_from_its_journal(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    run = Run(tmp_path / "run")
    with Endpoint(lambda request: answer(numbered(request))) as endpoint:
        first = evaluated(run, "mgsm", endpoint.url)
        (run.eval("m", "mgsm") / "scores.json").unlink()
        again = evaluated(run, "mgsm", endpoint.url)
        assert len(endpoint.requests) == 4
    assert first == again
    assert first["results"][0]["value"] == 1.0


def test_an_error_of_the_server_is_no_score(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    with Endpoint(lambda request: status(500) if numbered(request) == "9" else answer("9")) as endpoint:
        with pytest.raises(Unfinished, match="1 of 4 answers are missing"):
            evaluated(Run(tmp_path / "run"), "mgsm", endpoint.url)
    assert not (tmp_path / "run/eval/m/mgsm/scores.json").exists()


def test_compare_pairs_two_models_on_a_regression_set(tmp_path, monkeypatch):
    mgsm(monkeypatch, tmp_path)
    runs = Run(tmp_path / "one"), Run(tmp_path / "other")
    with Endpoint(lambda request: answer(numbered(request))) as right, Endpoint(lambda request: answer("no")) as wrong:
        evaluated(runs[0], "mgsm", right.url)
        evaluated(runs[1], "mgsm", wrong.url)
    row = compare.row(runs[0], "m", runs[1], "m", "mgsm")
    assert (row["problems"], row["value"], row["asked_otherwise"]) == (4, 1.0, [])


def test_ifeval_checks_the_solution_and_not_the_thinking(tmp_path, monkeypatch):
    monkeypatch.setattr("nltk.download", lambda *_: False)
    monkeypatch.setattr("nltk.data.find", lambda *_: "")
    kinds = ["punctuation:no_comma"]
    asked: list[dict[str, Any]] = [
        {"key": n, "prompt": f"Say {n} without a comma.", "instruction_id_list": kinds, "kwargs": [{}]} for n in (1, 2)
    ]
    local(monkeypatch, tmp_path, {"ifeval": asked})
    said = {"1": thought_solution("Well, so, then.", "one"), "2": thought_solution("no", "one, two")}
    with Endpoint(lambda request: answer(said[request["messages"][-1]["content"][4]])) as endpoint:
        result = evaluated(Run(tmp_path / "run"), "ifeval", endpoint.url)
    verdicts = {row["id"]: row["ok"] for row in rows(tmp_path / "run/eval/m/ifeval/verdicts.jsonl")}
    assert verdicts == {"ifeval-1": True, "ifeval-2": False}
    assert {row["metric"] for row in result["results"]} >= {"accuracy", "inst_level_loose_acc"}


def test_ifeval_without_nltks_data_says_how_to_get_it_and_is_not_run(monkeypatch):
    monkeypatch.setattr("nltk.data.path", [])
    with pytest.raises(NotRun, match=r"nltk\.downloader punkt_tab"):
        regression_sets.ready("ifeval")


class Completions(Served):
    """vLLM's completions as lm-eval uses them: the likelihood of each token of a prompt that is given as tokens.

    `likes` says of a prompt's text whether its last token is likely.
    """

    def __init__(self, folder: str, likes, length: int = 4096) -> None:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        self.prompts: list[list[int]] = []
        self.headers: list[dict[str, str]] = []
        self.down = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
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
