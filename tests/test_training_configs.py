"""The training YAMLs: their heads say what the functions say, and LLaMA-Factory's own parser takes every key."""

import json
import math
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen import train_env
from data_gen.local_server import free_port
from data_gen.recipe import load_recipe
from launch.training import hours as training_time
from launch.training.fit import faults
from launch.training.hardware import Hardware
from launch.training.memory import Needs, needs
from launch.training.model_shape import SHAPES, Shape
from tests.conftest import ROOT

PATHS = sorted((ROOT / "llamafactory_configs").glob("*.yaml"))
NAMES = [path.stem for path in PATHS]
ON_GPUS = [name for name in NAMES if name != "quickstart"]
ADAPTERS = [name for name in NAMES if name.endswith(("_lora", "_qlora"))]
SMOLLM2 = Shape(576, 1536, 30, 9, 3, 49152, tied=True, head_dim=64)
ROW = training_time.EPOCH_TOKENS / training_time.ROWS  # 4,085 tokens
PAGE = (ROOT / "docs/training_configs.md").read_text(encoding="utf-8")
# As PyTorch or nvidia-smi show it: 79.35 GiB, 143,771 MiB; 23.69 GiB (LlamaFactory#5977) and, of an A40, 44.34 (#9269).
GPU_GB = {"H100 80 GB": 85.2, "H200 141 GB": 150.7, "24 GB": 25.4, "48 GB": 47.6}
TRAIN_ENV = pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")


def text(name: str) -> str:
    return (ROOT / f"llamafactory_configs/{name}.yaml").read_text(encoding="utf-8")


def keys(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text(name))
    return found


def head(name: str) -> dict[str, str]:
    """Return the fields of a YAML's head: {"hours": "about 19 by ...", ...}; a field goes on until the next one."""
    lines = text(name).partition("\n###")[0].splitlines()
    fields: dict[str, str] = {"what": ""}
    field = "what"
    for line in lines:
        if named := re.fullmatch(r"# ([a-z]+): +(.*)", line):
            field, line = named[1], named[2]
        elif line.startswith("# `dataset`"):
            break
        fields[field] = f"{fields.get(field, '')} {line.lstrip('# ')}".strip()
    return fields


def number(told: str, pattern: str) -> str:
    found = re.search(pattern, told)
    assert found, (told, pattern)
    return found[1]


def gpus(name: str) -> int:
    return int(number(head(name)["hardware"], r"^(\d) x H100 80 GB"))


def needed(name: str, count: int | None = None, **change: Any) -> Needs:
    """Return what a training needs on the GPUs of its head, or on `count` of them."""
    training = keys(name) | change
    if name == "quickstart":  # its rows have 180 tokens and make 63 steps; its model is made in runs/
        return needs(training, None, SMOLLM2, 0, longest=180, steps=63)
    deepspeed = json.loads((ROOT / training["deepspeed"]).read_text("utf-8")) if "deepspeed" in training else None
    return needs(training, deepspeed, SHAPES[training["model_name_or_path"]], count or gpus(name))


# --- heads ------------------------------------------------------------------------------------------------------------


def test_there_is_a_config_for_every_base_and_every_machine():
    assert len(NAMES) >= 12
    assert {"sky_t1_preview", "sky_t1_fast", "sky_t1_7b", "sky_t1_14b", "sky_t1_coder14b", "quickstart"} < set(NAMES)
    assert len(ADAPTERS) == 6


@pytest.mark.parametrize("name", NAMES)
def test_a_head_says_what_needs_memory_command_hardware_hours_dollars(name):
    assert list(head(name)) == ["what", "needs", "memory", "command", "hardware", "hours", "dollars"]


@pytest.mark.parametrize("name", NAMES)
def test_the_memory_of_a_head_is_what_the_estimate_says(name):
    told, need = head(name)["memory"], needed(name)
    assert number(told, r"([\d,]+) GB of host memory") == f"{need.host_gb:,.0f}"
    if name == "quickstart":
        disk = need.disk_gb - need.disk.get("base model", 0.0) / 1e9
    else:
        disk = need.disk_gb
        assert number(told, r"([\d,]+) GB of each GPU") == f"{need.gpu_gb:,.0f}"
    assert number(told, r"([\d,]+) GB of disk") == f"{disk:,.0f}"


