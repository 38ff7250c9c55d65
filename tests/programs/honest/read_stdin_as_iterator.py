# stdin: sys.stdin as an iterator of lines
import sys

it = (int(word) for line in sys.stdin for word in line.split())
n = next(it)
print(sum(next(it) for _ in range(n)))
