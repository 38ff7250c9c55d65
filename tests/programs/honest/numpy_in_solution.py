# call: numpy inside of class Solution, with numpy's types in the signature
import numpy as np


class Solution:
    def total(self, numbers: "np.ndarray") -> np.int64:
        return np.add.reduce(np.asarray(numbers, dtype=np.int64))