@pytest.mark.parametrize("name", ON_GPUS)
def test_the_hours_and_dollars_of_a_head_are_those_of_the_published_share_of_peak(name):
    told = head(name)
    rows = re.search(r"for ([\d,]+) rows", told["hours"])
    count = int(rows[1].replace(",", "")) if rows else training_time.ROWS
    training, used = keys(name), gpus(name)
    hours = training_time.hours(
        SHAPES[training["model_name_or_path"]],
        count * ROW * training["num_train_epochs"],
        ROW,
        used,
        training_time.PEAKS["H100 80GB"],
        training_time.published_mfu(),
        lora=training["finetuning_type"] == "lora",
    )
    assert number(told["hours"], r"^(?:about )?([\d.]+)") == f"{hours:.{1 if hours < 10 else 0}f}"
    assert number(told["dollars"], r"^about ([\d,]*\d)") == f"{hours * used * training_time.GPU_HOUR:,.0f}"
    assert "not run" in told["hours"]
    assert "not run" in told["dollars"]


def test_the_hours_of_the_quickstart_are_those_that_were_measured():
    measured = json.loads((ROOT / "docs/quickstart_summary.json").read_text("utf-8"))["seconds"]["train quickstart"]
    assert float(number(head("quickstart")["hours"], r"^([\d.]+) at most")) == math.ceil(measured / 360) / 10


@pytest.mark.parametrize("name", NAMES)
def test_the_batch_is_the_published_96_rows_and_the_comment_beside_it_adds_up(name):
    training, (line,) = keys(name), re.findall(r"^.*# .*\b1 x .*= .*$|^.* 8 x 1 x 1 .*$", text(name), re.MULTILINE)
    factors = line.partition("#")[2].partition("=")[0]
    by_hand = [int(factor) for factor in re.findall(r"\b\d+\b", factors)]
    assert by_hand[:2] == [training["per_device_train_batch_size"], training["gradient_accumulation_steps"]]
    product = int(number(line, r"= (\d+)"))
    assert math.prod(by_hand) == product
    assert product == (8 if name == "quickstart" else 96)
    if name in ADAPTERS:
        assert by_hand[2] == gpus(name)
        if two := re.search(r'ARGS="gradient_accumulation_steps=(\d+)" on two GPUs', head(name)["command"]):
            assert by_hand[0] * int(two[1]) * 2 == 96


@pytest.mark.parametrize("name", ON_GPUS)
def test_a_training_fits_the_hardware_that_its_head_names(name):
    node = Hardware(gpus(name), GPU_GB["H100 80 GB"], "", needed(name).host_gb, needed(name).disk_gb)
    assert faults(needed(name), node) == []
    if "on two GPUs" in head(name)["command"]:
        assert needed(name, 2).gpu_gb < GPU_GB["H100 80 GB"]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_a_head_trains_this_config(name):
    words = shlex.split(number(head(name)["command"], r"^(make train [^;]*?)(?: on two.*| with.*)?$"))
    given = dict(word.split("=", 1) for word in words[2:])
    assert given.get("CONFIG", load_recipe(given["RECIPE"]).training_config) == name
    done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_training_resumes_with_its_optimizer_and_keeps_two_checkpoints(name):
    training = keys(name)
    assert training["save_total_limit"] == 2
    assert training["save_strategy"] == "steps"
    assert "save_only_model" not in training


@pytest.mark.parametrize("name", ON_GPUS)
def test_the_comment_beside_save_total_limit_is_what_a_checkpoint_takes(name):
    (line,) = re.findall(r"^save_total_limit: 2 .*$", text(name), re.MULTILINE)
    each = needed(name).disk["checkpoints"] / 3 / 1e9
    assert number(line, r"([\d.]+) GB a checkpoint") == f"{each:.{1 if each < 10 else 0}f}"
    if three := re.search(r"three for a moment: ([\d,]+) GB", line):
        assert three[1] == f"{3 * each:,.0f}"


def changed(ours: str, theirs: str) -> set[str]:
    a, b = keys(ours), keys(theirs)
    return {key for key in a | b if a.get(key) != b.get(key)}


