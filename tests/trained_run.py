"""A run whose model is trained, merged and evaluated, as files: what the card of a model and a push of it read.

    trained_run(tmp_path / "run")                                  a full fine-tuning, config `small`
    trained_run(tmp_path / "run", finetuning_type="lora")          an adapter and its merged model

Its numbers were measured by nobody.
"""

import json
from pathlib import Path
from typing import Any

from data_gen.manifest import file_hash

CARD = "---\nlicense: mit\n---\n\n# x\n\n## Composition\n\n32 rows of numina\n\n## Prompts\n\n```text\n## Licences\n```\n"
DONE = {"rows": 32, "tokens": 2958, "epochs": 2.0, "steps": 8, "first_loss": 10.8, "last_loss": 10.4, "seconds": 16.0}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write texts into a folder by their names."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def trained_run(run: Path, base: str = "", **options: Any) -> Path:
    """Write the run; `options` are keys of its training. `base` is the base's folder or name."""
    write(run / "dataset", {"x.jsonl": '{"system": "Think."}\n', "README.md": CARD})
    options = {
        "model_name_or_path": base or "owner/base",
        "finetuning_type": "full",
        "template": "qwen",
        "cutoff_len": 1024,
        **options,
    }
    settings = {
        "config": "small",
        "training": options,
        "deepspeed": None,
        "dataset_sha256": file_hash(run / "dataset/x.jsonl"),
    }
    logs = {"train.json": json.dumps(DONE | {"tokens_per_second": 2730.2, "resumed_from": 0}), "trainer_log.jsonl": "{}\n"}
    logs |= {"trainer_state.json": json.dumps({"best_model_checkpoint": str(run)}), "fingerprint.json": str(run)}
    tokenizer = {"tokenizer.json": "{}", "tokenizer_config.json": "{}", "chat_template.jinja": "x"}
    states = {"checkpoint-40/optimizer.pt": "state", "checkpoint-40/config.json": "{}", "training_args.bin": "pickle"}
    states |= {"torn-checkpoint-80/model.safetensors": "x", "rng_state.pth": "x", ".cache/x": "x"}
    whole = {"config.json": json.dumps({"transformers_version": "5.6.0"}), "model.safetensors": "weights"}
    adapter = {"adapter_model.safetensors": "adapter", "adapter_config.json": json.dumps({"base_model_name_or_path": base})}
    lora = options["finetuning_type"] == "lora"
    write(run / "model/small", logs | tokenizer | states | (adapter if lora else whole) | {"README.md": f"by {run}"})
    stages: dict[str, Any] = {
        "export": {"finished": True, "settings": {"student": {"system_prompt": "Think, then answer."}}},
        "train small": {"finished": True, "settings": settings, "seconds": 41.2, "date": "2026-01-02T03:04:05+00:00"},
    }
    if lora:
        write(run / "model/small-merged", whole | tokenizer | {"Modelfile": "FROM ."})
        inputs = {"model/small/adapter_model.safetensors": file_hash(run / "model/small/adapter_model.safetensors")}
        stages["merge small"] = {"finished": True, "settings": {}, "inputs": inputs}
    place = run / "model" / ("small-merged" if lora else "small")
    for model, weights, origin, value in (
        ("base", options["model_name_or_path"], None, 0.1),
        ("trained", place, settings, 0.4),
    ):
        evaluated(run, stages, model, str(weights), origin, value)
    environment = {"commit": "0123456789ab", "python": "3.11.7", "packages": {"openai": "3.54.0"}, "cpus": 2}
    manifest = {"run": run.name, "stages": stages, "environment": environment, "benchmarks": {"heldout": {}, "math500": {}}}
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run


def evaluated(run: Path, stages: dict[str, Any], model: str, weights: str, origin: Any, value: float) -> None:
    """Write the scores of a model on `heldout`, and the stage that made them."""
    sampling = {"temperature": 0.0, "top_p": 1.0, "max_tokens": 400}
    numbers = {"n": 263, "n_samples": 1, "no_answer": 0.0, "truncated": 0.02, "undecided": 0.0, "date": "2026-01-03"}
    result = {"metric": "accuracy", "value": value, "ci95": [value - 0.05, value + 0.05]}
    scores = {"model": model, "benchmark": "heldout", "results": [result], **numbers}
    write(run / "eval" / model / "heldout", {"scores.json": json.dumps(scores)})
    asked = {"weights": weights, "origin": origin, "sampling": sampling}
    stages[f"eval {model} heldout"] = {"finished": True, "settings": asked}


def edit(run: Path, stage: str, **change: Any) -> None:
    """Change the record of a stage in the run's manifest."""
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["stages"].setdefault(stage, {}).update(change)
    (run / "manifest.json").write_text(json.dumps(manifest))
