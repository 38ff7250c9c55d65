"""A real adapter merged by LLaMA-Factory: it says what base and adapter say together, and no half of it is ever there."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen import train_env
from data_gen.cli import UserError
from data_gen.run_folder import Run as RunFolder
from data_gen.sections import thought_solution
from data_gen.sharegpt import dataset_info, sharegpt_row
from launch.card.header import Stated
from launch.publish import model_of
from launch.training.trained import is_merged, whole_model
from tests.conftest import ROOT, Run
from tests.tiny_model import make_tiny_model, needs_training
from tests.trained_run import edit

pytestmark = needs_training

LORA = "finetuning_type=lora lora_rank=4 num_train_epochs=2 learning_rate=1e-2 optim=adamw_torch"
FLOAT32 = pytest.mark.parametrize("merged", ["float32"], indirect=True)
RECIPE = "--recipe=recipes/quickstart"

CAST = """
import sys, torch
from transformers import AutoModelForCausalLM
AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=getattr(torch, sys.argv[2])).save_pretrained(sys.argv[1])
"""

LOGITS = """
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base, adapter, merged = sys.argv[1:]
ids = AutoTokenizer.from_pretrained(merged)("What is 7 + 7? It is", return_tensors="pt").input_ids
load = lambda folder: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
with torch.no_grad():
    before, ours = load(base)(ids).logits, load(merged)(ids).logits
    beside = PeftModel.from_pretrained(load(base), adapter)(ids).logits
stored = AutoModelForCausalLM.from_pretrained(merged, dtype="auto").dtype
apart, moved = ((ours - beside).abs().max(), (beside - before).abs().max())
print(json.dumps({"apart": apart.item(), "moved": moved.item(), "dtype": str(stored)}))
"""


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: Any) -> Path:
    """Return a run whose `quickstart` is a LoRA adapter of a tiny model, trained by launch.train."""
    folder: Path = tmp_path_factory.mktemp("lora")
    run, rows = folder / "run", []
    for number in range(32):
        answer = thought_solution(f"{number} + {number} = {2 * number}.", f"It is \\boxed{{{2 * number}}}.")
        rows.append(json.dumps(sharegpt_row("Think.", f"What is {number} + {number}?", answer)) + "\n")
    (run / "dataset").mkdir(parents=True)
    (run / "dataset/quickstart.jsonl").write_text("".join(rows))
    (run / "dataset/dataset_info.json").write_text(json.dumps(dataset_info("quickstart", "quickstart.jsonl")))
    base = make_tiny_model(folder / "tiny")
    train = ["-m", "launch.train", RECIPE, f"--run={run}", f"--args={LORA} model_name_or_path={base}"]
    done = subprocess.run([sys.executable, *train], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return run


def with_base(adapter: Path, folder: Path, dtype: str) -> tuple[Path, Path]:
    """Copy the run and its base, in the number format asked for; return (run, base)."""
    run, base = folder / "run", folder / "base"
    shutil.copytree(adapter, run)
    shutil.copytree(adapter.parent / "tiny", base)
    subprocess.run([train_env.PYTHON, "-c", CAST, base, dtype], check=True, capture_output=True)
    settings = json.loads((run / "manifest.json").read_text())["stages"]["train quickstart"]["settings"]
    settings["training"] |= {"model_name_or_path": str(base), "quantization_bit": 4}
    edit(run, "train quickstart", settings=settings)
    return run, base


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def merged(request: Any, adapter: Path, tmp_path_factory: Any) -> tuple[Path, Path, str]:
    """Return (run, base, number format) where launch.merge has merged an adapter that says it was trained by QLoRA."""
    run, base = with_base(adapter, tmp_path_factory.mktemp(request.param), request.param)
    done = subprocess.run(
        [sys.executable, "-m", "launch.merge", RECIPE, f"--run={run}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return run, base, request.param


def test_the_merged_model_says_what_base_and_adapter_say(merged):
    run, base, dtype = merged
    folders = [base, run / "model/quickstart", run / "model/quickstart-merged"]
    done = subprocess.run([train_env.PYTHON, "-c", LOGITS, *folders], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["dtype"] == f"torch.{dtype}"
    assert found["moved"] > 0.1
    assert found["apart"] < {"float32": 1e-5, "bfloat16": 1e-2}[dtype] * found["moved"]  # measured: 2e-7 and 5e-4 of 0.98


def test_tokenizer_chat_template_and_generation_config_are_the_bases(merged):
    run, base, _ = merged
    ours = run / "model/quickstart-merged"
    for name in ("tokenizer.json", "chat_template.jinja", "generation_config.json"):
        assert (ours / name).read_bytes() == (base / name).read_bytes(), name
    ends = [json.loads((folder / "tokenizer_config.json").read_text()) for folder in (ours, base)]
    for name in ("bos_token", "eos_token", "pad_token", "unk_token"):
        assert ends[0][name] == ends[1][name], name


@FLOAT32
def test_the_base_is_loaded_unquantized(merged):
    options = yaml.safe_load((merged[0] / "logs/merge.quickstart.yaml").read_text())
    assert "quantization_bit" not in options
    assert options["infer_dtype"] == merged[2]


@FLOAT32
def test_again_says_done_and_another_adapter_merges_anew(command: Run, merged, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(merged[0], run)
    again = command("launch.merge", RECIPE, f"--run={run}")
    assert again.returncode == 0
    assert "done already" in again.stdout
    weights = run / "model/quickstart/adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    assert not is_merged(RunFolder(run), "quickstart")
    anew = command("launch.merge", RECIPE, f"--run={run}")
    assert anew.returncode == 0, anew.stderr
    assert is_merged(RunFolder(run), "quickstart")


@FLOAT32
def test_what_is_pushed_of_a_real_training_names_no_folder_of_the_machine(merged):
    run, base, _ = merged
    for alone in (False, True):
        pushed = model_of(RunFolder(run), None, alone, Stated(repo="o/n", base="o/base"))
        assert {"README.md", "train.json", "trainer_log.jsonl", "training_loss.png", "training.yaml"} <= set(pushed.files)
        assert not [
            name for name in pushed.files if "checkpoint" in name or "state" in name or name.endswith((".pt", ".bin"))
        ]
        for name, file in pushed.files.items():
            content = file if isinstance(file, bytes) else file.read_bytes()
            assert str(base.parent).encode() not in content, name


def test_a_killed_merge_leaves_nothing_that_looks_whole_and_the_next_one_is(command: Run, adapter, tmp_path):
    run, _ = with_base(adapter, tmp_path, "float32")
    target = run / "model/quickstart-merged"
    words = [sys.executable, "-m", "launch.merge", RECIPE, f"--run={run}"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while not (target.parent / f".{target.name}.partial").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not target.exists()
    assert not is_merged(RunFolder(run), "quickstart")
    with pytest.raises(UserError):
        model_of(RunFolder(run), None, False, Stated(repo="o/n"))
    assert command("launch.merge", RECIPE, f"--run={run}").returncode == 0
    assert whole_model(RunFolder(run), "quickstart") == target
