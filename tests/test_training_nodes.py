"""Training on several machines: what is printed and written down is what LLaMA-Factory, Slurm and SkyPilot read."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from data_gen import train_env
from data_gen.cli import ConfigError, parse
from data_gen.local_server import free_port
from launch import nodes
from launch.train import clear_torn
from tests.conftest import ROOT, rows
from tests.test_end_to_end import SMALL, TINY

JOBS = ROOT / "launch/jobs"
DOCUMENT = ROOT / "docs/training_nodes.md"
SKY_PYTHONS = [ROOT / ".venv-sky/bin/python", Path(sys.executable)]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]

# Long options of sbatch that a job of ours may want, from https://slurm.schedmd.com/sbatch.html.
SBATCH_OPTIONS = {
    "account", "array", "chdir", "comment", "constraint", "cpus-per-gpu", "cpus-per-task", "dependency", "error", "exclude",
    "exclusive", "export", "gpus", "gpus-per-node", "gpus-per-task", "gres", "job-name", "mail-type", "mail-user", "mem",
    "mem-per-cpu", "mem-per-gpu", "no-requeue", "nodelist", "nodes", "ntasks", "ntasks-per-node", "open-mode", "output",
    "partition", "qos", "requeue", "reservation", "signal", "time", "time-min", "wait-all-nodes",
}  # fmt: skip

SKY_PROGRAM = """
import json, sys
import sky
task = sky.Task.from_yaml(sys.argv[1])
(resources,) = task.resources
(path, storage), = task.storage_mounts.items()
print(json.dumps({
    "nodes": task.num_nodes, "accelerators": resources.accelerators, "spot": resources.use_spot,
    "recovery": resources.job_recovery, "setup": task.setup, "run": task.run, "path": path,
    "mode": storage.mode.value, "bucket": storage.name, "kept": storage.persistent,
    "transfers": storage.mount_cached_config.transfers,
}))
"""


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


# --- Slurm ------------------------------------------------------------------------------------------------------------


def sbatch_options(path):
    lines = [line for line in path.read_text().splitlines() if line.startswith("#SBATCH ")]
    return dict((word.removeprefix("#SBATCH --").partition("=")[::2]) for word in lines)


def test_bash_and_sbatch_know_all_that_the_slurm_file_says():
    (path,) = JOBS.glob("*.sbatch")
    assert subprocess.run(["bash", "-n", path]).returncode == 0
    options = sbatch_options(path)
    assert len(options) >= 10
    assert not set(options) - SBATCH_OPTIONS


def test_a_preempted_slurm_job_is_queued_again_and_keeps_its_log():
    options = sbatch_options(JOBS / "slurm.sbatch")
    assert "requeue" in options
    assert options["open-mode"] == "append"
    assert options["ntasks-per-node"] == "1"


@pytest.fixture
def slurm(tmp_path):
    """Return a function that runs the Slurm file with stand-ins for Slurm's commands and for make on two nodes.

    srun runs the command once a node, as Slurm does, and `make` writes its arguments and variables; scontrol writes its
    own and names the nodes.
    """
    tools = tmp_path / "bin"
    tools.mkdir()
    made = tmp_path / ".venv-train/made"
    made.parent.mkdir()
    made.touch()
    programs = {
        "srun": 'shift\nfor id in 0 1; do SLURM_NODEID=$id "$@" || exit $?; done',
        "scontrol": 'echo "$@" >> scontrol.log\n[ "$1" != show ] || printf "n7\\nn8\\n"',
        "make": 'env > "make.$NODE_RANK.env"\nprintf "%s\\n" "$@" > "make.$NODE_RANK.args"\n'
        "while [ -e busy ]; do sleep 0.05; done",
    }
    for name, text in programs.items():
        (tools / name).write_text(f"#!/bin/bash\n{text}\n")
        (tools / name).chmod(0o755)
    given = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SLURM_JOB_ID": "123456",
        "SLURM_JOB_NODELIST": "n[7-8]",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_GPUS_ON_NODE": "8",
    }

    def start(*arguments):
        command = ["bash", JOBS / "slurm.sbatch", *arguments]
        return subprocess.Popen(command, cwd=tmp_path, env=given, stderr=subprocess.PIPE, text=True)

    return start


def test_slurm_starts_on_each_node_what_the_printed_commands_would(slurm, tmp_path):
    arguments = ["RECIPE=sky_t1_preview", "ARGS=gradient_accumulation_steps=6 seed=1"]
    assert slurm(*arguments).wait(timeout=30) == 0
    for place in (0, 1):
        assert (tmp_path / f"make.{place}.args").read_text().splitlines() == ["train", *arguments]
        set_here = (tmp_path / f"make.{place}.env").read_text().splitlines()
        (port,) = [line.partition("=")[2] for line in set_here if line.startswith("MASTER_PORT=")]
        assert 1024 < int(port) < 32768  # below the ports that Linux hands out on its own
        wanted = nodes.environment(["n7", "n8"], place, 8, int(port))
        assert {f"{name}={value}" for name, value in wanted.items()} <= set(set_here)


def test_the_slurm_job_is_queued_again_when_its_time_is_nearly_up(slurm, tmp_path):
    (tmp_path / "busy").touch()
    process = slurm("RECIPE=quickstart")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (tmp_path / "make.0.args").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR1)  # as --signal=B:USR1@120 asks of Slurm: to the batch shell alone
    while time.monotonic() < deadline and "requeue" not in (tmp_path / "scontrol.log").read_text():
        time.sleep(0.05)
    (tmp_path / "busy").unlink()
    process.wait(timeout=30)
    assert "requeue 123456" in (tmp_path / "scontrol.log").read_text().splitlines()


def test_without_the_training_environment_the_slurm_job_says_what_to_do(slurm, tmp_path):
    (tmp_path / ".venv-train/made").unlink()
    process = slurm()
    assert process.wait(timeout=30) == 2
    assert "make setup" in process.stderr.read()


# --- SkyPilot ---------------------------------------------------------------------------------------------------------


def test_a_checkpoint_reaches_the_bucket_before_the_file_that_marks_it_whole():
    task = yaml.safe_load((JOBS / "skypilot.yaml").read_text())
    ((path, mount),) = task["file_mounts"].items()
    assert (path, mount["name"], mount["mode"]) == ("/bucket", "${BUCKET}", "MOUNT_CACHED")
    assert mount["config"]["mount_cached"]["transfers"] == 1


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not here")
def test_a_new_machine_finds_what_the_one_that_was_taken_away_had_kept(tmp_path):
    task = yaml.safe_load((JOBS / "skypilot.yaml").read_text())
    tools, bucket = tmp_path / "bin", tmp_path / "bucket"
    tools.mkdir()
    done = 'mkdir -p "runs/r/data" "runs/r/model/x"\necho $1 >> runs/r/data/01.jsonl\necho $1 >> runs/r/model/x/$1\n'
    (tools / "make").write_text(f"#!/bin/bash\n{done}[ $1 != train ] || [ ! -e ../taken ] || kill -9 $PPID\n")
    (tools / "make").chmod(0o755)
    (tmp_path / "taken").touch()
    given = {"PATH": f"{tools}:{os.environ['PATH']}", "RECIPE": "r", "RUN": "r", **task["secrets"]}
    script = task["run"].replace("/bucket/", f"{bucket}/").replace("sleep 300", "sleep 1")
    for machine, status in (("first", -9), ("second", 0)):
        folder = tmp_path / machine
        folder.mkdir()
        process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=given, start_new_session=True)
        try:
            assert process.wait(timeout=60) == status
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with a machine goes all that ran on it
        (tmp_path / "taken").unlink(missing_ok=True)
    kept = bucket / "r/data/01.jsonl"
    assert kept.read_text().split() in (["data", "data", "train"], ["data", "train", "data", "train"])
    assert (bucket / "r/model/x/train").read_text().split() == ["train", "train"]  # straight in the bucket, both times


def test_the_skypilot_task_runs_the_same_make_lines_as_a_user():
    task = yaml.safe_load((JOBS / "skypilot.yaml").read_text())
    assert (task["resources"]["accelerators"], task["resources"]["use_spot"], task["num_nodes"]) == ("H100:8", True, 1)
    lines = (task["setup"] + task["run"]).splitlines()
    wanted = ["make setup", "make data", "make train"]
    places = [next(i for i, line in enumerate(lines) if line.startswith(start)) for start in wanted]
    assert places == sorted(places)
    for script in (task["setup"], task["run"]):
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0


def test_no_key_stands_in_the_skypilot_task():
    task = yaml.safe_load((JOBS / "skypilot.yaml").read_text())
    assert len(task["secrets"]) == 3
    assert not any(task["secrets"].values())


@pytest.mark.slow
def test_skypilot_itself_reads_the_task(tmp_path):
    python = next((path for path in SKY_PYTHONS if has_sky(path)), None)
    if python is None:
        pytest.skip("SkyPilot is an extra: requirements/skypilot.txt")
    read = subprocess.run(
        [python, "-c", SKY_PROGRAM, JOBS / "skypilot.yaml"],
        capture_output=True,
        text=True,
        env=os.environ | {"HOME": str(tmp_path), "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"},
    )
    assert read.returncode == 0, read.stderr[-2000:]
    task = json.loads(read.stdout.splitlines()[-1])
    assert (task["nodes"], task["accelerators"], task["spot"]) == (1, {"H100": 8}, True)
    assert task["recovery"]["max_restarts_on_errors"] == 2
    assert (task["mode"], task["kept"], task["transfers"]) == ("MOUNT_CACHED", True, 1)
    assert task["bucket"] == "set-your-own-bucket-name"  # ${BUCKET} is filled in from envs


def has_sky(python):
    return python.is_file() and subprocess.run([python, "-c", "import sky"], capture_output=True).returncode == 0


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
