# stdin: 100 kB of debug output on standard error, more than a pipe holds
import sys

input()
for number in range(2000):
    print(f"debug {number}: " + "." * 40, file=sys.stderr)
print(sum(map(int, input().split())))
