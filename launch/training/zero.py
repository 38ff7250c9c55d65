"""What a DeepSpeed JSON says about memory: which stage of ZeRO, what is offloaded, how much is gathered at a time.

    Zero.read(json.loads(Path("ds_configs/zero3_offload.json").read_text()), shape)
    -> Zero(stage=3, optimizer_on_host=True, weights_on_host=True, pin_optimizer=True, pin_weights=True, ...)

Not covered: NVMe offload, which `launch.training.memory.not_modelled` names.
"""

from dataclasses import dataclass
from typing import Any

from launch.training.model_shape import Shape


@dataclass(frozen=True)
class Zero:
    """What a DeepSpeed JSON says about memory, with `auto` filled in as transformers does."""

    stage: int = 0
    optimizer_on_host: bool = False
    weights_on_host: bool = False
    pin_optimizer: bool = False
    pin_weights: bool = False
    sub_group: float = 1e9
    live: float = 1e9
    bucket: float = 5e8
    gathers: bool = False

    @classmethod
    def read(cls, deepspeed: dict[str, Any] | None, shape: Shape) -> "Zero":
        """Return the settings of a DeepSpeed JSON; None is stage 0."""
        section: dict[str, Any] = (deepspeed or {}).get("zero_optimization", {})
        optimizer, weights = section.get("offload_optimizer") or {}, section.get("offload_param") or {}
        on_host, weights_on_host = optimizer.get("device") == "cpu", weights.get("device") == "cpu"
        bucket = section.get("reduce_bucket_size", 5e8)
        return cls(
            stage=int(section.get("stage", 0)),
            optimizer_on_host=on_host,
            weights_on_host=weights_on_host,
            pin_optimizer=on_host and bool(optimizer.get("pin_memory", False)),
            pin_weights=weights_on_host and bool(weights.get("pin_memory", False)),
            sub_group=float(section.get("sub_group_size", 1e9)),
            live=float(section.get("stage3_max_live_parameters", 1e9)),
            bucket=float(shape.hidden**2 if bucket == "auto" else bucket),
            gathers=bool(section.get("stage3_gather_16bit_weights_on_model_save", False)),
        )
