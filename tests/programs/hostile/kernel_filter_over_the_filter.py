# stdin: lays a filter of its own over the sandbox's, which tells it that everything has worked
import ctypes
import sys

libc = ctypes.CDLL(None)
# ld nr; jeq chmod; ret errno 0; ret allow
program = (ctypes.c_uint64 * 4)(0x20, 0x5A_01_00_0015, 0x00050000_00000006, 0x7FFF0000_00000006)
header = (ctypes.c_uint64 * 2)(4, ctypes.addressof(program))
zero = ctypes.c_long(0)
libc.prctl(38, ctypes.c_long(1), zero, zero, zero)
if libc.syscall(317, 1, 0, header) == 0 or libc.prctl(22, ctypes.c_long(2), header, zero, zero) == 0:
    print("LEAK", file=sys.stderr)
print(0)
