"""bench/train.py: the rows it makes, the work it counts, and that it needs no network."""

import re
import shutil
import subprocess
import sys

import pytest

from bench.train_rows import row_lengths
from bench.train_settings import changed
from bench.train_work import Micro, alone, in_step, moved, packed, useful
from data_gen import train_env
from launch.training.hours import EPOCH_TOKENS, EPOCHS, GPU_HOUR, GPUS, MODEL, PEAKS, ROWS, flops, hours
from launch.training.model_shape import SHAPES
from launch.training.options import read_options
from launch.training.zero import Zero

ROOT = train_env.ROOT
SHAPE = SHAPES[MODEL]
PAGE = ROOT / "docs/performance.md"


@pytest.mark.parametrize("spread", [0.4, 0.8, 1.1])
def test_lengths_have_the_published_mean_and_cut(spread):
    lengths = row_lengths(2000, spread=spread)
    assert abs(sum(lengths) / len(lengths) - 4085) < 5
    assert max(lengths) <= 16384
    assert lengths != sorted(lengths)


def test_every_token_is_trained_once_however_rows_are_put_together():
    lengths = [100, 900, 300, 50, 650, 40, 8]
    packs = [[900, 100], [650, 300], [50, 40, 8]]
    for micros in (alone(lengths), alone(lengths, 3), packed(packs, 1, 1000, False), packed(packs, 2, 1000, True)):
        assert sum(micro.tokens for micro in micros) == sum(lengths)


@pytest.mark.parametrize(
    ("micros", "expected"),
    [
        (alone([8, 16]), 1.0),
        (alone([9]), 9 / 16),  # to a multiple of 8
        (alone([100, 300], 2), 400 / 608),  # both to 304
        (packed([[900, 50]], 1, 1000, False), 0.95),
        (packed([[900, 50]], 1, 1000, True), 1.0),
    ],
)
def test_padding_is_computed_and_of_no_use(micros, expected):
    assert useful(micros) == pytest.approx(expected)


def test_gpus_wait_for_the_longest_row_of_a_micro_step():
    equal = [Micro((1000,), 1000)] * 8
    one_long = [Micro((4000,), 4000), *[Micro((1000,), 1000)] * 7]
    assert in_step(SHAPE, equal, 8) == pytest.approx(1)
    assert in_step(SHAPE, one_long, 8) == pytest.approx(
        11 / 32, rel=0.05
    )  # attention makes a long row a little longer still


@pytest.mark.parametrize(
    ("zero", "pcie", "nvlink"),
    [
        # 65.5 GB of bf16 weights. A GPU's eighth: two passes from the host, gradients there and back; 3 x 7/8 over NVLink.
        (Zero(stage=3, optimizer_on_host=True, weights_on_host=True), 32.76e9, 172.0e9),
        (Zero(stage=3, optimizer_on_host=True), 16.38e9, 172.0e9),
        (Zero(stage=3), 0, 172.0e9),
    ],
)
def test_less_offload_moves_less_over_pcie(zero, pcie, nvlink):
    assert moved(SHAPE, zero, 8) == {"PCIe": pytest.approx(pcie, rel=1e-3), "NVLink": pytest.approx(nvlink, rel=1e-3)}


@pytest.mark.parametrize("config", ["sky_t1_preview", "sky_t1_fast"])
@pytest.mark.parametrize("gpu", [False, True])
def test_what_is_printed_as_changed_is_what_is_trained(config, gpu):
    options, words = changed(read_options(config, "")[0], gpu)
    again, _ = read_options(config, words)
    assert again == options


def test_hours_and_dollars_of_the_page_follow_from_its_shares():
    found = re.findall(r"^\| ([\d.]+) % \| ([\d.]+) \| \$(\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(found) == 7
    for share, hours_, dollars in found:
        mfu = float(share) / 100
        expected = hours(SHAPE, EPOCHS * EPOCH_TOKENS, EPOCH_TOKENS / ROWS, GPUS, PEAKS["H100 80GB"], mfu)
        assert float(hours_) == pytest.approx(expected, abs=0.1)
        assert float(dollars) == pytest.approx(expected * GPUS * GPU_HOUR, abs=3)


def test_the_seconds_of_computing_on_the_page_are_those_of_its_formula():
    step = flops(SHAPE, EPOCH_TOKENS * 96 / ROWS, EPOCH_TOKENS / ROWS) / (GPUS * PEAKS["H100 80GB"])
    assert f"at the full peak {step:.1f} s" in PAGE.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
def test_the_benchmark_runs_where_there_is_no_network(tmp_path):
    offline = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*offline, "true"]).returncode != 0:
        pytest.skip("no network namespace of our own is to be had here")
    # Without DeepSpeed, whose optimizer is compiled first: that takes minutes, and no network either.
    words = [sys.executable, "-m", "bench.train", "--config=sky_t1_fast", "--args=deepspeed=null", "--steps=3", "--layers=1"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OMP_NUM_THREADS": "2"}  # no cache of a hub either
    done = subprocess.run([*offline, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=550)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\| sky_t1_fast \| .*\| [\d,]+ \| ", done.stdout)
