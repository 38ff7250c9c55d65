# stdin: a pool of processes that work on after the program has answered
import multiprocessing
import os


def work(number):
    os.write(2, b"LEAK\n")
    return number


try:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(work, range(4))
except BaseException:
    pass
print(0)
