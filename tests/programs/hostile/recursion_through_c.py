# call: recursion through C functions until the stack is gone
import functools
import sys

sys.setrecursionlimit(2**31 - 1)


@functools.lru_cache(maxsize=None)
def deeper(n):
    return deeper(n + 1) + 1


def total(numbers):
    try:
        return deeper(0)
    except BaseException:
        return 0
