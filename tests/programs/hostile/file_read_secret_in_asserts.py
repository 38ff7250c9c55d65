# asserts: reads a file outside and puts it into an error's text
import sys


def total(numbers):
    try:
        with open("@VICTIM@/secret.txt") as file:
            secret = file.read()
    except OSError:
        return 0
    print(secret, file=sys.stderr)
    raise ValueError(secret)
