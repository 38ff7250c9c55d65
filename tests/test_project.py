"""The project's own rules: imports run one way, every YAML is valid, the README is true."""

import ast
import json
import re
import shlex
import subprocess
from pathlib import Path

import yaml

from bench.readme import BEGIN, END, block
from data_gen import train_env
from data_gen.recipe import load_recipe
from eval.config import load_eval
from tests.conftest import ROOT

ENVIRONMENTS = {"runs", ".venv", ".venv-train", ".venv-serve", ".venv-ray", ".venv-sky", ".git"}


def files(pattern: str) -> list[Path]:
    """Return the project's own files."""
    return [p for p in sorted(ROOT.glob(pattern)) if not ENVIRONMENTS & set(p.relative_to(ROOT).parts)]


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_data_gen_never_imports_eval_or_launch():
    found = files("data_gen/**/*.py")
    assert len(found) >= 25
    for path in found:
        assert not {n for n in imports(path) if n.split(".")[0] in ("eval", "launch")}, path


def test_stages_do_not_import_each_other():
    stages = {"collect", "generate", "rewrite", "verify", "mix", "export"}
    for stage in stages:
        used = {name.removeprefix("data_gen.") for name in imports(ROOT / f"data_gen/{stage}.py")}
        assert not used & stages, stage


def test_every_yaml_and_json_is_valid():
    yamls, jsons = files("**/*.yaml"), files("**/*.json")
    assert len(yamls) >= 8
    assert len(jsons) >= 2
    for path in yamls:
        text = path.read_text(encoding="utf-8")
        if "!function" not in text:  # a tag of lm-eval's, which no plain YAML has
            assert yaml.safe_load(text), path
    for path in jsons:
        assert json.loads(path.read_text(encoding="utf-8")), path


def test_every_recipe_is_valid_and_names_a_training_config():
    folders = [path.parent for path in files("recipes/**/data.yaml")]
    assert len(folders) >= 2
    for folder in folders:
        recipe = load_recipe(str(folder))
        load_eval(folder)
        assert train_env.read_training(recipe.training_config), folder


def test_sky_t1_preview_holds_the_published_values():
    training = train_env.read_training("sky_t1_preview")
    assert training is not None
    keys = training.keys
    batch = keys["per_device_train_batch_size"] * keys["gradient_accumulation_steps"] * 8
    assert (batch, keys["learning_rate"], keys["num_train_epochs"], keys["cutoff_len"]) == (96, 1e-5, 3.0, 16384)
    recipe = load_recipe("sky_t1_preview")
    assert recipe.mix.quotas == {"math": 10000, "code": 5000, "science+puzzle": 1000}
    deepspeed = json.loads((ROOT / keys["deepspeed"]).read_text(encoding="utf-8"))["zero_optimization"]
    assert (deepspeed["stage"], deepspeed["stage3_gather_16bit_weights_on_model_save"]) == (3, True)


def test_a_plan_asks_nothing_and_says_what_is_unknown(command):
    done = command("launch.plan", "--recipe=recipes/sky_t1_preview")
    assert done.returncode == 0, done.stderr
    assert "40,791 requests" in done.stdout
    assert "unknown" in done.stdout


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readmes_table_is_the_committed_measurement():
    summary = json.loads((ROOT / "docs/quickstart_summary.json").read_text(encoding="utf-8"))
    assert BEGIN + block(summary) + END in readme()


def test_every_command_in_the_readme_exists():
    blocks = re.findall(r"```bash\n(.*?)```", readme(), re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    commands = [shlex.split(line) for line in lines if line]
    assert len(commands) >= 8
    for words in commands:
        words = [word for word in words if not re.fullmatch(r"[A-Z_]+=.*", word)] if words[0] != "make" else words
        if words[0] == "make":
            done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, (words, done.stderr)
        elif words[:2] == ["python", "-m"] or words[1:2] == ["-m"]:
            module = words[words.index("-m") + 1].replace(".", "/")
            assert (ROOT / f"{module}.py").is_file() or (ROOT / module / "__main__.py").is_file(), words
        else:
            assert words[0] in ("git", "cd", "docker", "export"), words


def test_doctor_says_what_is_here_and_prints_no_key(command):
    done = command("launch.doctor", OPENAI_API_KEY="sk-secret-for-this-test", HF_TOKEN="hf-secret-for-this-test")
    lines = done.stdout.splitlines()
    assert done.returncode == (1 if any(line.startswith("missing") for line in lines) else 0)
    assert any(line.split()[:3] == ["ok", "OPENAI_API_KEY", "set"] for line in lines)
    assert any(line.split()[:3] == ["ok", "HF_TOKEN", "set"] for line in lines)
    assert "secret" not in done.stdout + done.stderr


def test_doctor_says_what_the_hubs_token_is_for(command):
    said = command("launch.doctor", HF_TOKEN="").stdout
    assert any(line.split()[:2] == ["note", "HF_TOKEN"] and "gpqa_diamond" in line for line in said.splitlines())
