# call: returns np.int64
import numpy as np


def total(numbers):
    return np.array(numbers).sum()
