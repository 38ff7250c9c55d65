# asserts: a thread and a generator inside, numpy's integer as the result
import threading

import numpy as np


def total(numbers):
    box = []
    thread = threading.Thread(target=lambda: box.append(sum(number for number in numbers)))
    thread.start()
    thread.join()
    return np.int64(box[0])
