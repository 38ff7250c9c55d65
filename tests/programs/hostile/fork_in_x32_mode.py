# stdin: fork, open and getpid by the numbers of the x32 interface
import ctypes
import os
import sys

libc = ctypes.CDLL(None)
print(0, flush=True)
if libc.syscall(0x40000000 | 39) > 0:
    print("LEAK", file=sys.stderr)
libc.syscall(0x40000000 | 85, b"@VICTIM@/made_by_x32", 0o600)
if libc.syscall(0x40000000 | 57) == 0:
    os.write(2, b"LEAK\n")
    os._exit(0)
