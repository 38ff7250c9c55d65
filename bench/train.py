"""How fast a training config trains, on one GPU, through LLaMA-Factory itself, with nothing to download.

    python -m bench.train [--config=sky_t1_preview,sky_t1_fast] [--layers=8] [--steps=6] [--lengths=.../05_mixture.jsonl]

    config           micro-step            tokens/s   MFU     of matrix rate   GPU peak
    sky_t1_preview   1.0 rows, 4,085 tok.  ...

Each config is trained as `make train` trains it, a few optimizer steps on a random Qwen2.5 with the widths and the
vocabulary of 32B and as many layers as fit (launch/training/memory.py), on rows as long as real traces (train_rows.py).
What is changed in the YAML is printed. tokens/s and MFU are of the steps after the first WARM. MFU counts useful work only
(launch/training/hours.py), over the data sheet's peak; beside it over the rate of a matrix product measured just before.
The second table is arithmetic: what the 32B run on 8 GPUs moves and waits for, at the same lengths.

Without a GPU it trains a small shape on rows a sixteenth as long, in fp32, and says so: that time says nothing of a GPU.

Where nothing can be downloaded bring the wheels along, from a machine with the same Python, Linux and CUDA:

    pip wheel -r requirements/train.txt -r requirements/train-gpu.txt --wheel-dir=wheels
    .venv-train/bin/pip install --no-index --find-links=wheels -r requirements/train.txt -r requirements/train-gpu.txt

Not covered: several GPUs, loading and saving, evaluation.
"""

import json
import math
import os
import random
import subprocess
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench.train_rows import SHORTEST, SPREAD, read_lengths, row_lengths, write_dataset
from bench.train_settings import SHORTER, changed, deepspeed_of, one_gpu_shape
from bench.train_watch import OFFLINE, train
from bench.train_work import Micro, alone, in_step, moved, packed, useful, work
from data_gen import train_env
from data_gen.cli import ConfigError, UserError, command
from data_gen.journal import write_text
from data_gen.local_server import has_gpu
from data_gen.run_folder import Run
from launch.training import hardware
from launch.training.hours import GPUS, MODEL, ROWS, peak
from launch.training.model_shape import SHAPES, Shape
from launch.training.options import read_options
from launch.training.zero import Zero

SCRIPT = Path(__file__).with_name("train_model.py")
WARM = 2  # steps left out: the first ones fill caches, and DeepSpeed records in which order it gathers
SMALL = Shape(hidden=256, intermediate=1408, layers=8, heads=4, kv_heads=1, vocab=4096, qkv_bias=True)
PADDED = 4  # about as many rows as a pack holds
RESERVED = 16  # of the vocabulary: the tokens of the template, more than there are
HEAD = """\
| config | rows a micro-step | useful tokens | s a step | tokens/s | MFU | of matrix rate | GPU peak | host peak |
|---|---|---|---|---|---|---|---|---|"""
DERIVED_HEAD = """\
| config | tokens a micro-step | micro-steps a step | useful tokens | GPUs not waiting | over PCIe | over NVLink |
|---|---|---|---|---|---|---|"""
RECIPE = "sources: {file: {path: none.jsonl}}\nteacher: {model: none}\n"


def main(
    config: str = "sky_t1_preview,sky_t1_fast",
    layers: int | None = None,
    steps: int = 6,
    rows: int = ROWS,
    spread: float = SPREAD,
    lengths: str | None = None,
    args: str = "",
) -> None:
    """Train each config for `steps` optimizer steps and print tokens/s, MFU and peak memory; then what `rows` rows of the
    32B run move and wait for. `args` changes keys of every config as for `make train`; `lengths`: a run's 05_mixture.jsonl,
    whose lengths are taken instead of the log-normal of that `spread`."""
    if steps <= WARM:
        raise ConfigError(f"--steps={steps}: more than {WARM} are needed, the first {WARM} are not counted")
    asked = {name: read_options(name, args)[0] for name in config.split(",")}
    gpu = has_gpu()
    known = read_lengths(Path(lengths)) if lengths else row_lengths(rows, spread=spread)
    timed = {name: changed(options, gpu) for name, options in asked.items()}
    shape = one_gpu_shape([options for options, _ in timed.values()], layers) if gpu else SMALL
    shape = replace(shape, layers=layers or shape.layers)
    chip = ask("rate", {})
    print(f"{chip['chip']}: {chip['flops'] / 1e12:.3f} TFLOP/s in {chip['format']}, a product of size {chip['size']}")
    print(f"model: {shape.layers} layers of width {shape.hidden}, {shape.parameters / 1e9:.3f} billion parameters")
    if not gpu:
        print(f"NO GPU: a small shape, rows {SHORTER} times shorter, fp32. Nothing here says how fast a GPU is")
    for name, (_, changes) in timed.items():
        print(f"{name} is changed: {args} {changes}")
    print(f"\n{HEAD}")
    made_in = Path("runs/bench")
    made_in.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made_in, prefix="train-") as folder:
        model = Path(folder) / "model"
        ask("model", {"shape": asdict(shape), "folder": str(model)})
        for name, (options, changes) in timed.items():
            micros = enough_rows(options, known, steps, 1 if gpu else SHORTER)
            words = f"{args} {changes} max_steps={steps} model_name_or_path={model}"
            cells = measure(name, options, words, micros, steps, shape, Path(folder), chip["flops"])
            print(f"| {' | '.join(cells)} |", flush=True)
    print_derived(asked, known)


