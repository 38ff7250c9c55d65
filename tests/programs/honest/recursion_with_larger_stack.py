# stdin: resource.setrlimit for the stack, then lru_cache over 10,000 levels, which uses the C stack
import resource
import sys
from functools import lru_cache

resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
resource.setrlimit(resource.RLIMIT_STACK, [0x10000000, resource.RLIM_INFINITY])
sys.setrecursionlimit(0x100000)
input()
numbers = list(map(int, input().split())) + [0] * 10_000


@lru_cache(maxsize=None)
def suffix(index):
    return 0 if index == len(numbers) else numbers[index] + suffix(index + 1)


print(suffix(0))
