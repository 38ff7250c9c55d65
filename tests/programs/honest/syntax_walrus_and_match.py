# stdin: walrus, match, f-strings, unpacking, star expressions, exception groups
import sys

match [line.split() for line in sys.stdin]:
    case [[n], [*words]] if (count := int(n)) == len(words):
        first, *rest = map(int, words)
        print(f"{first + sum(rest)!s:>{count}}")
    case _:
        print("strange input")
