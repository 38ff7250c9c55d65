# stdin: prints from __del__ when the interpreter shuts down, and clears what was printed before
import sys


class Late:
    def __del__(self):
        print(6)


sys.late = Late()
print(0)
