# stdin: input = sys.stdin.readline, the commonest line of all
import sys

input = sys.stdin.readline
n = int(input())
a = [int(x) for x in input().strip().split()]
assert len(a) == n
print(sum(a))
