"""Training on several machines: what is printed is what LLaMA-Factory reads, and two nodes train and go on."""

import json
import os
import re
import shlex
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml

from data_gen import train_env
from data_gen.cli import ConfigError, parse
from data_gen.local_server import free_port
from launch import nodes
from launch.training.checkpoints import clear_torn
from tests.conftest import ROOT, rows
from tests.test_end_to_end import SMALL, TINY

DOCUMENT = ROOT / "docs/training_nodes.md"
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


def printed(across, addresses, gpus=8, recipe="sky_t1_preview"):
    return nodes.commands(recipe, addresses, across, None, None, gpus, 29500)


def split(words):
    """Return the variables before a command and after `make train`, and the overrides in ARGS."""
    values = dict(word.split("=", 1) for word in words if re.fullmatch(r"[A-Z_]+=.*", word))
    return values, dict(pair.split("=") for pair in values.get("ARGS", "").split())


def test_every_node_has_a_rank_of_its_own_and_the_same_first_node_to_find():
    commands = printed("torchrun", ADDRESSES)
    assert [node for node, _ in commands] == ADDRESSES
    values = [split(words)[0] for _, words in commands]
    assert [v["NODE_RANK"] for v in values] == ["0", "1", "2"]
    assert {(v["NNODES"], v["NPROC_PER_NODE"], v["MASTER_ADDR"]) for v in values} == {("3", "8", "10.0.0.1")}
    assert len({v["MASTER_PORT"] for v in values}) == 1


@pytest.mark.parametrize("across", nodes.ACROSS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 12])
def test_the_batch_is_the_recipes_on_any_number_of_nodes(across, count):
    config = yaml.safe_load((train_env.CONFIGS / "sky_t1_preview.yaml").read_text())
    _, words = printed(across, [f"10.0.0.{n}" for n in range(count)])[-1]
    steps = int(split(words)[1].get("gradient_accumulation_steps", config["gradient_accumulation_steps"]))
    assert config["per_device_train_batch_size"] * steps * 8 * count == 96


def test_a_number_of_nodes_that_would_change_the_batch_is_refused_with_those_that_do_not():
    with pytest.raises(ConfigError, match=r"12 on one node and divides over 1, 2, 3, 4, 6, 12"):
        printed("torchrun", [f"10.0.0.{n}" for n in range(5)])


def test_with_one_gpu_a_node_torchrun_is_forced_or_every_node_would_train_alone():
    for _, words in printed("torchrun", ADDRESSES, gpus=1):
        assert split(words)[0]["FORCE_TORCHRUN"] == "1"


def test_on_ray_there_is_a_worker_for_every_gpu_and_torchrun_is_not_forced():
    *cluster, (node, words) = printed("ray", ADDRESSES, gpus=4)
    assert [words[:2] for _, words in cluster] == [["ray", "start"]] * 3
    values, args = split(words)
    assert (node, values["USE_RAY"], args["ray_num_workers"]) == ("10.0.0.1", "1", "12")
    assert "FORCE_TORCHRUN" not in values


@pytest.mark.parametrize(
    ("options", "told"),
    [({"across": "kubernetes"}, "torchrun, slurm, ray"), ({"gpus": 0}, "above 0"), ({"nodes": "a,a"}, "twice")],
)
def test_a_mistake_is_told_in_one_line(options, told):
    with pytest.raises(ConfigError, match=told) as caught:
        nodes.main(**{"recipe": "sky_t1_preview", "nodes": "10.0.0.1,10.0.0.2", **options})
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
def test_llama_factory_itself_reads_every_variable_that_is_set_for_it():
    place = 'import importlib.util as u; print(u.find_spec("llamafactory").submodule_search_locations[0])'
    done = subprocess.run([train_env.PYTHON, "-c", place], check=True, capture_output=True, text=True)
    package = Path(done.stdout.strip())
    launcher = (package / "launcher.py").read_text() + (package / "extras/misc.py").read_text()
    asked = set(re.findall(r'(?:getenv|is_env_enabled)\("([A-Z_]+)"', launcher))
    assert set(nodes.environment(ADDRESSES, 0, 8, 29500)) | {"USE_RAY"} <= asked


# --- the document -----------------------------------------------------------------------------------------------------


