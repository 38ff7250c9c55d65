# asserts: a reply that never ends, 2 GB of it, for a reader that waits for the end of the line
import os


def total(numbers):
    for _ in range(2000):
        os.write(3, b"6" * 1_000_000)
    return 0
