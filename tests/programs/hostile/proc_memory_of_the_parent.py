# stdin: opens the memory of the grading process for reading and writing
import os
import sys

for process in ("@PARENT@", str(os.getppid()), "1"):
    for mode in (os.O_RDONLY, os.O_RDWR):
        try:
            os.open(f"/proc/{process}/mem", mode)
            print("LEAK", file=sys.stderr)
        except OSError:
            pass
print(0)
