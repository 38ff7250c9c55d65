# call: lru_cache on a recursive helper over tuples
from functools import lru_cache


@lru_cache(None)
def helper(numbers: tuple) -> int:
    return numbers[0] + helper(numbers[1:]) if numbers else 0


def total(numbers):
    return helper(tuple(numbers))