def test_what_the_document_shows_is_what_its_commands_print(capsys):
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    ours = [words for words in lines if words[:3] == [".venv/bin/python", "-m", "launch.nodes"]]
    assert len(ours) >= 3
    for words in ours:
        nodes.main(**parse(nodes.main, words[3:]))
        assert capsys.readouterr().out.strip() in text, words


# --- two nodes on this machine ------------------------------------------------------------------------------------------

ZERO3 = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "gradient_accumulation_steps": "auto",
    "zero_allow_untested_optimizer": True,
    "zero_optimization": {"stage": 3, "stage3_gather_16bit_weights_on_model_save": True},
}  # the project's own, without offload: that compiles an optimizer first, for a minute


def two_nodes(folder, config):
    """Start LLaMA-Factory as two nodes would, with the variables of `launch.nodes`; return both processes."""
    tools, port = train_env.PYTHON.parent, free_port()
    started = []
    for place in (0, 1):
        environment = os.environ | nodes.environment(["127.0.0.1"] * 2, place, 1, port)
        environment |= {"PATH": f"{tools}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        with (folder / f"node{place}.log").open("ab") as log:
            started.append(
                psutil.Popen(
                    [tools / "llamafactory-cli", "train", config], env=environment, stdout=log, stderr=log, cwd=ROOT
                )
            )
    return started


def kill(processes):
    """End the processes and all that they started as a machine that is taken away does: at once, without a word."""
    family = [child for process in processes for child in [process, *process.children(recursive=True)]]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=30)


@pytest.mark.slow
@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
@pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here")
def test_two_nodes_train_one_model_and_go_on_from_their_checkpoint_after_both_were_killed(tmp_path):
    tiny, output, log = tmp_path / "tiny", tmp_path / "out", tmp_path / "out/trainer_log.jsonl"
    subprocess.run([train_env.PYTHON, "-c", TINY, SMALL, tiny], check=True, capture_output=True)
    talk = [[("user", f"What is {n} + 1?"), ("assistant", f"It is {n + 1}.")] for n in range(32)]
    told = [{"conversations": [{"from": who, "value": text} for who, text in turns]} for turns in talk]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told))
    columns = {"messages": "conversations"}
    tags = {"role_tag": "from", "content_tag": "value", "user_tag": "user", "assistant_tag": "assistant"}
    info = {"rows": {"file_name": "rows.jsonl", "formatting": "sharegpt", "columns": columns, "tags": tags}}
    (tmp_path / "dataset_info.json").write_text(json.dumps(info))
    (tmp_path / "zero3.json").write_text(json.dumps(ZERO3))
    options = {
        "model_name_or_path": str(tiny), "stage": "sft", "do_train": True, "finetuning_type": "full",
        "deepspeed": str(tmp_path / "zero3.json"), "template": "smollm2", "cutoff_len": 128, "overwrite_cache": True,
        "dataset": "rows", "dataset_dir": str(tmp_path), "output_dir": str(output), "report_to": "none",
        "per_device_train_batch_size": 4, "num_train_epochs": 8.0, "learning_rate": 1e-3, "logging_steps": 1,
        "save_steps": 8, "save_total_limit": 2, "seed": 0,
    }  # fmt: skip
    config = tmp_path / "train.yaml"
    config.write_text(yaml.safe_dump(options))

    processes = two_nodes(tmp_path, config)
    try:
        while not (log.is_file() and log.read_text().count("\n") >= 11):
            assert all(process.poll() is None for process in processes), (tmp_path / "node0.log").read_text()[-3000:]
            time.sleep(0.02)
    finally:
        kill(processes)
    before = {row["current_steps"]: row["loss"] for row in rows(log)}
    first = clear_torn(output)
    assert 8 <= first <= max(before)
    assert len(list((output / f"checkpoint-{first}").glob("global_step*/*optim_states.pt"))) == 2

    processes = two_nodes(tmp_path, config)
    try:
        assert [process.wait(timeout=300) for process in processes] == [0, 0], (tmp_path / "node0.log").read_text()[-3000:]
    finally:
        kill([process for process in processes if process.poll() is None])
    after = [row for row in rows(log) if "loss" in row][len(before) :]
    assert [row["current_steps"] for row in after] == list(range(first + 1, 33))  # 32 rows x 8 / (4 x 2 nodes)
    again = [row["loss"] for row in after if row["current_steps"] in before]
    assert again == pytest.approx([before[step] for step in range(first + 1, max(before) + 1)], abs=1e-6)
