# stdin: a thread with a stack of 128 MB and recursion of 100,000 levels
import sys
import threading

sys.setrecursionlimit(10**7)
threading.stack_size(2**27)


def depth(level):
    return 0 if level == 0 else 1 + depth(level - 1)


def main():
    input()
    numbers = list(map(int, input().split()))
    assert depth(100_000) == 100_000
    print(sum(numbers))


thread = threading.Thread(target=main)
thread.start()
thread.join()
