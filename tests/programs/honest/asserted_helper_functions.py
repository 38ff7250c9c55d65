# asserts: helper functions, a nested function, recursion and a docstring with doctests
from functools import reduce


def add(one: int, other: int) -> int:
    return one + other


def total(numbers: list[int]) -> int:
    """Add numbers.

    >>> total([1, 2])
    3
    """

    def inner(rest):
        return reduce(add, rest, 0)

    return inner(numbers)
