# call: sleeps in the call without using any CPU time
import time


def total(numbers):
    time.sleep(10_000)
