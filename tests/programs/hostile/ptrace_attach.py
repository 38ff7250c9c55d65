# stdin: attaches to the grading process, its parent and process 1 by ptrace
import ctypes
import os
import sys

libc = ctypes.CDLL(None)
for process in (int("@PARENT@"), os.getppid(), 1):
    for request in (0x4206, 16):
        if libc.ptrace(request, process, None, None) == 0:
            print("LEAK", file=sys.stderr)
            libc.ptrace(17, process, None, None)
print(0)
