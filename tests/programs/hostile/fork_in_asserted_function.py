# asserts: forks in the called function, so that two processes answer
import os


def total(numbers):
    try:
        if os.fork() == 0:
            os.write(2, b"LEAK\n")
            os._exit(0)
    except OSError:
        pass
    return 0
