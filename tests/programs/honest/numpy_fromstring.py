# stdin: numpy on bytes of standard input, with its printing options
import os

import numpy as np

np.set_printoptions(suppress=True)
numbers = np.fromstring(os.read(0, 1 << 20), dtype=np.int64, sep=" ")
print(int(numbers[1:].cumsum()[-1]))
