# stdin: lru_cache recursion over a few thousand states
import sys
from functools import cache

sys.setrecursionlimit(5000)
input()
numbers = [int(x) for x in input().split()]


@cache
def best(index):
    return best(index - 1) + numbers[index] if index >= 0 else 0


print(best(len(numbers) - 1))
