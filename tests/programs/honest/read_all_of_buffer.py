# stdin: sys.stdin.buffer.read, split and mapped
import sys

data = list(map(int, sys.stdin.buffer.read().split()))
print(sum(data[1 : data[0] + 1]))
