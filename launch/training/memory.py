"""memory: the GPU memory, host memory and disk that a training takes, part by part, before it starts.

    needs(training, deepspeed, find("Qwen/Qwen2.5-32B-Instruct"), gpus=8)     the sky_t1_preview YAML on one node
    -> Needs(gpu={"logits": 29.9e9, ...}, host={"optimizer": 393.2e9, ...}, disk={"checkpoints": 1376.1e9, ...})
    .gpu_gb 49.1, .host_gb 888.0, .disk_gb 1507.1

`training` is LLaMA-Factory's YAML, `deepspeed` the JSON it names. GB is 10^9 bytes; GPU is per GPU, host and disk per node.
With T trained parameters, F frozen ones, w GPUs in all, b rows of s tokens a micro-batch (docs/training_memory.md):

- States: bf16 weights 2, bf16 gradients 2, fp32 master weights and two Adam moments 12 bytes a parameter; ZeRO divides
  by w the 12 (stage 1), the gradients too (2), the weights too (3): Rajbhandari et al. 2020, arXiv:1910.02054, section 3.
  The step casts gradients to fp32: 4 bytes, in stage 3 for `sub_group_size` parameters at a time on a GPU, for all of
  them at once when the optimizer is offloaded (DeepSpeed 0.19.8, zero/stage3.py). Without DeepSpeed LLaMA-Factory 0.9.5
  trains fp32 weights under autocast (adapter.py): 4 + 4 + 8, and 2 for the bf16 copies that autocast keeps.
- LoRA: the frozen weights in bf16 (QLoRA: bits/8 and 0.127 bits of scales, Dettmers et al. 2023, arXiv:2305.14314).
- Activations: with checkpointing 2sbh a layer and one layer in full (Korthikanti et al. 2022, arXiv:2205.05198, section
  5). Their 34sbh is a GPT layer with dropout; `_layer` counts the tensors of a SwiGLU layer with grouped keys instead.
  Flash and SDPA attention keep no s x s scores; eager keeps 10 bytes each of them (theirs: 5).
- Logits: 12 bytes a token and word of the vocabulary at the peak, in backward: the fp32 log-softmax and two fp32
  gradients (measured on a CPU: 12.06). Liger's fused loss works on chunks as large as the hidden states.
- Pinned memory: PyTorch rounds each block up to a power of two and keeps the freed ones (pytorch#95823). So the pinned
  shards of every tensor, freed when DeepSpeed moves them to one buffer, stay: 118 GB for 32B.
- Saving under ZeRO-3 gathers 2 bytes a parameter in the host memory of the first process.
- Loading maps the weight files, so their pages are shared by the processes and given back: not counted.

Allowances that nobody derived: CONTEXT, NCCL, PROCESS and 5 % for fragmentation. Of the published measurements the
estimate is 0.9 to 1.3 times, once 0.6 (tests/test_memory.py). Not covered: NVMe offload, FSDP, freeze, GaLore, images.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch.training.model_shape import Shape
from launch.training.zero import Zero

GB = 10**9
CONTEXT = 1.5e9  # CUDA context, cuBLAS workspaces: allowance
NCCL = 1e9  # communication buffers, from two GPUs on: allowance
PROCESS = 4e9  # host memory of one training process on a GPU (Python, torch, CUDA libraries): allowance
CPU_PROCESS = 1.1e9  # the same without a GPU: 1.03 to 1.08 measured before the model is loaded
FRAGMENTATION = 0.05  # of everything on the GPU: allowance
LOGIT_BYTES = 12


@dataclass(frozen=True)
class Needs:
    """Bytes by part: `gpu` of each GPU, `host` and `disk` of each node."""

    gpu: dict[str, float]
    host: dict[str, float]
    disk: dict[str, float]

    @property
    def gpu_gb(self) -> float:
        """GB of one GPU."""
        return sum(self.gpu.values()) / GB

    @property
    def host_gb(self) -> float:
        """GB of host memory of one node."""
        return sum(self.host.values()) / GB

    @property
    def disk_gb(self) -> float:
        """GB of disk for checkpoints, the trained model and the base model."""
        return sum(self.disk.values()) / GB


def not_modelled(training: dict[str, Any], deepspeed: dict[str, Any] | None) -> list[str]:
    """Return the settings that these formulas do not cover; `needs` refuses them."""
    found = []
    kind = training.get("finetuning_type", "lora")
    if kind not in ("full", "lora"):
        found.append(f"finetuning_type: {kind}")
    found += [key for key in ("fsdp", "use_galore", "use_apollo", "use_badam", "use_unsloth") if training.get(key)]
    section = (deepspeed or {}).get("zero_optimization", {})
    found += [key for key in ("offload_optimizer", "offload_param") if (section.get(key) or {}).get("device") == "nvme"]
    optimizer = training.get("optim", "adamw_torch")
    if "adamw" not in optimizer:
        found.append(f"optim: {optimizer}")
    return found


def needs(
    training: dict[str, Any],
    deepspeed: dict[str, Any] | None,
    shape: Shape,
    gpus: int,
    nodes: int = 1,
    longest: int | None = None,
    steps: int | None = None,
) -> Needs:
    """Return what the training takes on `nodes` nodes of `gpus` GPUs each; gpus 0 is one process on a CPU.

    `longest` is the longest row in tokens where it is known, else cutoff_len counts. `steps`, the steps of the whole
    run, bounds the checkpoints that are kept when there is no save_total_limit. Raises ValueError on `not_modelled`.
    """
    unknown = not_modelled(training, deepspeed)
    if unknown:
        raise ValueError(", ".join(unknown))
    zero = Zero.read(deepspeed, shape)
    lora = training.get("finetuning_type", "lora") == "lora"
    trained = shape.adapters(int(training.get("lora_rank", 8))) if lora else shape.parameters
    gpu = _weights(training, zero, shape, lora, gpus * nodes or 1) | _states(training, zero, trained, gpus * nodes or 1)
    tokens = int(training.get("cutoff_len", 2048))
    if longest is not None and not (training.get("packing") or training.get("neat_packing")):
        tokens = min(tokens, longest)
    gpu |= activations(training, shape, tokens)
    if zero.stage in (1, 2) and not lora:  # LLaMA-Factory casts the weights to fp32 before DeepSpeed casts them back
        gpu["fp32 weights while loading"] = max(0.0, 4.0 * trained - sum(gpu.values()))
    host = {"processes": PROCESS * gpus or CPU_PROCESS} | _host(training, zero, shape, lora, trained, gpus or 1, nodes)
    if gpus:
        gpu["CUDA context"] = CONTEXT + (NCCL if gpus * nodes > 1 else 0.0)
        gpu["fragmentation"] = FRAGMENTATION * sum(gpu.values())
    else:
        gpu, host = {}, host | gpu
    return Needs(gpu, host, _disk(training, zero, shape, lora, trained, steps))


def _low(training: dict[str, Any]) -> int:
    """Bytes of a number in the forward pass."""
    return 2 if any(training.get(key) for key in ("bf16", "fp16", "pure_bf16")) else 4


def _weights(training: dict[str, Any], zero: Zero, shape: Shape, lora: bool, world: int) -> dict[str, float]:
    """The frozen weights of LoRA, and what ZeRO-3 gathers of all weights: at most `stage3_max_live_parameters`."""
    parts = {}
    if lora:
        size = _frozen(training, shape)
        on_gpu = 0 if zero.weights_on_host else size / world
        parts["frozen weights"] = on_gpu if zero.stage == 3 else size
    if zero.stage == 3:
        low = _low(training)
        parts["gathered weights"] = low * max(min(zero.live, shape.parameters), shape.largest)
        if not lora:
            parts["gathered gradient"] = low * float(shape.largest)
    return parts


def _frozen(training: dict[str, Any], shape: Shape) -> float:
    bits = int(training.get("quantization_bit") or 0)
    if not bits:
        return float(_low(training) * shape.parameters)
    scales = 0.127 if training.get("double_quantization", True) else 0.5
    return shape.quantized * (bits + scales) / 8 + _low(training) * (shape.parameters - shape.quantized)


def _states(training: dict[str, Any], zero: Zero, trained: int, world: int) -> dict[str, float]:
    """Weights, gradients and optimizer of the trained parameters on one GPU."""
    low, pure = _low(training), bool(training.get("pure_bf16"))
    moments = 2 if "8bit" in training.get("optim", "") else 2 * (2 if pure else 4)
    if zero.stage == 0:
        size = 2 if pure else 4
        return {
            "weights": float(size * trained),
            "gradients": float(size * trained * (2 if world > 1 else 1)),  # and the buckets of data parallelism
            "optimizer": float(moments * trained),
            "bf16 copies of autocast": float(2 * trained if low == 2 and not pure else 0),
        }
    parts = {
        "weights": float(low * trained) if zero.stage < 3 else low * trained / world * (not zero.weights_on_host),
        "gradients": float(low * trained) if zero.stage < 2 else low * trained / world,
        "optimizer": (4 + moments) * trained / world,
        "fp32 gradients of a step": 4 * (min(zero.sub_group, trained / world) if zero.stage == 3 else trained / world),
        "buckets": 2 * low * min(zero.bucket, trained) + (low * min(zero.bucket, trained) if zero.stage < 3 else 0),
    }
    if zero.optimizer_on_host:
        parts |= {"gradients": 0.0, "optimizer": 0.0, "fp32 gradients of a step": 0.0}
    return parts


def _layer(shape: Shape, tokens: int, eager: bool) -> float:
    """Bytes of a layer's activations for one token, as transformers' Llama and Qwen layers keep them in bf16."""
    h, q, k, f = shape.hidden, shape.query, shape.key, shape.intermediate
    norms = 2 * (2 + 4 + 4) * h  # output, and the fp32 input and quotient of an RMSNorm
    attention = 2 * (q + 2 * k) + 2 * (q + k) + 2 * q  # projections, rotated q and k, the result
    residual = 2 * 2 * h
    mlp = 2 * 4 * f  # gate, up, silu(gate), their product
    return float(norms + attention + residual + mlp + (10 * shape.heads * tokens if eager else 0))


def activations(training: dict[str, Any], shape: Shape, tokens: int) -> dict[str, float]:
    """Bytes of activations and logits of one micro-batch whose rows have `tokens` tokens."""
    batch_tokens = tokens * int(training.get("per_device_train_batch_size", 8))  # 8: transformers' default
    layer = _layer(shape, tokens, training.get("flash_attn") == "disabled") * batch_tokens
    h, v = shape.hidden, shape.vocab
    if training.get("enable_liger_kernel"):
        name, logits = "logits, in chunks", LOGIT_BYTES * h * batch_tokens + 2.0 * v * h
    else:
        name, logits = "logits", float(LOGIT_BYTES * v * batch_tokens)
    if training.get("disable_gradient_checkpointing"):
        return {"activations": shape.layers * layer, name: logits}
    gradients = 2 * 2 * (shape.intermediate + h) * batch_tokens
    parts = {"checkpoints": 2.0 * shape.layers * h * batch_tokens}
    # The logits are gone when the first layer is computed again: the larger of the two counts.
    return parts | ({name: logits} if logits > layer + gradients else {"one layer": layer + gradients})


def pinned(size: float) -> float:
    """Bytes that PyTorch takes for a pinned block: the next power of two."""
    return float(1 << math.ceil(math.log2(size))) if size > 1 else size


def _host(
    training: dict[str, Any], zero: Zero, shape: Shape, lora: bool, trained: int, gpus: int, nodes: int
) -> dict[str, float]:
    """What lies in the host memory of one node."""
    low, world = _low(training), gpus * nodes
    parts: dict[str, float] = {}
    of_optimizer = pinned if zero.pin_optimizer else float
    if zero.optimizer_on_host:
        parts["optimizer"] = 12 * trained / nodes
        if zero.stage == 3:
            full, rest = divmod(trained / world, zero.sub_group)
            parts["fp32 gradients"] = gpus * (full * of_optimizer(4 * zero.sub_group) + of_optimizer(4 * rest))
            parts["gradients"] = gpus * of_optimizer(low * trained / world)
        else:
            parts["fp32 gradients"] = 4 * trained / nodes
            if int(training.get("gradient_accumulation_steps", 1)) > 1 and not lora:  # whole tensors, in every process
                parts["gradients"] = gpus * sum(n * of_optimizer(low * size) for n, size in shape.tensors())
    if zero.weights_on_host and zero.stage == 3:
        of_weights = pinned if zero.pin_weights else float
        shards = gpus * sum(n * of_weights(low * size / world) for n, size in shape.tensors())
        if lora:
            parts["weights"] = shards
        else:
            parts["weights"] = gpus * of_weights(low * trained / world)
            if zero.pin_weights:
                parts["pinned shards, freed but kept"] = shards
    if zero.stage == 3 and zero.gathers:
        parts["weights gathered to save"] = float(low * shape.parameters)
    return parts


def _disk(
    training: dict[str, Any], zero: Zero, shape: Shape, lora: bool, trained: int, steps: int | None
) -> dict[str, float]:
    """Checkpoints (the newest is written before the oldest is removed), the trained model, the base model."""
    low = _low(training)
    fp32 = zero.stage == 0 and not training.get("pure_bf16")  # saved as they are trained
    model = float(4 * trained if lora or fp32 else low * trained)
    state = (8 if fp32 else 4 if zero.stage == 0 else 12) * trained
    each = model if training.get("save_only_model") else model + state
    every = training.get("save_steps", 500)
    if every < 1:  # a share of all steps
        every = math.ceil(every * (steps or 1))
    kept = {"no": 0, "epoch": math.ceil(float(training.get("num_train_epochs", 3)))}.get(
        str(training.get("save_strategy", "steps")).lower(), (steps or 0) // int(every) or 1
    )
    limit = training.get("save_total_limit")
    if limit and (steps is None or kept > limit):
        kept = limit + 1
    parts = {"checkpoints": float(kept * each), "trained model": model}
    if not Path(str(training.get("model_name_or_path", ""))).is_dir():
        parts["base model"] = 2.0 * shape.parameters
    return parts
