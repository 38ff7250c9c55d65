# stdin: print and input redefined as functions of its own
import sys


def input():
    return sys.stdin.readline().rstrip("\n")


def print(*things, sep=" ", end="\n"):
    sys.stdout.write(sep.join(map(str, things)) + end)


input()
print(sum(int(x) for x in input().split()))
