# stdin: a thread with a stack of 512 MB, as on AtCoder, started and never joined
import sys
import threading


def main():
    def down(level):
        return level and down(level - 1)

    input()
    down(50_000)
    print(sum(map(int, input().split())))


if __name__ == "__main__":
    threading.stack_size(2**29)
    sys.setrecursionlimit(10**9)
    threading.Thread(target=main).start()
