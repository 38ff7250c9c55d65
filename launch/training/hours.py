"""hours: the hours and dollars of a training, from its tokens and from what share of the chips' peak it reaches.

    hours(find("Qwen/Qwen2.5-32B-Instruct"), tokens=3 * 67e6, row=4085, gpus=8, peak=PEAKS["H100 80GB"], mfu=0.074)  -> 19.0

Work: 6 x the parameters that a token is multiplied with (2 forward, 4 backward; with LoRA 4: frozen weights need no
gradient of their own) and 6 x layers x width of the queries x row for causal attention over a row of that many tokens
(PaLM, Chowdhery et al. 2022, arXiv:2204.02311, appendix B, halved for the causal mask). Recomputing activations is work
that this count leaves out, as theirs does: it lowers the share (MFU).
Not covered: loading, saving, evaluation, padding, and a share for a setting that nobody published.
"""

from launch.training.model_shape import SHAPES, Shape

# Dense bf16 FLOP/s, by the beginning of the name that nvidia-smi prints after "NVIDIA ". NVIDIA's data sheets print twice
# as much for Hopper, with sparsity: 1,979 (H100 SXM, H200) and 1,513 (H100 PCIe) TFLOPS; A100 312 without.
# https://resources.nvidia.com/en-us-tensor-core/nvidia-tensor-core-gpu-datasheet
# https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf
PEAKS = {"H100 PCIe": 1513e12 / 2, "H100 80GB": 1979e12 / 2, "H200": 1979e12 / 2, "A100": 312e12}

# Sky-T1-32B-Preview's training, as its authors report it: 16,401 rows, 3 epochs, 8 H100 for 19 hours, about $450.
# The tokens of an epoch are counted from the published rows, about 67 million.
MODEL, ROWS, EPOCH_TOKENS, EPOCHS, HOURS, GPUS = "Qwen/Qwen2.5-32B-Instruct", 16401, 67e6, 3, 19.0, 8
GPU_HOUR = 450 / (HOURS * GPUS)  # dollars: $2.96


def peak(gpu: str) -> float | None:
    """Return the dense bf16 peak in FLOP/s of a GPU by nvidia-smi's name, None where it is not in the table."""
    name = gpu.removeprefix("NVIDIA ")
    return next((value for start, value in PEAKS.items() if name.startswith(start)), None)


def flops(shape: Shape, tokens: float, row: float, lora: bool = False) -> float:
    """Return the floating-point operations of training on `tokens` tokens in rows of `row` tokens (the mean)."""
    matrices = (4 if lora else 6) * shape.multiplied
    return tokens * (matrices + 6 * shape.layers * shape.query * row)


def hours(shape: Shape, tokens: float, row: float, gpus: int, peak: float, mfu: float, lora: bool = False) -> float:
    """Return the hours on `gpus` GPUs of `peak` FLOP/s each at the share `mfu`; tokens counts every epoch."""
    return flops(shape, tokens, row, lora) / (gpus * peak * mfu) / 3600


def published_mfu() -> float:
    """Return the share of the published run, 0.074: ZeRO-3 with both offloads, one row a micro-batch, 134 s a step.

    The only measured share of this recipe, so the one to plan with; a run of your own says better (train.json).
    """
    work = flops(SHAPES[MODEL], EPOCHS * EPOCH_TOKENS, EPOCH_TOKENS / ROWS)
    return work / (HOURS * 3600 * GPUS * PEAKS["H100 80GB"])
