# stdin: sys.setrecursionlimit(10**6) and recursion of 20,000 levels, through sorted's key and a lambda too
import sys

sys.setrecursionlimit(10**6)


def add(numbers, index):
    return 0 if index == len(numbers) else numbers[index] + add(numbers, index + 1)


input()
numbers = list(map(int, input().split()))
print(add(numbers + [0] * 20_000, 0))
