"""Before the first step: what cannot fit is refused with what would, and FORCE goes on."""

import pytest

from data_gen.cli import UserError
from data_gen.yaml_schema import read_yaml
from launch.hardware import Hardware
from launch.preflight import check_fit
from tests.conftest import ROOT

FAITHFUL = read_yaml(ROOT / "llamafactory_configs/sky_t1_preview.yaml")
OFFLOAD = read_yaml(ROOT / "ds_configs/zero3_offload.json")


def machine(gpus=8, gpu_gb=85.0, host_gb=1000.0, disk_gb=3000.0):
    return Hardware(gpus=gpus, gpu_gb=gpu_gb, host_gb=host_gb, disk_gb=disk_gb, gpu_name="NVIDIA H100 80GB HBM3")


def test_the_published_training_fits_the_published_machine(capsys):
    check_fit(FAITHFUL, OFFLOAD, 16384, machine())
    assert "host memory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("have", "short"),
    [(machine(host_gb=300), "host memory"), (machine(gpu_gb=24), "memory of each GPU"), (machine(disk_gb=100), "disk")],
)
def test_what_cannot_fit_is_refused_with_what_is_short(have, short):
    with pytest.raises(UserError, match=short) as error:
        check_fit(FAITHFUL, OFFLOAD, 16384, have)
    assert "FORCE=1" in str(error.value)


def test_the_refusal_names_settings_that_fit():
    with pytest.raises(UserError, match=r"it fits with ARGS=.*lora"):
        check_fit(FAITHFUL, OFFLOAD, 16384, machine(host_gb=300))


def test_forced_it_goes_on_and_says_what_is_short(capsys):
    check_fit(FAITHFUL, OFFLOAD, 16384, machine(host_gb=300), force=True)
    assert "forced, though host memory" in capsys.readouterr().out


def test_a_model_of_unknown_shape_is_not_refused(capsys):
    check_fit(FAITHFUL | {"model_name_or_path": "nobody/unknown"}, OFFLOAD, 16384, machine(host_gb=1))
    assert "not estimated" in capsys.readouterr().out


def test_packing_without_flash_attention_is_refused():
    with pytest.raises(UserError, match="neat_packing without flash attention"):
        check_fit(FAITHFUL | {"neat_packing": True}, OFFLOAD, 16384, machine())
