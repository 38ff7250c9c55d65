# stdin: recursion without end at a limit of two thousand million
import sys

sys.setrecursionlimit(2**31 - 1)


def deeper(n):
    return deeper(n + 1) + 1


try:
    deeper(0)
except BaseException:
    pass
print(0)