def test_fast_differs_from_the_published_training_in_what_makes_it_fast_only():
    """cutoff_len: packing takes one off, and a sequence that is no multiple of 8 stops the training (the page)."""
    added = {"neat_packing", "flash_attn", "enable_liger_kernel"}
    assert changed("sky_t1_fast", "sky_t1_preview") == {"deepspeed", "gradient_accumulation_steps", "cutoff_len"} | added


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_is_trained_on_the_published_rows_with_the_published_schedule(name):
    base = re.sub("_q?lora$", "", name).replace("sky_t1_32b", "sky_t1_preview")
    method = {"finetuning_type", "lora_rank", "lora_alpha", "lora_target", "deepspeed", "enable_liger_kernel"}
    bits = {"quantization_bit"} if name.endswith("_qlora") else set()
    assert changed(name, base) == method | bits | {"learning_rate", "gradient_accumulation_steps"}
    assert keys(name)["learning_rate"] == pytest.approx(10 * keys(base)["learning_rate"])
    shape = SHAPES[keys(name)["model_name_or_path"]]
    assert number(text(name), r"# (\d+)M adapter parameters") == f"{shape.adapters(keys(name)['lora_rank']) / 1e6:.0f}"


def test_a_packed_sequence_is_a_multiple_of_8_that_holds_the_longest_published_row():
    assert keys("sky_t1_fast")["cutoff_len"] % 8 == 0
    assert keys("sky_t1_fast")["cutoff_len"] - 1 >= keys("sky_t1_preview")["cutoff_len"]


def test_the_least_offload_that_fits_is_what_fast_takes():
    def fits(deepspeed: str, room: float) -> bool:
        return needed("sky_t1_fast", deepspeed=f"ds_configs/{deepspeed}.json").gpu_gb < room

    assert keys("sky_t1_fast")["deepspeed"] == "ds_configs/zero3_offload_optimizer.json"
    assert fits("zero3_offload_optimizer", GPU_GB["H100 80 GB"])
    assert not fits("zero3", GPU_GB["H100 80 GB"])
    assert fits("zero3", GPU_GB["H200 141 GB"])
    without = needed("sky_t1_fast", enable_liger_kernel=False).gpu_gb
    assert number(text("sky_t1_fast"), r"(\d+) GB of each GPU without") == f"{without:.0f}"


def test_the_deepspeed_files_differ_in_what_is_offloaded_only():
    lines = {path.stem: path.read_text("utf-8").splitlines() for path in sorted((ROOT / "ds_configs").glob("zero3*.json"))}
    offloaded = {name: [line for line in found if '"offload_' in line] for name, found in lines.items()}
    assert {name: len(found) for name, found in offloaded.items()} == {
        "zero3": 0,
        "zero3_offload_optimizer": 1,
        "zero3_offload": 2,
    }
    rest = [[line for line in found if line not in offloaded[name]] for name, found in lines.items()]
    assert rest[0] == rest[1] == rest[2]


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ON_GPUS)
def test_the_page_names_the_hardware_and_the_memory_of_every_config(name):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {name} ")]
    assert [cell.strip() for cell in row.split("|")[3:5]] == [head(name)["hardware"], f"{needed(name).gpu_gb:.0f}"]


@pytest.mark.parametrize(
    ("room", "fitting"),
    [
        ("24 GB", {"sky_t1_7b_qlora"}),
        ("48 GB", {"sky_t1_7b_qlora", "sky_t1_7b_lora", "sky_t1_14b_qlora", "sky_t1_32b_qlora"}),
    ],
)
def test_a_smaller_gpu_holds_the_adapters_that_the_page_says(room, fitting):
    single = [name for name in ADAPTERS if gpus(name) == 1]
    assert {name for name in single if needed(name).gpu_gb < GPU_GB[room]} == fitting


def test_the_page_says_what_an_h200_needs_for_32b_without_offload():
    need = needed("sky_t1_fast", deepspeed="ds_configs/zero3.json")
    assert f"with nothing on the host {need.gpu_gb:.0f}" in re.sub(r"\s+", " ", PAGE)


def test_what_a_recipe_says_that_its_training_takes_is_what_the_head_says():
    told = {path.parent: path.read_text("utf-8") for path in sorted((ROOT / "recipes").glob("**/README.md"))}
    figures = r"Training: about ([\d.]+) hours\s+on\s+8\s+H100,\s+\$(\d+)"
    named = {folder: found.groups() for folder, text in told.items() if (found := re.search(figures, text))}
    assert len(named) >= 3
    for folder, (hours, dollars) in named.items():
        fields = head(load_recipe(str(folder)).training_config)
        assert fields["hours"].startswith(f"about {hours} "), folder
        assert fields["dollars"].startswith(f"about {dollars} "), folder


# --- LLaMA-Factory's own parser ---------------------------------------------------------------------------------------

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
