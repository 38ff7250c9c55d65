"""The files that submit a training: they say what Slurm, SkyPilot and bash read, and a job that is ended comes back."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from launch import nodes
from tests.conftest import ROOT

JOBS = ROOT / "launch/jobs"
SKY_PYTHONS = [ROOT / ".venv-sky/bin/python", Path(sys.executable)]

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
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "make.0.args").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR1)  # as --signal=B:USR1@120 asks of Slurm: to the batch shell alone
    deadline = time.monotonic() + 60
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
