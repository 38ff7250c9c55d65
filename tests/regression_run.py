"""What tests of the regression set share: one set evaluated, and questions of ours where lm-eval would read the hub's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen.config import Endpoint as Address
from data_gen.responses import Sampling
from data_gen.run_folder import Run
from eval import regression, regression_chat, regression_sets, regression_tasks
from eval.asking import Protocol
from eval.config import EvalConfig
from eval.contender import Contender

CONFIG = EvalConfig.model_validate({"base": "m", "benchmarks": {"gsm8k": {}}, "retries": 0})


def contender(weights: str) -> Contender:
    return Contender("m", weights, Protocol(Sampling(weights, 0.7, 0.95, 100), 0, "think first", []), None)


def evaluated(
    run: Run, name: str, url: str, weights: str = "m", limit: int | None = None, tokenizer: str | None = None
) -> dict[str, Any]:
    address = Address(base_url=url, concurrency=4)
    regression.evaluate(contender(weights), name, CONFIG, run, lambda _: address, limit, tokenizer)
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
    english = replace(regression_sets.SETS["mgsm"], tasks=("recipe_mgsm_en",))
    monkeypatch.setitem(regression_sets.SETS, "mgsm", english)


def numbered(request: dict[str, Any]) -> str:
    text: str = request["messages"][-1]["content"].split("is ")[1].split("?")[0]
    return text