def measure(
    name: str,
    options: dict[str, Any],
    args: str,
    micros: list[Micro],
    steps: int,
    shape: Shape,
    folder: Path,
    matrix_rate: float,
) -> list[str]:
    """Train one config on the rows of `micros` and return its cells of the table."""
    run, recipe = Run(folder / name), folder / "recipe"
    run.folder.mkdir()
    recipe.mkdir(exist_ok=True)
    (recipe / "data.yaml").write_text(RECIPE, encoding="utf-8")
    write_text(run.manifest, json.dumps({"run": run.name, "stages": {}}))
    lengths = [row for micro in micros for row in micro.rows]
    write_dataset(run.dataset, recipe.name, lengths, shape.vocab - RESERVED)
    trained = train(recipe, run, name, args, folder / f"{name}.log")
    if trained.tokens != sum(lengths):
        raise UserError(f"{name}: LLaMA-Factory read {trained.tokens} tokens, {sum(lengths)} were written")
    counted = micros[WARM * _accumulated(options) : steps * _accumulated(options)]
    seconds = trained.ended[steps - 1] - trained.ended[WARM - 1]
    tokens, rate = sum(micro.tokens for micro in counted), sum(work(shape, micro) for micro in counted) / seconds
    top = peak(hardware.here(folder).gpu_name or "")
    return [
        name,
        f"{sum(len(micro.rows) for micro in counted) / len(counted):.1f}",
        f"{useful(counted):.1%}",
        f"{seconds / (steps - WARM):.2f}",
        f"{tokens / seconds:,.0f}",
        f"{rate / top:.1%}" if top else "no GPU",
        f"{rate / matrix_rate:.1%}",
        f"{trained.gpu_gb:.1f} GB" if trained.gpu_gb else "no GPU",
        f"{trained.host_gb:.1f} GB",
    ]


def micro_steps(options: dict[str, Any], lengths: list[int]) -> list[Micro]:
    """Return the micro-steps that LLaMA-Factory makes of rows of these lengths, in order."""
    batch = int(options.get("per_device_train_batch_size", 8))  # 8: transformers' default
    if not (options.get("packing") or options.get("neat_packing")):
        return alone(lengths, batch)
    cutoff = int(options["cutoff_len"])
    packs = ask("packs", {"lengths": [min(length, cutoff - 1) for length in lengths], "capacity": cutoff - 1})["packs"]
    return packed(packs, batch, cutoff, options.get("flash_attn") == "fa2")


def enough_rows(options: dict[str, Any], known: list[int], steps: int, scale: int) -> list[Micro]:
    """Return the micro-steps of rows drawn from `known`, at least as many as `steps` optimizer steps take."""
    needed, count = steps * _accumulated(options), 64
    shuffled = random.Random(2)
    while True:
        lengths = [max(SHORTEST, length // scale) for length in shuffled.choices(known, k=count)]
        micros = micro_steps(options, lengths)
        if len(micros) > needed:  # the last one may be half full
            return micros if options.get("packing") or options.get("neat_packing") else micros[:needed]
        count = math.ceil(count * max(1.1, (needed + 2) / len(micros)))


def _accumulated(options: dict[str, Any]) -> int:
    return int(options.get("gradient_accumulation_steps", 1))


def print_derived(configs: dict[str, dict[str, Any]], known: list[int]) -> None:
    """Print what the 32B run moves and waits for on 8 GPUs, by arithmetic."""
    shape = SHAPES[MODEL]
    print(
        f"\nDerived, not measured: {MODEL} on {GPUS} GPUs, {len(known):,} rows, {sum(known) / len(known):,.0f} tokens each"
    )
    print(f"\n{DERIVED_HEAD}")
    for name, options in configs.items():
        micros = micro_steps(options, known)
        random.Random(3).shuffle(micros)  # as training does; packs come sorted
        tokens = sum(micro.tokens for micro in micros) / len(micros)
        bytes_ = moved(shape, Zero.read(deepspeed_of(options), shape), GPUS)
        cells = [name, f"{tokens:,.0f}", str(_accumulated(options)), f"{useful(micros):.1%}"]
        cells += [f"{in_step(shape, micros, GPUS):.0%}"]
        cells += [f"{bytes_[way] / tokens / 1e6:.1f} MB a token" for way in ("PCIe", "NVLink")]
        print(f"| {' | '.join(cells)} |")
    print(f"\n{PADDED} rows a micro-step, each padded to the longest: {useful(alone(known, PADDED)):.0%} useful tokens")


def ask(verb: str, question: dict[str, Any]) -> dict[str, Any]:
    """Ask train_model.py, which has torch. Raises UserError with the end of what it said."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "question.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(question), encoding="utf-8")
        words = [str(word) for word in (train_env.PYTHON, SCRIPT, verb, asked, answered)]
        done = subprocess.run(words, capture_output=True, text=True, env=os.environ | OFFLINE)
        if done.returncode != 0:
            raise UserError(f"train_model.py {verb}: {done.stderr[-1500:]}")
        answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
        return answer


if __name__ == "__main__":
    command(main)
