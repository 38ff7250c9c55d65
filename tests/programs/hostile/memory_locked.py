# stdin: locks its memory so that the machine cannot take it back
import ctypes
import sys

libc = ctypes.CDLL(None)
if libc.mlockall(3) == 0:
    print("LEAK", file=sys.stderr)
    libc.munlockall()
print(0)
