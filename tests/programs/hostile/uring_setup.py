# stdin: sets up an io_uring, whose requests no filter of system calls sees
import ctypes
import sys

parameters = (ctypes.c_char * 120)()
if ctypes.CDLL(None).syscall(425, 8, parameters) >= 0:
    print("LEAK", file=sys.stderr)
print(0)
