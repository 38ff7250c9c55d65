# stdin: prctl: no death with the parent, dumpable, traceable, another filter, another name in the process table
import ctypes
import sys

libc = ctypes.CDLL(None)
zero = ctypes.c_long(0)
for name, option, value in (
    ("PDEATHSIG", 1, 0),
    ("DUMPABLE", 4, 1),
    ("KEEPCAPS", 8, 1),
    ("CHILD_SUBREAPER", 36, 1),
    ("PTRACER", 0x59616D61, -1),
    ("TSC", 26, 1),
    ("THP_DISABLE", 41, 1),
    ("PDEATHSIG with high bits", 1 | 1 << 32, 0),
    ("name with high bits", 15 | 1 << 32, 0),
):
    if libc.prctl(ctypes.c_long(option), ctypes.c_long(value), zero, zero, zero) == 0:
        print("LEAK", name, file=sys.stderr)
print(0)
