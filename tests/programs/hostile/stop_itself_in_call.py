# asserts: stops itself with SIGSTOP in the middle of a call
import os
import signal


def total(numbers):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 0
