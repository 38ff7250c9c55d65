# call: class Solution with __init__, a class attribute, a nested function with nonlocal and a helper method
from typing import List


class Solution:
    memo = {}

    def __init__(self):
        self.count = 0

    def add(self, number: int) -> None:
        self.count += number

    def total(self, numbers: List[int]) -> int:
        total = 0

        def visit(index: int) -> None:
            nonlocal total
            if index < len(numbers):
                total += numbers[index]
                self.add(numbers[index])
                visit(index + 1)

        visit(0)
        return total
