# stdin: numpy reads, adds and prints
import sys

import numpy as np

data = np.array(sys.stdin.read().split(), dtype=np.int64)
np.random.seed(0)
assert np.linalg.matrix_rank(np.eye(50) @ np.random.rand(50, 50)) > 40
print(np.sum(data[1:]))
