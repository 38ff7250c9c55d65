"""matrix_rate: how fast this machine multiplies matrices, the CPU's counterpart of a GPU's data sheet. Takes two seconds.

    OMP_NUM_THREADS=2 .venv-train/bin/python launch/training/matrix_rate.py bfloat16 1384 576 1536
    {"flops": 187200000000.0}

The product is the one that training does most: the tokens of a micro-batch times a matrix of the MLP, (tokens, hidden) x
(hidden, intermediate), or times that of the vocabulary where a model is so small that this is more; in the training's
dtype. 2 x tokens x hidden x intermediate operations; the mean of what fits into two seconds, so that what else runs on the
machine counts. Not covered: GPUs, whose peaks are in hours.py.
"""

import json
import sys
import time

SECONDS = 2.0


def main(dtype: str, tokens: int, hidden: int, intermediate: int) -> None:
    """Print the rate in FLOP/s as JSON."""
    import torch

    left = torch.randn(tokens, hidden, dtype=getattr(torch, dtype))
    right = torch.randn(hidden, intermediate, dtype=getattr(torch, dtype))
    left @ right  # the first call sets up threads and kernels
    count, started = 0, time.perf_counter()
    while (seconds := time.perf_counter() - started) < SECONDS:
        left @ right
        count += 1
    print(json.dumps({"flops": 2 * tokens * hidden * intermediate * count / seconds}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
