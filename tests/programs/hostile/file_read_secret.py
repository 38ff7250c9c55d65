# stdin: reads a file outside and prints it
import sys

try:
    with open("@VICTIM@/secret.txt") as file:
        print(file.read(), file=sys.stderr)
except OSError:
    pass
print(0)
