# asserts: prints while it is loaded and while it computes, to both streams, and reads an empty input
import sys

print("loading")


def total(numbers):
    print("numbers:", numbers)
    print("debug", file=sys.stderr)
    sys.stdout.write('{"result": 0}\n')
    assert sys.stdin.read() == ""
    return sum(numbers)
