"""LLaMA-Factory's own parser takes every training YAML, and refuses what it would not do."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from data_gen import train_env
from data_gen.local_server import free_port
from tests.conftest import ROOT
from tests.training_heads import NAMES, keys
from tests.training_memory import TRAIN_ENV

WALK = """
import json, sys
sys.path.insert(0, ".")
from data_gen.llamafactory_probe import args
from llamafactory.hparams.parser import get_train_args

def fault(options):
    told = args({"options": dict(options)})["fault"]  # _parse_train_args, as make train asks it
    if told:
        return told
    try:
        get_train_args({**options, "use_cpu": True})  # and whether the values go together
    except (ValueError, ImportError) as error:
        return str(error)
    return None

with open(sys.argv[2], "w") as answer:
    json.dump([fault(options) for options in json.load(open(sys.argv[1]))], answer)
"""


def parsed(options: list[dict[str, Any]], tmp_path: Path) -> list[str | None]:
    """Return LLaMA-Factory's complaint of each, as one process of torchrun's, which `deepspeed` needs. Packages that
    train-gpu.txt adds and that the parser only looks for stand in by name and version."""
    for line in (ROOT / "requirements/train-gpu.txt").read_text("utf-8").splitlines():
        if "==" in line:
            name, version = line.split("==")
            place = tmp_path / f"packages/{name.replace('-', '_')}-{version}.dist-info"
            place.mkdir(parents=True)
            (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    filled = {"dataset": "x", "dataset_dir": str(tmp_path), "output_dir": str(tmp_path / "out"), "report_to": "none"}
    asked, answered = tmp_path / "asked.json", tmp_path / "answered.json"
    asked.write_text(json.dumps([each | filled for each in options]))
    environment = os.environ | {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "OMP_NUM_THREADS": "1"}
    environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "PYTHONPATH": str(tmp_path / "packages")}
    done = subprocess.run(
        [train_env.PYTHON, "-c", WALK, asked, answered], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: list[str | None] = json.loads(answered.read_text("utf-8"))
    return told


@pytest.mark.slow
@TRAIN_ENV
def test_llama_factory_itself_takes_every_config_and_refuses_a_misspelt_key_in_each(tmp_path):
    whole = [keys(name) for name in NAMES]
    misspelt = [training | {"warmpu_ratio": 0.1} for training in whole]
    told = parsed(whole + misspelt, tmp_path)
    assert dict(zip(NAMES, told, strict=False)) == dict.fromkeys(NAMES)
    for name, fault in zip(NAMES, told[len(NAMES) :], strict=True):
        assert "warmpu_ratio" in (fault or ""), name


@pytest.mark.slow
@TRAIN_ENV
def test_llama_factory_refuses_values_that_do_not_go_together(tmp_path):
    full, fast = keys("sky_t1_7b"), keys("sky_t1_fast")
    told = parsed([full | {"quantization_bit": 4}, fast | {"stage": "dpo"}, full | {"deepspeed": "none.json"}], tmp_path)
    assert [bool(fault) for fault in told] == [True, True, True]
