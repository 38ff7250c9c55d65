# stdin: bytes to the buffer under standard output, in between text
import sys

print(end="")
input()
sys.stdout.buffer.write(b"%d" % sum(map(int, input().split())))
sys.stdout.buffer.flush()
print()
